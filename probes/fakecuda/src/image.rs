//! Kernel images: what they were compiled for, whether they load on a GPU, which kernels they hold.

use crate::error::{Answer, CuError, refuse};

/// A loaded image.
#[derive(Clone, Debug)]
pub struct Image {
    /// Target as the compiler names it, such as `sm_90a` or `compute_80`.
    pub arch: String,
    bytes: Vec<u8>,
}

/// Length of the ELF file that begins with these 64 bytes, given its section headers by `section` (offset, size).
/// `None` when they are no ELF header of 64 bits.
pub fn elf_length(header: &[u8; 64], section: impl Fn(u64) -> (u64, u64)) -> Option<usize> {
    if header[..5] != *b"\x7fELF\x02" {
        return None;
    }
    let word = |at: usize| u64::from_le_bytes(header[at..at + 8].try_into().expect("8 bytes"));
    let half = |at: usize| u64::from(u16::from_le_bytes([header[at], header[at + 1]]));
    let (segments, sections) = (word(32), word(40));
    let (segment_size, segment_count, section_size, section_count) = (half(54), half(56), half(58), half(60));
    let mut end = segments.checked_add(segment_size * segment_count)?;
    end = end.max(sections.checked_add(section_size * section_count)?);
    for index in 0..section_count {
        let (offset, size) = section(sections + index * section_size);
        end = end.max(offset.checked_add(size)?);
    }
    usize::try_from(end).ok().filter(|end| (64..256 << 20).contains(end))
}

impl Image {
    /// Reads the target of a cubin or of PTX text.
    pub fn parse(bytes: Vec<u8>) -> Answer<Self> {
        let arch = if bytes.starts_with(b"\x7fELF") {
            cubin_arch(&bytes)
        } else {
            ptx_arch(&bytes)
        };
        match arch {
            Some(arch) => Ok(Self { arch, bytes }),
            None => refuse(CuError::INVALID_IMAGE, "neither a cubin nor PTX with a .target"),
        }
    }

    /// Whether it is intermediate code.
    pub fn is_ptx(&self) -> bool {
        self.arch.starts_with("compute_")
    }

    /// Compute capability of the target, and whether it is for that one alone.
    fn target(&self) -> Option<([u32; 2], bool)> {
        let number = self.arch.split_once('_')?.1;
        let exact = number.ends_with(['a', 'f']);
        let number: u32 = number.trim_end_matches(['a', 'f']).parse().ok()?;
        Some(([number / 10, number % 10], exact))
    }

    /// Whether a GPU of that capability takes it.
    pub fn loads_on(&self, capability: [u32; 2]) -> bool {
        let Some((target, exact)) = self.target() else {
            return false;
        };
        match (exact, self.is_ptx()) {
            (true, _) => target == capability,
            (false, true) => target <= capability,
            (false, false) => target[0] == capability[0] && target[1] <= capability[1],
        }
    }

    /// Whether it holds the kernel.
    pub fn holds(&self, kernel: &str) -> bool {
        let needle = if self.is_ptx() {
            format!(".entry {kernel}(")
        } else {
            format!(".text.{kernel}\0")
        };
        let needle = needle.as_bytes();
        self.bytes.windows(needle.len()).any(|window| window == needle)
    }
}

/// From the header's flags. ABI version 7 has the number in the low byte and the `a` at 0x800, version 8 has the number
/// in the second byte and the `a` at 8 (read off images of NVRTC 12.9).
fn cubin_arch(bytes: &[u8]) -> Option<String> {
    const EM_CUDA: [u8; 2] = [190, 0];
    if bytes.get(18..20)? != EM_CUDA {
        return None;
    }
    let flags = u32::from_le_bytes(bytes.get(48..52)?.try_into().ok()?);
    let (number, exact) = if bytes[8] >= 8 {
        (flags >> 8 & 0xff, flags & 8 != 0)
    } else {
        (flags & 0xff, flags & 0x800 != 0)
    };
    Some(format!("sm_{number}{}", if exact { "a" } else { "" }))
}

fn ptx_arch(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let target = text.lines().find_map(|line| line.trim().strip_prefix(".target"))?;
    let number = target.trim().split([',', ' ']).next()?.strip_prefix("sm_")?;
    Some(format!("compute_{number}"))
}

/// A smallest image for tests: an ELF header for `sm_…` with the names of kernels, or PTX text for `compute_…`.
///
/// # Panics
/// When the name is no architecture.
pub fn for_tests(arch: &str, kernels: &[&str]) -> Vec<u8> {
    let (kind, number) = arch.split_once('_').expect("sm_90a or compute_80");
    if kind == "compute" {
        let entries: String = kernels
            .iter()
            .map(|name| format!(".visible .entry {name}(\n)\n{{ ret; }}\n"))
            .collect();
        return format!(".version 8.4\n.target sm_{number}\n.address_size 64\n{entries}\0").into_bytes();
    }
    let exact = number.ends_with('a');
    let number: u32 = number.trim_end_matches('a').parse().expect("a number");
    let (abi, flags) = if number >= 100 {
        (8, number << 8 | u32::from(exact) << 3 | 2)
    } else {
        (7, number | u32::from(exact) << 11)
    };
    let names: Vec<u8> = kernels
        .iter()
        .flat_map(|name| format!(".text.{name}\0").into_bytes())
        .collect();
    let mut bytes = vec![0_u8; 64];
    bytes[..9].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1, 1, 51, abi]);
    bytes[18] = 190;
    bytes[40..48].copy_from_slice(&64_u64.to_le_bytes());
    bytes[48..52].copy_from_slice(&flags.to_le_bytes());
    bytes[58] = 64;
    bytes[60] = 1;
    let mut section = [0_u8; 64];
    section[24..32].copy_from_slice(&128_u64.to_le_bytes());
    section[32..40].copy_from_slice(&(names.len() as u64).to_le_bytes());
    bytes.extend(section);
    bytes.extend(names);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_loads_where_the_maker_says_it_does() {
        let loads = |arch: &str, capability| {
            let image = Image::parse(for_tests(arch, &["gp_noop"])).unwrap();
            assert_eq!(image.arch, arch);
            assert!(image.holds("gp_noop") && !image.holds("gp_no"));
            image.loads_on(capability)
        };
        assert!(loads("sm_90a", [9, 0]) && !loads("sm_90a", [8, 9]) && !loads("sm_90a", [10, 0]));
        assert!(loads("sm_80", [8, 0]) && loads("sm_80", [8, 9]) && !loads("sm_80", [9, 0]));
        assert!(loads("sm_86", [8, 9]) && !loads("sm_86", [8, 0]));
        assert!(loads("sm_100a", [10, 0]) && loads("sm_120", [12, 0]) && !loads("sm_120", [10, 0]));
        assert!(loads("compute_80", [8, 0]) && loads("compute_80", [10, 0]) && !loads("compute_80", [7, 5]));
    }

    #[test]
    fn the_flags_that_nvrtc_writes_are_understood() {
        for (abi, flags, arch) in [
            (7, 0x5a0d5a, "sm_90a"),
            (7, 0x590559, "sm_89"),
            (8, 0x600640a, "sm_100a"),
            (8, 0x6007802, "sm_120"),
        ] {
            let mut bytes = for_tests("sm_80", &[]);
            bytes[8] = abi;
            bytes[48..52].copy_from_slice(&u32::to_le_bytes(flags));
            assert_eq!(Image::parse(bytes).unwrap().arch, arch);
        }
        assert!(Image::parse(b"hello".to_vec()).is_err());
    }
}
