//! The text of the sm_90a products, run on the CPU by `hopper_model.cpp`: it multiplies right in many orders of events, and
//! a text with one fault does not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOM: &str = env!("CARGO_MANIFEST_DIR");
const SOURCES: [&str; 4] = ["gemm90.cu", "hopper_async.cuh", "hopper_store.cuh", "hopper_wgmma.cuh"];

/// The sources in a folder of their own, after a change of one place in one of them, built with the model.
fn build(name: &str, change: Option<(&str, &str)>) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).expect("a folder for the test");
    let mut places = 0;
    for source in SOURCES {
        let text = fs::read_to_string(Path::new(ROOM).join("src/cuda").join(source)).expect("a source of the kernels");
        let (from, to) = change.unwrap_or(("\0", ""));
        places += text.matches(from).count();
        fs::write(folder.join(source), text.replace(from, to)).expect("a copy of it");
    }
    assert_eq!(
        places,
        usize::from(change.is_some()),
        "the change of {name} has one place"
    );
    let program = folder.join("model");
    let built = Command::new("c++")
        .args(["-std=c++17", "-O2", "-w", "-o"])
        .arg(&program)
        .arg("-I")
        .arg(&folder)
        .arg(Path::new(ROOM).join("tests/hopper_model.cpp"))
        .output()
        .expect("a C++ compiler");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    program
}

fn run(program: &Path, seed: u64) -> (bool, String) {
    let output = Command::new(program)
        .arg(seed.to_string())
        .output()
        .expect("the model starts");
    (
        output.status.success(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
    )
}

#[test]
fn the_kernels_text_multiplies() {
    let program = build("whole", None);
    let (passed, text) = run(&program, 1);
    assert!(passed, "{text}");
    assert_eq!(text.lines().count(), 12, "{text}");
}

/// What the model says of the text with one fault.
fn fault(name: &str, from: &str, to: &str) -> String {
    let (passed, text) = run(&build(name, Some((from, to))), 1);
    assert!(!passed, "{name} went unnoticed: {text}");
    text.lines().last().unwrap_or_default().to_owned()
}

#[test]
fn a_loader_with_the_wrong_parity_hangs() {
    assert_eq!(
        fault("parity", "Cursor at = {0, 1};", "Cursor at = {0, 0};"),
        "FAILED: deadlock"
    );
}

#[test]
fn stages_that_one_block_frees_alone_are_noticed() {
    let said = fault("counts", "kConsumerWarps * kCluster);", "kConsumerWarps);");
    assert!(
        said.contains("an arrival too many") || said.contains("differs"),
        "{said}"
    );
}

#[test]
fn stages_freed_while_they_are_read_are_noticed() {
    let said = fault("early", "products_wait<1>();", "products_wait<2>();");
    assert!(said.contains("differs"), "{said}");
}

#[test]
fn sums_read_before_they_are_there_are_noticed() {
    assert!(fault("sums", "products_wait<0>();", "").contains("differs"));
}

#[test]
fn packets_in_the_wrong_lane_are_noticed() {
    assert!(fault("packets", "exchange(v[1], v[3], high, 2);", "").contains("differs"));
}
