//! `cubin/MANIFEST.json` says from which sources each image was built. Whoever changes a source without building again is
//! told here, without a compiler for GPUs; that the images are what these sources give is shown by `make kernels-check`.

use gridproof_probe_kernels::images;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

const ROOM: &str = env!("CARGO_MANIFEST_DIR");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    options: Vec<String>,
    images: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    set: String,
    arch: String,
    nvrtc: String,
    roots: Vec<String>,
    sources: Vec<String>,
    source_sha256: String,
    bytes: usize,
    sha256: String,
}

fn manifest() -> Manifest {
    serde_json::from_str(include_str!("../cubin/MANIFEST.json")).expect("written by build.py")
}

fn source_sha256(entry: &Entry) -> String {
    let unit: String = entry
        .roots
        .iter()
        .map(|root| format!("#include \"{root}\"\n"))
        .collect();
    let mut digest = Sha256::new();
    let mut add = |name: &str, text: &str| digest.update(format!("{name}\0{}\0{text}", text.chars().count()));
    add("", &unit);
    for name in &entry.sources {
        let path = Path::new(ROOM).join("src/cuda").join(name);
        add(
            name,
            &std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}")),
        );
    }
    hex::encode(digest.finalize())
}

#[test]
fn every_image_was_built_from_the_sources_as_they_are() {
    for (file, entry) in manifest().images {
        assert_eq!(
            source_sha256(&entry),
            entry.source_sha256,
            "{file} is older than its sources: make kernels"
        );
    }
}

#[test]
fn the_manifest_lists_exactly_the_images_with_their_sums_and_compilers() {
    let manifest = manifest();
    assert_eq!(manifest.options, ["-std=c++17"], "no option that changes arithmetic");
    assert!(manifest.images.keys().eq(images().iter().map(|image| &image.file)));
    for image in images() {
        let entry = &manifest.images[&image.file];
        assert_eq!(
            (entry.bytes, &entry.sha256),
            (image.bytes.len(), &image.sha256),
            "{}",
            image.file
        );
        assert_eq!(
            (entry.set.as_str(), entry.arch.as_str()),
            (image.set.name(), image.arch.name())
        );
        assert_eq!(
            entry.nvrtc,
            if image.arch.is_ptx() { "12.4" } else { "12.9" },
            "{}",
            image.file
        );
    }
}
