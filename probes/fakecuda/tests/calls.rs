//! The driver's functions, called as a caller calls them.
#![allow(unsafe_code, clippy::unwrap_used)]

mod common;

use common::{P, open, open_with};
use gridproof_fakecuda::ffi::{cuda_copy::*, cuda_memory::*, cuda_stream::*};
use gridproof_fakecuda::scenario::Settings;
use std::time::Instant;

const INVALID_VALUE: u32 = 1;
const NO_BINARY_FOR_GPU: u32 = 209;
const INVALID_HANDLE: u32 = 400;
const ILLEGAL_ADDRESS: u32 = 700;
const GIB: usize = 1 << 30;

#[test]
fn what_was_copied_there_comes_back() {
    let gpu = open("h100-sxm");
    let pointer = gpu.alloc(1 << 20).unwrap();
    let bytes: Vec<u8> = (0..100_000).map(|i| (i % 251) as u8).collect();
    gpu.write(pointer + 77, &bytes).unwrap();
    assert_eq!(gpu.read(pointer + 77, bytes.len()).unwrap(), bytes);
    assert_eq!(cuMemsetD8_v2(pointer + 80, 9, 5), 0);
    assert_eq!(gpu.read(pointer + 79, 7).unwrap(), [2, 9, 9, 9, 9, 9, 8]);
}

#[test]
fn a_copy_outside_of_an_allocation_is_refused() {
    let gpu = open("h100-sxm");
    let pointer = gpu.alloc(512).unwrap();
    assert_eq!(gpu.write(pointer + 1, &[0; 512]), Err(INVALID_VALUE));
    assert_eq!(gpu.read(pointer - 1, 4), Err(INVALID_VALUE));
    assert_eq!(cuMemFree_v2(pointer), 0);
    assert_eq!(gpu.read(pointer, 4), Err(INVALID_VALUE));
    assert_eq!(cuMemFree_v2(pointer), INVALID_VALUE);
}

#[test]
fn a_kernel_outside_of_an_allocation_breaks_the_context_for_good() {
    let gpu = open("h100-sxm");
    let pointer = gpu.alloc(1 << 20).unwrap();
    let too_many = P::W((1 << 17) + 1);
    assert_eq!(
        gpu.launch("gp_fill", 4, 256, 0, &[P::W(pointer), too_many, P::W(1), P::W(0)]),
        Err(ILLEGAL_ADDRESS)
    );
    assert_eq!(gpu.sync(0), Err(ILLEGAL_ADDRESS));
    assert_eq!(gpu.alloc(16), Err(ILLEGAL_ADDRESS));
}

#[test]
fn handles_that_are_gone_or_never_were_are_refused() {
    let gpu = open("h100-sxm");
    let (stream, event) = (gpu.stream(), gpu.event());
    assert_eq!(cuStreamDestroy_v2(stream), 0);
    assert_eq!(cuStreamSynchronize(stream), INVALID_HANDLE);
    assert_eq!(cuEventDestroy_v2(event), 0);
    assert_eq!(cuEventRecord(event, 0), INVALID_HANDLE);
    let (fresh, untimed) = (gpu.event(), {
        let mut event = 0;
        // SAFETY: a local.
        assert_eq!(unsafe { cuEventCreate(&raw mut event, 2) }, 0);
        event
    });
    assert_eq!(gpu.elapsed_ms(fresh, fresh), Err(INVALID_HANDLE), "never recorded");
    assert_eq!(cuEventRecord(untimed, 0), 0);
    assert_eq!(gpu.elapsed_ms(untimed, untimed), Err(INVALID_HANDLE), "without timing");
}

#[test]
fn launch_shapes_other_than_the_interface_says_are_refused() {
    let gpu = open("h100-sxm");
    let p = gpu.alloc(1 << 20).unwrap();
    assert_eq!(gpu.launch("gp_noop", 1, 32, 0, &[]), Err(INVALID_VALUE));
    assert_eq!(
        gpu.launch("gp_fill", 4, 512, 0, &[P::W(p), P::W(8), P::W(1), P::W(0)]),
        Err(INVALID_VALUE)
    );
    assert_eq!(
        gpu.launch_shared("gp_noop", 1, 1, 49 << 10, 0, &[]),
        Err(INVALID_VALUE),
        "not opted in"
    );
    assert_eq!(gpu.launch("gp_noop", 0, 1, 0, &[]), Err(INVALID_VALUE));
    assert_eq!(gpu.function("gp_nonsense"), Err(500));
    assert_eq!(gpu.launch("gp_noop", 1, 1, 0, &[]), Ok(()));
}

#[test]
fn code_for_another_architecture_is_refused_whatever_the_gpu_claims() {
    let gpu = open("rtx4090-as-h100");
    assert_eq!(gpu.load("sm_90a"), Err(NO_BINARY_FOR_GPU));
    assert!(gpu.load("sm_89").is_ok() && gpu.load("compute_80").is_ok());
}

#[test]
fn all_memory_is_filled_and_verified_and_aliases_show() {
    let verify = |scenario: &str| {
        let gpu = open(scenario);
        let (mut free, mut total) = (0, 0);
        // SAFETY: locals.
        assert_eq!(unsafe { cuMemGetInfo_v2(&raw mut free, &raw mut total) }, 0);
        let bad = gpu.alloc(8).unwrap();
        let mut chunks = Vec::new();
        while let Ok(pointer) = gpu.alloc(GIB) {
            chunks.push(pointer);
        }
        assert!(chunks.len() * GIB > free / 100 * 97, "{} of {free}", chunks.len());
        let words = (GIB / 8) as u64;
        for kernel in ["gp_fill", "gp_verify"] {
            // The counter lies in memory that may wrap around too: it counts from here on.
            assert_eq!(cuMemsetD8_v2(bad, 0, 8), 0);
            for (i, chunk) in chunks.iter().enumerate() {
                let mut parameters = vec![P::W(*chunk), P::W(words), P::W(7), P::W(i as u64 * words)];
                if kernel == "gp_verify" {
                    parameters.push(P::W(bad));
                }
                gpu.launch(kernel, 100, 256, 0, &parameters).unwrap();
            }
        }
        (chunks.len() as u64, gpu.read_u64(bad, 1)[0] / words)
    };
    assert_eq!(verify("h100-sxm"), (79, 0));
    let (chunks, bad) = verify("vram-24-as-80");
    assert!(bad >= chunks - 24 && bad <= chunks - 23, "{bad} of {chunks}");
}

#[test]
fn what_is_read_has_the_checksum_of_what_was_written() {
    let gpu = open("h100-sxm");
    let (data, sum) = (gpu.alloc(4 * GIB).unwrap(), gpu.alloc(16).unwrap());
    let words = (GIB) as u64;
    gpu.launch(
        "gp_linear_fill",
        1,
        256,
        0,
        &[P::W(data), P::W(words), P::U(5), P::W(9)],
    )
    .unwrap();
    assert_eq!(cuMemsetD32_v2(sum, 0, 4), 0);
    gpu.launch(
        "gp_read",
        528,
        512,
        0,
        &[P::W(data), P::W(words / 4), P::W(sum), P::W(0)],
    )
    .unwrap();
    let expected = gridproof_probe_protocol::work::linear::xor_of_words(5, 9, words);
    assert_eq!(gpu.read(sum, 4).unwrap(), expected.to_le_bytes());
}

#[test]
fn events_and_the_clocks_of_a_kernel_agree_with_the_hosts_clock() {
    let gpu = open("h100-sxm");
    let (data, mark) = (gpu.alloc(8 * GIB).unwrap(), gpu.alloc(40).unwrap());
    let (stream, from, to) = (gpu.stream(), gpu.event(), gpu.event());
    let started = Instant::now();
    assert_eq!(cuEventRecord(from, stream), 0);
    for _ in 0..20 {
        gpu.launch(
            "gp_write",
            528,
            512,
            stream,
            &[P::W(data), P::W(8 * GIB as u64 / 16), P::U(1), P::W(mark)],
        )
        .unwrap();
    }
    assert_eq!(cuEventRecord(to, stream), 0);
    gpu.sync(stream).unwrap();
    let wall = started.elapsed().as_secs_f64() * 1e3;
    let ms = f64::from(gpu.elapsed_ms(from, to).unwrap());
    assert!((ms / wall - 1.0).abs() < 0.1, "events {ms} ms, wall {wall} ms");
    let gbps = 20.0 * 8.0 * GIB as f64 / ms / 1e6;
    assert!((2900.0..3352.0).contains(&gbps), "{gbps} GB/s");
    let mark = gpu.read_u64(mark, 5);
    let mhz = (mark[2] - mark[0]) as f64 * 1e3 / (mark[3] - mark[1]) as f64;
    assert!((mhz - 1980.0).abs() < 1.0, "{mhz} MHz");
}

#[test]
fn work_behind_a_blocker_begins_when_the_host_lets_it() {
    let gpu = open("h100-sxm");
    let (stream, from, to) = (gpu.stream(), gpu.event(), gpu.event());
    let mut flag = 0_u64;
    // SAFETY: a local.
    assert_eq!(unsafe { cuMemHostAlloc(&raw mut flag, 4, 2) }, 0);
    gpu.launch("gp_blocker", 1, 1, stream, &[P::W(flag), P::W(5_000_000_000)])
        .unwrap();
    assert_eq!(cuEventRecord(from, stream), 0);
    for _ in 0..1000 {
        gpu.launch("gp_noop", 1, 1, stream, &[]).unwrap();
    }
    assert_eq!(cuEventRecord(to, stream), 0);
    assert_eq!(cuStreamQuery(stream), 600, "not ready");
    std::thread::sleep(std::time::Duration::from_millis(30));
    // SAFETY: four bytes that the driver allocated above.
    unsafe { std::ptr::write_volatile(flag as *mut u32, 1) };
    gpu.sync(stream).unwrap();
    let us = gpu.elapsed_ms(from, to).unwrap();
    assert!((1.0..2.0).contains(&us), "{us} us a launch");
}

#[test]
fn a_lying_clock_says_half_the_time() {
    let gpu = open("lying-clock");
    let out = gpu.alloc(132 * 38 * 8).unwrap();
    let (from, to) = (gpu.event(), gpu.event());
    let started = Instant::now();
    assert_eq!(cuEventRecord(from, 0), 0);
    gpu.launch(
        "gp_heartbeat",
        132,
        32,
        0,
        &[P::W(out), P::W(100_000_000), P::W(10_000)],
    )
    .unwrap();
    assert_eq!(cuEventRecord(to, 0), 0);
    gpu.sync(0).unwrap();
    assert!(started.elapsed().as_millis() >= 99);
    let ms = gpu.elapsed_ms(from, to).unwrap();
    assert!((49.0..52.0).contains(&ms), "{ms}");
}

#[test]
fn others_turns_are_pauses_on_all_multiprocessors_at_once() {
    let gpu = open("time-sliced");
    let out = gpu.alloc(132 * 38 * 8).unwrap();
    gpu.launch(
        "gp_heartbeat",
        132,
        32,
        0,
        &[P::W(out), P::W(100_000_000), P::W(10_000)],
    )
    .unwrap();
    let words = gpu.read_u64(out, 132 * 38);
    for (sm, words) in words.chunks_exact(38).enumerate() {
        assert_eq!(words[0], sm as u64);
        assert!(
            (24..=26).contains(&words[1]) && (2_000_000..2_004_000).contains(&words[2]),
            "{words:?}"
        );
        assert_eq!(words[6..].iter().sum::<u64>(), words[1]);
    }
}

#[test]
fn the_census_sees_the_real_multiprocessors_and_their_clock() {
    for (scenario, sms, mhz) in [
        ("h100-sxm", 132, 1980.0),
        ("a100-as-h100", 108, 1410.0),
        ("mig-3g", 60, 1980.0),
    ] {
        let gpu = open(scenario);
        let blocks = 32 * 132;
        let [sm, nsm, cycles, ns] = [4, 4, 8, 8].map(|size| gpu.alloc(size * blocks as usize).unwrap());
        let parameters = [P::W(sm), P::W(nsm), P::W(cycles), P::W(ns), P::W(2_000_000)];
        gpu.launch("gp_census", blocks, 32, 0, &parameters).unwrap();
        let ids = gpu.read(sm, 4 * blocks as usize).unwrap();
        let seen: std::collections::BTreeSet<&[u8]> = ids.chunks_exact(4).collect();
        assert_eq!(seen.len(), sms, "{scenario}");
        let clock = gpu.read_u64(cycles, 1)[0] as f64 * 1e3 / gpu.read_u64(ns, 1)[0] as f64;
        assert!((clock - mhz).abs() < 1.0, "{scenario}: {clock} MHz");
    }
}

#[test]
fn a_walk_over_the_ring_ends_where_the_arithmetic_says() {
    let gpu = open("h100-sxm");
    let lines = 210 * 16_u32;
    let (a, c) = gridproof_probe_kernels::abi::ring_step(3);
    let (ring, out) = (gpu.alloc(128 * lines as usize).unwrap(), gpu.alloc(16).unwrap());
    gpu.launch("gp_ring", 10, 256, 0, &[P::W(ring), P::U(lines), P::U(a), P::U(c)])
        .unwrap();
    gpu.launch("gp_chase", 1, 1, 0, &[P::W(ring), P::U(lines), P::U(0), P::W(out)])
        .unwrap();
    assert_eq!(gpu.read_u64(out, 2)[1], 0, "one cycle over all lines");
    gpu.launch("gp_chase", 1, 1, 0, &[P::W(ring), P::U(1), P::U(0), P::W(out)])
        .unwrap();
    assert_eq!(gpu.read_u64(out, 2)[1], u64::from(32 * (c % lines)));
}

#[test]
fn a_captured_chain_runs_again_and_again() {
    let gpu = open("h100-sxm");
    let stream = gpu.stream();
    assert_eq!(cuStreamBeginCapture_v2(stream, 0), 0);
    for _ in 0..100 {
        gpu.launch("gp_noop", 1, 1, stream, &[]).unwrap();
    }
    assert_eq!(cuStreamSynchronize(stream), 900);
    let (mut graph, mut exec) = (0, 0);
    // SAFETY: locals.
    unsafe {
        assert_eq!(cuStreamEndCapture(stream, &raw mut graph), 0);
        assert_eq!(cuGraphInstantiateWithFlags(&raw mut exec, graph, 0), 0);
    }
    let (from, to) = (gpu.event(), gpu.event());
    assert_eq!(cuEventRecord(from, stream), 0);
    for _ in 0..10 {
        assert_eq!(cuGraphLaunch(exec, stream), 0);
    }
    assert_eq!(cuEventRecord(to, stream), 0);
    gpu.sync(stream).unwrap();
    let ms = gpu.elapsed_ms(from, to).unwrap();
    assert!((1.0..4.0).contains(&ms), "{ms} ms for 1000 kernels");
    assert_eq!(cuGraphExecDestroy(exec), 0);
    assert_eq!(cuGraphLaunch(exec, stream), INVALID_HANDLE);
}

#[test]
fn after_its_launches_a_gpu_that_falls_off_the_bus_answers_nothing() {
    let mut settings = Settings::of("falls-off-bus").unwrap();
    settings.after_launches = Some(3);
    let gpu = open_with(settings);
    for _ in 0..3 {
        gpu.launch("gp_noop", 1, 1, 0, &[]).unwrap();
    }
    assert_eq!(gpu.sync(0), Ok(()));
    assert_eq!(gpu.launch("gp_noop", 1, 1, 0, &[]), Err(999));
    assert_eq!(gpu.sync(0), Err(999));
}
