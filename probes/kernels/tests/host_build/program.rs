//! The scalar kernels as a program for the CPU: compiled once, asked many times.

use std::fmt::Display;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

const ROOM: &str = env!("CARGO_MANIFEST_DIR");

/// One launch: kernel, blocks, threads of a block, numbers.
pub(crate) struct Launch(String);

impl Launch {
    pub(crate) fn new(kernel: &str, blocks: u32, threads: u32) -> Self {
        Self(format!("{kernel} {blocks} {threads}"))
    }

    pub(crate) fn with(mut self, number: impl Display) -> Self {
        self.0.push_str(&format!(" {number}"));
        self
    }

    /// Floats travel as their bits.
    pub(crate) fn with_float(self, value: f32) -> Self {
        self.with(value.to_bits())
    }
}

/// What each launch left in its buffers, in the order of the launches.
pub(crate) fn run(launches: &[Launch]) -> Vec<Vec<u8>> {
    let script: String = launches.iter().flat_map(|launch| [launch.0.as_str(), "\n"]).collect();
    let mut child = Command::new(program())
        // Leaks are found by following the process, which containers forbid.
        .env("ASAN_OPTIONS", "detect_leaks=0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program was compiled");
    let mut input = child.stdin.take().expect("piped");
    let writer = std::thread::spawn(move || input.write_all(script.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    writer.join().expect("no panic").expect("it reads all");
    let text = String::from_utf8(output.stdout).expect("hexadecimal");
    let answers: Vec<_> = text
        .lines()
        .map(|line| hex::decode(line).expect("hexadecimal"))
        .collect();
    assert_eq!(answers.len(), launches.len());
    answers
}

/// The answer as little-endian words.
pub(crate) fn words32(bytes: &[u8]) -> Vec<u32> {
    bytes
        .as_chunks()
        .0
        .iter()
        .map(|word| u32::from_le_bytes(*word))
        .collect()
}

/// See [`words32`].
pub(crate) fn words64(bytes: &[u8]) -> Vec<u64> {
    bytes
        .as_chunks()
        .0
        .iter()
        .map(|word| u64::from_le_bytes(*word))
        .collect()
}

fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kernels-on-the-cpu");
        let fresh = path.with_extension(std::process::id().to_string());
        let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".to_owned());
        let output = Command::new(&compiler)
            .args([
                "-std=c++17",
                "-O1",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-Wno-unknown-pragmas",
            ])
            // Multiplication and addition that are written apart must stay apart, as in the kernels.
            .args([
                "-ffp-contract=off",
                "-fsanitize=address,undefined",
                "-fno-sanitize-recover=all",
            ])
            .args(["-DGP_HOST", "-I", &format!("{ROOM}/src/cuda"), "-o"])
            .arg(&fresh)
            .arg(format!("{ROOM}/tests/host_build/main.cpp"))
            .output()
            .unwrap_or_else(|error| panic!("{compiler}: {error}; install build-essential, or name a compiler in CXX"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // Another run of the tests may use the one before: it is replaced, not written over.
        std::fs::rename(&fresh, &path).expect("same folder");
        path
    })
}
