//! The images built ahead (`cubin/`), carried inside the binary.

use crate::arch::Arch;
use rust_embed::RustEmbed;
use std::borrow::Cow;
use std::sync::OnceLock;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/cubin"]
struct Files;

/// Which kernels an image holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Set {
    /// Products on tensor cores ([`GEMMS`](crate::abi::GEMMS)); not every architecture has an image.
    Gemm,
    /// All others of [`abi`](crate::abi).
    Misc,
}

impl Set {
    /// First part of the file name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gemm => "gemm",
            Self::Misc => "misc",
        }
    }
}

/// One image.
#[derive(Clone, Debug)]
pub struct Image {
    /// File name, `<set>.<arch>.cubin` or `.ptx`.
    pub file: String,
    /// Which kernels it holds.
    pub set: Set,
    /// What it was compiled for.
    pub arch: Arch,
    /// The file: machine code (ELF), or intermediate code as text that the compiler ended with a zero byte.
    pub bytes: Cow<'static, [u8]>,
    /// SHA-256 of `bytes`, lower-case hex.
    pub sha256: String,
}

impl Image {
    /// Intermediate code as text without the closing zero; `None` for machine code.
    pub fn ptx(&self) -> Option<&str> {
        if !self.arch.is_ptx() {
            return None;
        }
        let end = self
            .bytes
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(self.bytes.len());
        std::str::from_utf8(&self.bytes[..end]).ok()
    }
}

/// Every image that this build carries, by file name.
pub fn images() -> &'static [Image] {
    static IMAGES: OnceLock<Vec<Image>> = OnceLock::new();
    IMAGES.get_or_init(|| {
        let mut images: Vec<Image> = Files::iter().filter_map(|file| read(&file)).collect();
        images.sort_by(|a, b| a.file.cmp(&b.file));
        images
    })
}

/// The image of a set for an architecture; `None` where there is none (no tensor kernel of ours for it).
pub fn image(set: Set, arch: Arch) -> Option<&'static Image> {
    images().iter().find(|image| image.set == set && image.arch == arch)
}

fn read(file: &str) -> Option<Image> {
    let (set, arch) = parse(file)?;
    let embedded = Files::get(file)?;
    let sha256 = hex::encode(embedded.metadata.sha256_hash());
    Some(Image {
        file: file.to_owned(),
        set,
        arch,
        bytes: embedded.data,
        sha256,
    })
}

/// Set and architecture of a file name; `None` for a name that `build.py` does not write.
fn parse(file: &str) -> Option<(Set, Arch)> {
    let mut parts = file.split('.');
    let set = match parts.next()? {
        "gemm" => Set::Gemm,
        "misc" => Set::Misc,
        _ => return None,
    };
    let arch: Arch = parts.next()?.parse().ok()?;
    let extension = parts.next()?;
    let right = parts.next().is_none() && extension == if arch.is_ptx() { "ptx" } else { "cubin" };
    right.then_some((set, arch))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::{GEMMS, MISC_KERNELS};
    use crate::arch::ARCHES;
    use crate::tiles::tile;
    use sha2::{Digest, Sha256};
    use std::collections::BTreeMap;

    const SUMS: &str = include_str!("../cubin/SHA256SUMS");

    #[test]
    fn file_names_tell_set_and_architecture() {
        assert_eq!(parse("gemm.sm_90a.cubin"), Some((Set::Gemm, Arch::Sm90a)));
        assert_eq!(parse("misc.compute_80.ptx"), Some((Set::Misc, Arch::Compute80)));
        for wrong in [
            "misc.sm_80.ptx",
            "misc.compute_80.cubin",
            "misc.sm_80.old.cubin",
            "misc.sm_81.cubin",
            "SHA256SUMS",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_committed_sums_are_those_of_the_bytes_and_every_file_has_one() {
        let listed: BTreeMap<&str, &str> = SUMS
            .lines()
            .map(|line| line.split_once("  ").expect("sum, two spaces, name"))
            .map(|(a, b)| (b, a))
            .collect();
        let found: BTreeMap<&str, String> = images()
            .iter()
            .map(|image| (image.file.as_str(), hex::encode(Sha256::digest(&image.bytes))))
            .collect();
        assert_eq!(
            found
                .iter()
                .map(|(file, sum)| (*file, sum.as_str()))
                .collect::<BTreeMap<_, _>>(),
            listed
        );
        assert!(images().iter().all(|image| found[image.file.as_str()] == image.sha256));
    }

    #[test]
    fn every_architecture_has_all_kernels_but_the_products() {
        for arch in ARCHES {
            let image = image(Set::Misc, arch).unwrap_or_else(|| panic!("no misc.{arch}"));
            for kernel in MISC_KERNELS {
                assert!(holds(image, kernel), "{} lacks {kernel}", image.file);
            }
            assert!(
                !holds(image, "gp_gemm_bf16_bf16") && !holds(image, "gp_rea"),
                "{}",
                image.file
            );
        }
    }

    #[test]
    fn every_image_of_products_has_a_tile_for_each_of_them_and_no_other_has_one() {
        for arch in ARCHES {
            for gemm in GEMMS {
                let held = image(Set::Gemm, arch).is_some_and(|image| holds(image, gemm.name));
                assert_eq!(tile(arch, gemm.name).is_some(), held, "{} on {arch}", gemm.name);
            }
            assert_eq!(tile(arch, "gp_read"), None);
        }
    }

    #[test]
    fn the_tiles_fit_the_memory_and_the_shape_of_the_speed_products() {
        for (arch, gemm) in ARCHES
            .into_iter()
            .flat_map(|arch| GEMMS.iter().map(move |gemm| (arch, gemm)))
        {
            let Some(tile) = tile(arch, gemm.name) else { continue };
            let name = format!("{} on {arch}: {tile:?}", gemm.name);
            assert!(tile.shared_bytes <= arch.max_shared_bytes(), "{name}");
            assert!(
                tile.threads.is_multiple_of(32) && tile.threads <= 1024 && tile.cluster <= 8,
                "{name}"
            );
            for size in [2048, 8192] {
                assert!(
                    size % (tile.rows * tile.cluster) == 0 && size % tile.columns == 0 && size % tile.depth == 0,
                    "{name}"
                );
            }
        }
    }

    /// Whether an image has a kernel: machine code has a section `.text.NAME`, intermediate code an `.entry NAME(`.
    fn holds(image: &Image, kernel: &str) -> bool {
        let wanted = match image.ptx() {
            Some(_) => format!(".entry {kernel}("),
            None => format!("\0.text.{kernel}\0"),
        };
        image
            .bytes
            .windows(wanted.len())
            .any(|window| window == wanted.as_bytes())
    }

    #[test]
    fn machine_code_is_an_elf_file_for_cuda() {
        const EM_CUDA: [u8; 2] = [190, 0];
        for image in images() {
            match image.ptx() {
                Some(text) => assert!(text.contains(".version 8.4") && !text.contains('\0'), "{}", image.file),
                None => assert_eq!(
                    (&image.bytes[..4], &image.bytes[18..20]),
                    (&b"\x7fELF"[..], &EM_CUDA[..]),
                    "{}",
                    image.file
                ),
            }
        }
    }

    #[test]
    fn an_embedded_file_with_a_strange_name_does_not_hide() {
        let beside = ["MANIFEST.json", "SHA256SUMS"];
        let strange: Vec<_> = Files::iter()
            .filter(|file| parse(file).is_none() && !beside.contains(&file.as_ref()))
            .collect();
        assert_eq!(strange, Vec::<Cow<'_, str>>::new());
    }
}
