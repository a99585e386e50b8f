//! The shared library under its two names, loaded by the crates that the probe uses. A loader reads `LD_LIBRARY_PATH`
//! when a process starts, so each case is this test program once more, as a child.

#![allow(clippy::unwrap_used)]

use cudarc::driver::sys::CUdevice_attribute;
use cudarc::driver::{CudaContext, LaunchConfig, PushKernelArg};
use cudarc::nvrtc::Ptx;
use nvml_wrapper::Nvml;
use nvml_wrapper::enum_wrappers::device::{Clock, TemperatureSensor};
use std::process::{Command, Output};

fn child(scenario: &str, case: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    gridproof_fakecuda::install(folder.path()).unwrap();
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture", case])
        .env("LD_LIBRARY_PATH", folder.path())
        .env("GRIDPROOF_FAKE_GPU", scenario)
        .env("GRIDPROOF_FAKE_COUNT", "2")
        .output()
        .unwrap()
}

fn passes(scenario: &str, case: &str) {
    let output = child(scenario, case);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{scenario}: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn cudarc_and_nvml_wrapper_see_the_same_gpus() {
    passes("h100-sxm", "in_a_child_an_honest_gpu");
    passes("h200", "in_a_child_an_honest_gpu");
}

#[test]
fn a_node_without_a_gpu_is_an_error_and_not_a_crash() {
    passes("no-gpu", "in_a_child_no_gpu");
}

#[test]
fn an_unknown_scenario_ends_the_process_and_names_the_known_ones() {
    let output = child("h1000", "in_a_child_no_gpu");
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("known: a100-80"));
}

#[test]
#[ignore = "runs as a child"]
fn in_a_child_no_gpu() {
    assert!(CudaContext::new(0).is_err());
    assert_eq!(Nvml::init().unwrap().device_count().unwrap(), 0);
}

#[test]
#[ignore = "runs as a child"]
fn in_a_child_an_honest_gpu() {
    let context = CudaContext::new(1).unwrap();
    let nvml = Nvml::init().unwrap();
    let device = nvml.device_by_index(1).unwrap();
    assert_eq!(context.name().unwrap(), device.name().unwrap());
    assert_eq!(context.total_mem().unwrap() as u64, device.memory_info().unwrap().total);
    let bus = context
        .attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_PCI_BUS_ID)
        .unwrap();
    let pci = device.pci_info().unwrap();
    assert_eq!((pci.bus as i32, pci.domain), (bus, 0));
    assert_eq!(
        nvml.device_by_pci_bus_id(format!("0000:{bus:02x}:00.0"))
            .unwrap()
            .index()
            .unwrap(),
        1
    );
    assert!(nvml.device_by_index(2).is_err());
    assert!(device.uuid().unwrap().starts_with("GPU-"));
    assert!(device.link_wrapper_for(17).is_active().unwrap());
    assert!(device.power_usage().unwrap() > 50_000 && device.temperature(TemperatureSensor::Gpu).unwrap() > 20);
    assert_eq!(device.max_clock_info(Clock::SM).unwrap(), 1980);
    assert!(device.current_throttle_reasons_strict().is_ok() && device.mig_mode().is_ok());
    assert!(device.num_fans().is_ok() && device.encoder_utilization().is_err());

    let image = gridproof_fakecuda::image::for_tests("sm_90a", &["gp_fill", "gp_verify"]);
    let module = context.load_module(Ptx::from_binary(image)).unwrap();
    let stream = context.new_stream().unwrap();
    let (fill, verify) = (
        module.load_function("gp_fill").unwrap(),
        module.load_function("gp_verify").unwrap(),
    );
    let words = 1_u64 << 20;
    let (mut data, mut bad) = (
        stream.alloc_zeros::<u64>(words as usize).unwrap(),
        stream.alloc_zeros::<u64>(1).unwrap(),
    );
    let shape = LaunchConfig {
        grid_dim: (64, 1, 1),
        block_dim: (256, 1, 1),
        shared_mem_bytes: 0,
    };
    // SAFETY: parameters as the calling interface says.
    #[allow(unsafe_code)]
    unsafe {
        stream
            .launch_builder(&fill)
            .arg(&mut data)
            .arg(&words)
            .arg(&9_u64)
            .arg(&0_u64)
            .launch(shape)
            .unwrap();
        let mut launch = stream.launch_builder(&verify);
        launch
            .arg(&data)
            .arg(&words)
            .arg(&10_u64)
            .arg(&0_u64)
            .arg(&mut bad)
            .launch(shape)
            .unwrap();
    }
    assert_eq!(stream.clone_dtoh(&bad).unwrap(), [words]);
    let host = stream.clone_dtoh(&data).unwrap();
    assert_eq!(host[77], gridproof_probe_protocol::work::mix64::fill_word(9, 0, 77));
}
