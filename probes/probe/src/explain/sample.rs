//! A report to test with: an honest H100 in short.

use gridproof_probe_protocol::report::{
    Bandwidth, Capacity, Census, DriverInfo, Gemm, GpuReport, Inventory, Measurements, Mode, Outcome, Precision,
    Report, SCHEMA,
};
use gridproof_probe_protocol::samples::{Samples, Unit};
use gridproof_probe_protocol::verdict::{
    Conclusion, Evidence, Grade, Graded, Identity, IdentityResult, Invariant, Performance, State, Verdict,
};
use std::collections::BTreeMap;

/// A few samples around `middle`.
pub(crate) fn samples(unit: Unit, middle: f64) -> Samples {
    Samples::new(unit, vec![middle * 0.99, middle, middle * 1.01]).expect("finite")
}

/// A whole report of one GPU.
pub(crate) fn report() -> Report {
    Report {
        schema: SCHEMA.to_owned(),
        probe_version: "0.1.0".to_owned(),
        started_at: "2026-11-24T00:00:00Z".to_owned(),
        finished_at: "2026-11-24T00:00:41Z".to_owned(),
        mode: Mode::Quick,
        kernels: BTreeMap::new(),
        models_sha256: "0123456789abcdef".to_owned(),
        driver: DriverInfo {
            version: Some("580.65.06".to_owned()),
            cuda_version: Some(13000),
            ..DriverInfo::default()
        },
        gpus: vec![gpu()],
        concurrent: Outcome::not_measured("only one GPU was measured"),
        links: Outcome::not_measured("only one GPU was measured"),
        network: Outcome::not_measured("no --verifier was given"),
    }
}

fn gpu() -> GpuReport {
    GpuReport {
        inventory: Inventory {
            name: "NVIDIA H100 80GB HBM3".to_owned(),
            uuid: Some("GPU-6f0c9a2e-0000-0000-0000-000000000000".to_owned()),
            ..Inventory::default()
        },
        claimed_model: None,
        measurements: measurements(),
        verdict: verdict(),
    }
}

fn measurements() -> Measurements {
    let tflops = |middle| samples(Unit::TeraFlopPerSecond, middle);
    let gbps = |middle| samples(Unit::GigabytePerSecond, middle);
    let gemm = Gemm {
        precision: Precision::Bf16,
        kernel: "gp_gemm_bf16_bf16@gemm.sm_90a".to_owned(),
        m: 8192,
        n: 8192,
        k: 8192,
        launches_per_sample: 14,
        tflops: tflops(780.0),
        sm_clock_mhz: None,
        flop_per_sm_per_clock: Some(3600.0),
        wall_over_events: 1.0,
    };
    let no_kernel = Outcome::not_measured("no kernel of ours for this architecture");
    Measurements {
        census: Outcome::Measured {
            result: Census {
                blocks: 4224,
                sm_ids: (0..132).collect(),
                nsmid: 132,
                sm_clock_mhz: samples(Unit::Megahertz, 1980.0),
                nvml_sm_clock_mhz: Some(1980),
            },
        },
        gemm: BTreeMap::from([
            (Precision::Bf16, Outcome::Measured { result: gemm }),
            (Precision::Fp64, no_kernel),
        ]),
        bandwidth: Outcome::Measured {
            result: Bandwidth {
                buffer_bytes: 4 << 30,
                read: gbps(3150.0),
                write: gbps(3000.0),
                copy: gbps(2990.0),
                triad: gbps(3010.0),
                checksum_ok: true,
            },
        },
        capacity: Outcome::Measured {
            result: Capacity {
                free_bytes: 84_900_000_000,
                filled_bytes: 84_000_000_000,
                verified_bytes: 84_000_000_000,
                mismatched_words: 0,
                fill_gbps: 3000.0,
                verify_gbps: 3000.0,
            },
        },
        sustained: Outcome::Failed {
            error: "cuStreamSynchronize: CUDA_ERROR_UNKNOWN (999)".to_owned(),
        },
        ..Measurements::default()
    }
}

fn verdict() -> Verdict {
    let graded = |measured: f64, reference: f64, unit| Graded {
        measured,
        reference,
        unit,
        ratio: measured / reference,
        grade: Grade::A,
        provisional: false,
    };
    Verdict {
        conclusion: Conclusion::Verified,
        identity: Identity {
            result: IdentityResult::Match,
            claimed: Some("h100-sxm".to_owned()),
            best_fit: Some("h100-sxm".to_owned()),
            also_fits: vec!["gh200-96".to_owned()],
            evidence: vec![
                evidence(Invariant::Multiprocessors, "132", "132"),
                evidence(
                    Invariant::Bandwidth,
                    "3150 GB/s",
                    "2346 to 3620 GB/s (0.70 to 1.08 of peak)",
                ),
            ],
        },
        performance: Performance::Graded {
            compute: graded(750.0, 730.0, Unit::TeraFlopPerSecond),
            memory: graded(3150.0, 3017.0, Unit::GigabytePerSecond),
            grade: Grade::A,
        },
        states: vec![State::PowerCapped {
            enforced_w: 650.0,
            default_w: 700.0,
        }],
    }
}

fn evidence(invariant: Invariant, measured: &str, expected: &str) -> Evidence {
    Evidence {
        invariant,
        measured: measured.to_owned(),
        expected: expected.to_owned(),
        fits: true,
        counts: true,
        note: None,
    }
}
