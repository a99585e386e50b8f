//! The rules of `probes/proof`, which are Python's.

use std::path::Path;
use std::process::Command;

#[test]
fn figures_and_page_of_the_proof_keep_their_rules() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proof");
    let output = Command::new("python3")
        .args(["-B", "-m", "unittest", "test_proof"])
        .current_dir(folder)
        .output()
        .expect("python3 starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
