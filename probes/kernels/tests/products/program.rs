//! Compiles and runs `main.cpp` with the kernels' sources.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// When asynchronous copies arrive.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Arrival {
    /// When they start: finds stages that are overwritten too early.
    Early,
    /// When they are awaited: finds stages that are read too early.
    Late,
}

/// In which order the warps run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    /// The first one ahead.
    Forwards,
    /// The last one ahead.
    Backwards,
}

/// One launch.
pub(crate) struct Run<'a> {
    pub(crate) kernel: &'a str,
    pub(crate) sizes: [usize; 3],
    pub(crate) blocks: usize,
    pub(crate) shared_bytes: u32,
    pub(crate) result_bytes: usize,
    pub(crate) arrival: Arrival,
    pub(crate) order: Order,
    pub(crate) operands: &'a [u8],
}

/// An error put into a source: `other` in the place of every `text`.
pub(crate) struct Slip {
    pub(crate) kernel: &'static str,
    pub(crate) file: &'static str,
    pub(crate) text: &'static str,
    pub(crate) other: &'static str,
}

/// A compiled program; its file goes with it.
pub(crate) struct Program(PathBuf);

fn room() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Which ring the products have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ring {
    /// Everywhere but on sm_80.
    Usual,
    /// sm_80: the unit includes `ampere_deep.cuh` first.
    Deep,
}

/// The program from the sources as they are.
pub(crate) fn products(ring: Ring) -> Program {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let first: &[&str] = if ring == Ring::Deep {
        &["-include", "ampere_deep.cuh"]
    } else {
        &[]
    };
    let name = format!("products-{}", COUNT.fetch_add(1, Ordering::Relaxed));
    compile(&room().join("src/cuda"), first, &name)
}

fn compile(sources: &Path, first: &[&str], name: &str) -> Program {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".to_owned());
    let output = Command::new(&compiler)
        .args(["-std=c++17", "-O2", "-Wno-unknown-pragmas", "-I"])
        .arg(sources)
        .args(first)
        .arg(room().join("tests/products/main.cpp"))
        .arg("-o")
        .arg(&program)
        .output()
        .unwrap_or_else(|error| panic!("a C++ compiler is needed, `{compiler}`: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Program(program)
}

impl Program {
    /// The program from sources with a slip.
    pub(crate) fn build_with(slip: &Slip) -> Self {
        let Slip { file, text, other, .. } = slip;
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("slip-sources-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder of the build");
        for entry in std::fs::read_dir(room().join("src/cuda")).expect("the sources are there") {
            let entry = entry.expect("readable");
            std::fs::copy(entry.path(), folder.join(entry.file_name())).expect("copied");
        }
        let path = folder.join(file);
        let source = std::fs::read_to_string(&path).expect("the file is a source");
        assert!(source.contains(text), "{file} has no `{text}` any more");
        std::fs::write(&path, source.replace(text, other)).expect("written");
        let program = compile(&folder, &[], "slip");
        std::fs::remove_dir_all(&folder).expect("removed");
        program
    }

    /// What it prints for `maps`.
    pub(crate) fn maps(&self) -> String {
        let output = Command::new(&self.0).arg("maps").output().expect("starts");
        String::from_utf8(output.stdout).expect("text")
    }

    /// D, or what the model found wrong.
    pub(crate) fn run(&self, run: &Run<'_>) -> Result<Vec<u8>, String> {
        let [m, n, k] = run.sizes;
        let mut child = Command::new(&self.0)
            .arg(run.kernel)
            .args([m, n, k, run.blocks, run.shared_bytes as usize, run.result_bytes].map(|n| n.to_string()))
            .args([
                format!("{:?}", run.arrival).to_lowercase(),
                format!("{:?}", run.order).to_lowercase(),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        // The program reads all input before it writes; one that fails early closes the pipe, and its message says why.
        let _ = child.stdin.take().expect("piped").write_all(run.operands);
        let Output { status, stdout, stderr } = child.wait_with_output().expect("ends");
        if status.success() {
            Ok(stdout)
        } else {
            Err(format!("{status}: {}", String::from_utf8_lossy(&stderr)))
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // A leftover in the build folder is no fault of the test.
        let _ = std::fs::remove_file(&self.0);
    }
}
