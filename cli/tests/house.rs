//! The rules of the house: which room may know which, where unsafe code lives, how long a file may be.

use cargo_metadata::{DependencyKind, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Longest source file that we accept, in lines.
const MAX_FILE_LINES: usize = 500;

/// Which crate of ours may depend on which (design: "Arrows").
const CRATE_ARROWS: &[(&str, &[&str])] = &[
    (
        "gridproof-cli",
        &["gridproof-graphql", "gridproof-indexer", "gridproof-store"],
    ),
    ("gridproof-graphql", &["gridproof-store"]),
    ("gridproof-indexer", &["gridproof-store"]),
    ("gridproof-store", &[]),
    ("gridproof-probe-protocol", &[]),
    ("gridproof-probe-kernels", &["gridproof-probe-protocol"]),
    (
        "gridproof-probe",
        &["gridproof-probe-kernels", "gridproof-probe-protocol"],
    ),
    (
        "gridproof-fakecuda",
        &["gridproof-probe-kernels", "gridproof-probe-protocol"],
    ),
];

/// The only files that may hold unsafe code: the bindings to the engine's, the CUDA driver's and NVML's C interfaces, and
/// the test driver, which is such an interface.
const UNSAFE_FILES: &[&str] = &[
    "probes/fakecuda/src/ffi/cuda_copy.rs",
    "probes/fakecuda/src/ffi/cuda_device.rs",
    "probes/fakecuda/src/ffi/cuda_memory.rs",
    "probes/fakecuda/src/ffi/cuda_module.rs",
    "probes/fakecuda/src/ffi/cuda_stream.rs",
    "probes/fakecuda/src/ffi/mod.rs",
    "probes/fakecuda/src/ffi/nvml_device.rs",
    "probes/fakecuda/src/ffi/nvml_sensors.rs",
    "probes/fakecuda/src/ffi/nvml_system.rs",
    "probes/fakecuda/src/host.rs",
    "probes/fakecuda/tests/calls.rs",
    "probes/fakecuda/tests/common/mod.rs",
    "probes/fakecuda/tests/images.rs",
    "probes/fakecuda/tests/loaded.rs",
    "probes/fakecuda/tests/products.rs",
    "probes/probe/src/device/raw.rs",
    "probes/probe/src/nvml/text.rs",
    "store/src/engine/ffi/api.rs",
    "store/src/engine/ffi/mod.rs",
];

/// Words that the files of a folder of `indexer/src` must not contain outside comments, and why.
const FORBIDDEN_IN_FOLDER: &[(&str, &[&str], &str)] = &[
    (
        "chain",
        &[
            "tokio",
            "reqwest",
            "sqlx",
            "std::fs",
            "std::net",
            "clickhouse::Client",
            "crate::source::comet",
            "crate::source::pool",
            "crate::source::replay",
            "crate::pipeline",
            "crate::audit",
        ],
        "chain/ is pure: bytes in, rows out, no I/O and nothing above it",
    ),
    (
        "source",
        &[
            "gridproof_store::batch",
            "gridproof_store::commit",
            "crate::pipeline",
            "crate::audit",
            "facts::",
            "::state::",
        ],
        "source/ does I/O and knows no table",
    ),
    (
        "audit",
        &["gridproof_store::commit", "crate::source::", "crate::pipeline"],
        "only pipeline/ calls the committer",
    ),
];

/// The only file that may accept a certificate without asking who signed it: that of the connections to providers.
const ANY_CERTIFICATE_FILE: &str = "indexer/src/source/provider/tls.rs";

/// The one file outside the pipeline that may name the committer: it builds one and hands it to the pipeline.
const COMPOSITION_ROOT: &str = "cli/src/house.rs";

/// Whether a file holds tests, which may put rooms together as they like.
fn is_test(name: &str) -> bool {
    name.contains("/tests/") || name.ends_with("/tests.rs") || name.ends_with("/testing.rs")
}

/// Code without the module of tests at its end.
fn without_tests(code: &str) -> String {
    let mark = "#[cfg(test)]\nmod tests {";
    code.split_once(mark).map_or(code, |(before, _)| before).to_owned()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace root")
        .to_owned()
}

/// Own source files: the extension is known, and nothing of it is vendored, built or fetched.
fn own_sources(extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default()
                .to_owned();
            if path.is_dir() {
                let skipped = ["target", "node_modules", "vendor", "testdata", "data"].contains(&name.as_str());
                if !skipped && !name.starts_with('.') {
                    folders.push(path);
                }
            } else if path
                .extension()
                .and_then(|ext| ext.to_str())
                .is_some_and(|ext| extensions.contains(&ext))
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root())
        .expect("a path below the root")
        .to_string_lossy()
        .into_owned()
}

/// The code of a file without its line comments.
fn code_of(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("a readable source file");
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn crates_depend_only_along_the_arrows() {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(vec!["--locked".to_owned()])
        .exec()
        .expect("cargo metadata");
    let allowed: BTreeMap<&str, &[&str]> = CRATE_ARROWS.iter().copied().collect();
    let members: BTreeSet<String> = metadata
        .packages
        .iter()
        .map(|package| package.name.to_string())
        .collect();
    let known: BTreeSet<String> = allowed.keys().map(|name| (*name).to_owned()).collect();
    assert_eq!(
        members, known,
        "a crate was added or removed: say in CRATE_ARROWS what it may depend on"
    );
    for package in &metadata.packages {
        for dependency in &package.dependencies {
            if !members.contains(&dependency.name) || dependency.name == package.name.as_str() {
                continue;
            }
            let allowed_here = allowed[package.name.as_str()].contains(&dependency.name.as_str());
            let is_code = dependency.kind == DependencyKind::Normal || dependency.kind == DependencyKind::Build;
            assert!(
                allowed_here || !is_code,
                "{} must not depend on {}",
                package.name,
                dependency.name
            );
        }
    }
}

#[test]
fn folders_of_the_indexer_know_only_what_lies_below_them() {
    let mut checked = 0;
    for path in own_sources(&["rs"]) {
        let name = relative(&path);
        for (folder, words, why) in FORBIDDEN_IN_FOLDER {
            if !name.starts_with(&format!("indexer/src/{folder}/")) || is_test(&name) {
                continue;
            }
            checked += 1;
            let code = without_tests(&code_of(&path));
            for word in *words {
                assert!(!code.contains(word), "{name} mentions `{word}`, but {why}");
            }
        }
    }
    assert!(
        checked > 10,
        "the folders of the indexer were not found: {checked} files checked"
    );
}

#[test]
fn only_the_pipeline_calls_the_committer() {
    for path in own_sources(&["rs"]) {
        let name = relative(&path);
        let may = ["store/", "indexer/src/pipeline/", COMPOSITION_ROOT]
            .iter()
            .any(|room| name.starts_with(room));
        if !may && !is_test(&name) {
            let code = code_of(&path);
            assert!(
                !code.contains("Committer") && !code.contains("store::commit"),
                "{name} knows the committer"
            );
        }
    }
}

#[test]
fn unsafe_code_lives_in_the_listed_files_only() {
    // Put together at run time, or this test would find itself.
    let marks = [
        ["unsafe", " {"].concat(),
        ["unsafe", " fn"].concat(),
        ["unsafe", " impl"].concat(),
    ];
    let permission = ["allow(", "unsafe_code"].concat();
    let mut seen = BTreeSet::new();
    for path in own_sources(&["rs"]) {
        let code = code_of(&path);
        if marks.iter().any(|mark| code.contains(mark)) || code.contains(&permission) {
            seen.insert(relative(&path));
        }
    }
    let listed: BTreeSet<String> = UNSAFE_FILES.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(
        seen, listed,
        "unsafe code may stand in the listed files only, and the list must hold"
    );
}

#[test]
fn certificates_go_unasked_in_the_dialing_of_providers_only() {
    let marks = [
        ["Server", "CertVerifier"].concat(),
        [".danger", "ous()"].concat(),
        ["danger_", "accept"].concat(),
        ["tls_", "danger"].concat(),
    ];
    let seen: BTreeSet<String> = own_sources(&["rs"])
        .iter()
        .filter(|path| marks.iter().any(|mark| code_of(path).contains(mark.as_str())))
        .map(|path| relative(path))
        .collect();
    assert_eq!(
        seen,
        BTreeSet::from([ANY_CERTIFICATE_FILE.to_owned()]),
        "every other connection checks who it talks to"
    );
    // Nobody outside the folder can get at it.
    let code = code_of(&root().join(ANY_CERTIFICATE_FILE));
    assert!(!code.contains("pub ") && !code.contains("pub(crate)") && code.contains("pub(super) fn config"));
}

#[test]
fn no_own_source_file_is_longer_than_the_limit() {
    let long: Vec<String> = own_sources(&["rs", "js", "mjs", "py", "go", "cu", "css"])
        .into_iter()
        .filter_map(|path| {
            let lines = std::fs::read_to_string(&path)
                .expect("a readable source file")
                .lines()
                .count();
            (lines > MAX_FILE_LINES).then(|| format!("{}: {lines}", relative(&path)))
        })
        .collect();
    assert!(
        long.is_empty(),
        "files over {MAX_FILE_LINES} lines, split them by concept: {long:#?}"
    );
}

#[test]
fn lock_files_and_sources_name_no_registry_and_no_machine() {
    let marks = [
        ["registry.", "npmjs"].concat(),
        ["proxy.", "golang"].concat(),
        ["/wo", "rk/"].concat(),
        ["/ro", "ot/"].concat(),
    ];
    for path in own_sources(&[
        "rs", "js", "mjs", "py", "go", "sql", "toml", "json", "md", "sum", "sh", "yml", "yaml",
    ]) {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        for mark in &marks {
            assert!(!text.contains(mark.as_str()), "{} contains {mark:?}", relative(&path));
        }
    }
}
