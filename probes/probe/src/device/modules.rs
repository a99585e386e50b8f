//! Loading the kernels, which also proves the architecture: machine code runs on nothing else than it was built for.

use super::{DeviceError, Launch, context::Context, raw};
use gridproof_probe_kernels::{Arch, Image, Set, candidates, image};
use gridproof_probe_protocol::report::Architecture;
use std::rc::Rc;

/// One loaded image.
#[derive(Debug)]
struct Module {
    context: Rc<Context>,
    handle: raw::CUmodule,
    file: &'static str,
}

impl Module {
    fn load(context: &Rc<Context>, image: &'static Image) -> Result<Self, DeviceError> {
        context.enter()?;
        let handle = raw::module_load(&words(&image.bytes))?;
        Ok(Self {
            context: Rc::clone(context),
            handle,
            file: &image.file,
        })
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        // As for `Buffer`: what a lost GPU had loaded is gone.
        let _ = self.context.enter().and_then(|()| raw::module_unload(self.handle));
    }
}

/// The image aligned to 8 bytes and with a zero at its end, which text needs and machine code ignores.
fn words(bytes: &[u8]) -> Vec<u64> {
    let mut words: Vec<u64> = bytes
        .chunks(8)
        .map(|chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            u64::from_ne_bytes(word)
        })
        .collect();
    words.push(0);
    words
}

/// The images of the architecture that the GPU proved to be.
#[derive(Debug)]
pub(super) struct Modules {
    pub(super) architecture: Architecture,
    pub(super) arch: Option<Arch>,
    misc: Option<Module>,
    gemm: Option<Module>,
    /// Why there is no image of products.
    no_gemm: String,
}

impl Modules {
    /// Loads what the GPU takes. That nothing fits is a result (`arch` is `None`), not an error.
    pub(super) fn load(context: &Rc<Context>, reported: (i32, i32)) -> Result<Self, DeviceError> {
        let mut refused = Vec::new();
        let mut found: Option<(Arch, Module)> = None;
        for arch in order(reported) {
            if found.as_ref().is_some_and(|(loaded, _)| !says_more(*loaded, arch)) {
                continue;
            }
            let Some(image) = image(Set::Misc, arch) else { continue };
            match Module::load(context, image) {
                Ok(module) => found = Some((arch, module)),
                Err(error) if error.is_image_refused() => {
                    if arch.loads_on(reported.0, reported.1) {
                        refused.push(format!("{arch}: {error}"));
                    }
                }
                Err(error) => return Err(error),
            }
        }
        let (arch, misc) = found.unzip();
        let (gemm, no_gemm) = Self::load_gemm(context, arch, reported)?;
        let architecture = Architecture {
            reported,
            loaded: arch.map(|arch| arch.to_string()),
            refused,
        };
        Ok(Self {
            architecture,
            arch,
            misc,
            gemm,
            no_gemm,
        })
    }

    /// Both images of one architecture and no other; a refusal is an error that says so.
    pub(super) fn only(context: &Rc<Context>, arch: Arch, reported: (i32, i32)) -> Result<Self, DeviceError> {
        let load = |set| match image(set, arch) {
            Some(image) => Module::load(context, image).map(Some),
            None => Ok(None),
        };
        let (misc, gemm) = (load(Set::Misc)?, load(Set::Gemm)?);
        Ok(Self {
            architecture: Architecture {
                reported,
                loaded: misc.as_ref().map(|_| arch.to_string()),
                refused: Vec::new(),
            },
            arch: misc.as_ref().map(|_| arch),
            misc,
            gemm,
            no_gemm: format!("this probe has no image of products for {arch}"),
        })
    }

    /// Products of the same architecture. Intermediate code of 8.0 would only show the oldest path of a newer GPU.
    fn load_gemm(
        context: &Rc<Context>,
        arch: Option<Arch>,
        reported: (i32, i32),
    ) -> Result<(Option<Module>, String), DeviceError> {
        let Some(arch) = arch else {
            return Ok((None, "no image of this probe runs on this GPU".to_owned()));
        };
        let none = format!(
            "no tensor kernel of this probe for compute capability {}.{}",
            reported.0, reported.1
        );
        if arch.is_ptx() && reported.0 != arch.capability().0 {
            return Ok((None, none));
        }
        match image(Set::Gemm, arch) {
            None => Ok((None, none)),
            Some(image) => match Module::load(context, image) {
                Ok(module) => Ok((Some(module), String::new())),
                Err(error) if error.is_image_refused() => Ok((None, format!("{}: {error}", image.file))),
                Err(error) => Err(error),
            },
        }
    }

    /// Whether there are products, or why not.
    pub(super) fn has_gemm(&self) -> Result<(), &str> {
        if self.gemm.is_some() {
            Ok(())
        } else {
            Err(&self.no_gemm)
        }
    }

    /// File name of the loaded image of a set.
    pub(super) fn file(&self, set: Set) -> Option<&'static str> {
        match set {
            Set::Misc => self.misc.as_ref(),
            Set::Gemm => self.gemm.as_ref(),
        }
        .map(|module| module.file)
    }

    /// A kernel by name.
    pub(super) fn kernel(&self, set: Set, name: &'static str) -> Result<Kernel, DeviceError> {
        let module = match set {
            Set::Misc => self.misc.as_ref(),
            Set::Gemm => self.gemm.as_ref(),
        };
        let Some(module) = module else {
            return match (set, self.arch) {
                (Set::Gemm, Some(_)) => Err(DeviceError::NoKernel(name.to_owned())),
                _ => Err(self.unknown()),
            };
        };
        module.context.enter()?;
        let function = raw::module_function(module.handle, name).map_err(|error| match error {
            DeviceError::Driver { code: NOT_FOUND, .. } => DeviceError::NoKernel(name.to_owned()),
            other => other,
        })?;
        Ok(Kernel {
            function,
            name,
            file: module.file,
        })
    }

    fn unknown(&self) -> DeviceError {
        DeviceError::UnknownArchitecture {
            reported: self.architecture.reported,
            tried: match self.architecture.refused.as_slice() {
                [] => "none is built for it".to_owned(),
                refused => refused.join(", "),
            },
        }
    }
}

/// `CUDA_ERROR_NOT_FOUND`.
const NOT_FOUND: u32 = 500;

/// What to try, best first: see [`candidates`].
fn order(reported: (i32, i32)) -> Vec<Arch> {
    candidates(reported.0, reported.1)
}

/// Whether `other` loading as well would show a newer architecture than `loaded` did: machine code of the same major and
/// a higher minor version. Code of 8.0 loads on 8.9, too, so an 8.9 that says it is 8.0 shows only so.
fn says_more(loaded: Arch, other: Arch) -> bool {
    let ((major, minor), (other_major, other_minor)) = (loaded.capability(), other.capability());
    !loaded.is_ptx() && !other.is_ptx() && major == other_major && other_minor > minor
}

/// A kernel of a loaded image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kernel {
    function: raw::CUfunction,
    name: &'static str,
    file: &'static str,
}

impl Kernel {
    /// `kernel@set.arch` for the report, such as `gp_gemm_bf16_bf16@gemm.sm_90a`.
    pub(crate) fn label(&self) -> String {
        let image = self.file.rsplit_once('.').map_or(self.file, |(stem, _)| stem);
        format!("{}@{image}", self.name)
    }

    /// Allows that much dynamic shared memory.
    pub(super) fn allow_shared(&self, bytes: u32) -> Result<(), DeviceError> {
        raw::allow_shared_memory(self.function, bytes)
    }

    /// A launch of it, one-dimensional.
    pub(super) fn launch(&self, grid: u32, block: u32, shared_bytes: u32, arguments: super::Arguments) -> Launch {
        Launch {
            function: self.function,
            grid,
            block,
            shared_bytes,
            arguments,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What would load on a GPU that is really `real` and says it is `reported`.
    fn loaded(reported: (i32, i32), real: (i32, i32)) -> Option<Arch> {
        let mut found = None;
        for arch in order(reported) {
            if found.is_some_and(|loaded| !says_more(loaded, arch)) {
                continue;
            }
            if arch.loads_on(real.0, real.1) {
                found = Some(arch);
            }
        }
        found
    }

    #[test]
    fn an_honest_gpu_gets_its_own_code() {
        for (capability, arch) in [
            ((7, 0), Arch::Sm70),
            ((7, 5), Arch::Sm75),
            ((8, 0), Arch::Sm80),
            ((8, 6), Arch::Sm86),
            ((8, 9), Arch::Sm89),
            ((9, 0), Arch::Sm90a),
            ((10, 0), Arch::Sm100a),
            ((10, 3), Arch::Compute80),
            ((12, 0), Arch::Sm120),
        ] {
            assert_eq!(loaded(capability, capability), Some(arch), "{capability:?}");
        }
        assert_eq!(loaded((6, 1), (6, 1)), None);
    }

    #[test]
    fn a_gpu_that_lies_about_its_architecture_is_found_out_by_the_code_that_it_takes() {
        assert_eq!(loaded((9, 0), (8, 9)), Some(Arch::Sm89), "4090 as H100");
        assert_eq!(loaded((9, 0), (8, 0)), Some(Arch::Sm80), "A100 as H100");
        assert_eq!(
            loaded((8, 0), (8, 9)),
            Some(Arch::Sm89),
            "4090 as A100: code of 8.0 loads on it, too"
        );
        assert_eq!(loaded((8, 0), (8, 6)), Some(Arch::Sm86));
        assert_eq!(loaded((8, 9), (8, 6)), Some(Arch::Sm86));
        assert_eq!(loaded((8, 9), (9, 0)), Some(Arch::Sm90a));
    }

    #[test]
    fn an_image_is_handed_over_aligned_and_ends_with_zero() {
        assert_eq!(words(b"12345678"), [u64::from_ne_bytes(*b"12345678"), 0]);
        assert_eq!(words(b"1"), [u64::from_ne_bytes([b'1', 0, 0, 0, 0, 0, 0, 0]), 0]);
    }
}
