//! The architectures that images are built for, and on which GPUs each of them loads.

use serde::{Deserialize, Serialize};

/// Target of one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Arch {
    /// Volta.
    #[serde(rename = "sm_70")]
    Sm70,
    /// Turing.
    #[serde(rename = "sm_75")]
    Sm75,
    /// Ampere, data centre.
    #[serde(rename = "sm_80")]
    Sm80,
    /// Ampere, others.
    #[serde(rename = "sm_86")]
    Sm86,
    /// Ada.
    #[serde(rename = "sm_89")]
    Sm89,
    /// Hopper with its own instructions (wgmma, tensor maps).
    #[serde(rename = "sm_90a")]
    Sm90a,
    /// Blackwell, data centre, with its own instructions.
    #[serde(rename = "sm_100a")]
    Sm100a,
    /// Blackwell, others.
    #[serde(rename = "sm_120")]
    Sm120,
    /// Intermediate code that the driver compiles for any GPU from 8.0 on.
    #[serde(rename = "compute_80")]
    Compute80,
}

/// All of them, oldest first, the intermediate code last.
pub const ARCHES: [Arch; 9] = [
    Arch::Sm70,
    Arch::Sm75,
    Arch::Sm80,
    Arch::Sm86,
    Arch::Sm89,
    Arch::Sm90a,
    Arch::Sm100a,
    Arch::Sm120,
    Arch::Compute80,
];

impl Arch {
    /// Name as the compiler and the file names have it, such as `sm_90a`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sm70 => "sm_70",
            Self::Sm75 => "sm_75",
            Self::Sm80 => "sm_80",
            Self::Sm86 => "sm_86",
            Self::Sm89 => "sm_89",
            Self::Sm90a => "sm_90a",
            Self::Sm100a => "sm_100a",
            Self::Sm120 => "sm_120",
            Self::Compute80 => "compute_80",
        }
    }

    /// Compute capability that it was compiled for.
    pub fn capability(self) -> (i32, i32) {
        match self {
            Self::Sm70 => (7, 0),
            Self::Sm75 => (7, 5),
            Self::Sm80 | Self::Compute80 => (8, 0),
            Self::Sm86 => (8, 6),
            Self::Sm89 => (8, 9),
            Self::Sm90a => (9, 0),
            Self::Sm100a => (10, 0),
            Self::Sm120 => (12, 0),
        }
    }

    /// Most dynamic shared memory that a block may opt in to, bytes; for intermediate code, what all its GPUs allow.
    /// Source: CUDA C++ Programming Guide 12.9, section 17.2, technical specifications per compute capability.
    pub fn max_shared_bytes(self) -> u32 {
        const KIB: u32 = 1024;
        match self {
            Self::Sm70 => 96 * KIB,
            Self::Sm75 => 64 * KIB,
            Self::Sm80 => 163 * KIB,
            Self::Sm86 | Self::Sm89 | Self::Sm120 | Self::Compute80 => 99 * KIB,
            Self::Sm90a | Self::Sm100a => 227 * KIB,
        }
    }

    /// Whether it is intermediate code (PTX), which the driver compiles.
    pub fn is_ptx(self) -> bool {
        self == Self::Compute80
    }

    /// Whether a GPU of this capability takes it: machine code runs on its own major version from its own minor on,
    /// `a` code on exactly its own, intermediate code on everything newer.
    pub fn loads_on(self, major: i32, minor: i32) -> bool {
        let (own_major, own_minor) = self.capability();
        match self {
            Self::Sm90a | Self::Sm100a => (major, minor) == (own_major, own_minor),
            Self::Compute80 => (major, minor) >= (own_major, own_minor),
            _ => major == own_major && minor >= own_minor,
        }
    }
}

impl std::fmt::Display for Arch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is none of [`ARCHES`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no architecture that kernels are built for")]
pub struct UnknownArch(pub String);

impl std::str::FromStr for Arch {
    type Err = UnknownArch;

    fn from_str(name: &str) -> Result<Self, UnknownArch> {
        ARCHES
            .into_iter()
            .find(|arch| arch.name() == name)
            .ok_or_else(|| UnknownArch(name.to_owned()))
    }
}

/// Architectures to try on a GPU that says it is of this capability, best first:
/// 1. machine code that must load there (exact `a` code or the nearest minor version below);
/// 2. all other machine code, newest first: the driver takes it only if the GPU is of another architecture than it says,
///    and the first that loads tells which ([`Arch::loads_on`] is false for these);
/// 3. intermediate code, which tells nothing about the GPU.
///
/// Every list holds all of [`ARCHES`]; whether a set has the image is [`image`](crate::image)'s answer.
pub fn candidates(major: i32, minor: i32) -> Vec<Arch> {
    let mut order = ARCHES.to_vec();
    order.sort_by_key(|arch| {
        let step = match (arch.is_ptx(), arch.loads_on(major, minor)) {
            (false, true) => 0,
            (false, false) => 1,
            (true, _) => 2,
        };
        (step, std::cmp::Reverse(arch.capability()))
    });
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_gpu_gets_its_own_code_first_and_intermediate_code_last() {
        for (capability, best) in [
            ((7, 0), Arch::Sm70),
            ((7, 5), Arch::Sm75),
            ((8, 0), Arch::Sm80),
            ((8, 6), Arch::Sm86),
            ((8, 7), Arch::Sm86),
            ((8, 9), Arch::Sm89),
            ((9, 0), Arch::Sm90a),
            ((10, 0), Arch::Sm100a),
            ((12, 0), Arch::Sm120),
            ((12, 1), Arch::Sm120),
        ] {
            let order = candidates(capability.0, capability.1);
            assert_eq!(order[0], best, "{capability:?}");
            assert!(order[0].loads_on(capability.0, capability.1));
            assert_eq!(order.last(), Some(&Arch::Compute80));
            assert_eq!(order.len(), ARCHES.len());
        }
    }

    #[test]
    fn a_gpu_that_no_machine_code_fits_gets_no_native_candidate() {
        let native = |major, minor| {
            candidates(major, minor)
                .into_iter()
                .filter(|a| !a.is_ptx() && a.loads_on(major, minor))
                .collect::<Vec<_>>()
        };
        assert_eq!(native(10, 3), [], "sm_100a is for 10.0 only");
        assert_eq!(native(9, 1), []);
        assert_eq!(native(6, 1), []);
        assert!(Arch::Compute80.loads_on(10, 3));
        assert!(!Arch::Compute80.loads_on(7, 5));
    }

    #[test]
    fn the_first_foreign_image_that_loads_names_the_real_architecture() {
        for real in [(7, 0), (7, 5), (8, 0), (8, 6), (8, 9), (10, 0), (12, 0)] {
            let first = candidates(9, 0).into_iter().find(|arch| arch.loads_on(real.0, real.1));
            assert_eq!(first.map(Arch::capability), Some(real), "said to be 9.0");
        }
    }

    #[test]
    fn names_read_back() {
        for arch in ARCHES {
            assert_eq!(arch.to_string().parse(), Ok(arch));
            assert_eq!(serde_json::to_value(arch).expect("a string"), arch.name());
        }
        assert_eq!("sm_90".parse::<Arch>(), Err(UnknownArch("sm_90".to_owned())));
    }
}
