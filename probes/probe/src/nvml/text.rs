//! Texts of the library: of bounded length whatever it writes, without control characters, never invalid.
//!
//! Read through the raw functions, because the wrapper looks for the end of a text beyond the buffer when the library
//! fills it without one.
#![allow(unsafe_code)]

use nvml_wrapper::{Device, Nvml};
use std::ffi::c_char;
use std::mem::zeroed;

/// Longest text that is taken over, characters.
const MAX_CHARACTERS: usize = 96;
/// Buffer of every text, bytes; more than any function of the library may write.
const BUFFER_BYTES: usize = 128;
/// `NVML_SUCCESS`.
const SUCCESS: u32 = 0;

/// What is left of `bytes` up to the first zero without control characters (nor characters that turn the direction of
/// writing), in one line, invalid UTF-8 replaced, trimmed, cut at 96 characters; `None` when nothing is left.
pub(super) fn clean(bytes: &[u8]) -> Option<String> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let text = String::from_utf8_lossy(&bytes[..end]);
    let visible: String = text.chars().filter(|character| is_plain(*character)).collect();
    let cut: String = visible.trim().chars().take(MAX_CHARACTERS).collect();
    (!cut.is_empty()).then_some(cut)
}

/// Bidirectional controls and invisible characters can make a terminal show another text than is there.
fn is_plain(character: char) -> bool {
    let is_hidden = matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    !character.is_control() && !is_hidden
}

/// Calls a function that writes a text of at most `length` bytes.
fn read(write: impl FnOnce(*mut c_char, u32) -> u32, length: u32) -> Option<String> {
    let mut buffer = [0_u8; BUFFER_BYTES];
    if write(buffer.as_mut_ptr().cast(), length) != SUCCESS {
        return None;
    }
    clean(&buffer[..(length as usize).min(BUFFER_BYTES)])
}

macro_rules! text_of_device {
    ($(#[$doc:meta])* $name:ident, $symbol:ident, $length:literal) => {
        $(#[$doc])*
        pub(super) fn $name(device: &Device<'_>) -> Option<String> {
            let function = device.nvml().lib().$symbol.as_ref().ok()?;
            // SAFETY: the handle comes from this library, which is still loaded; the buffer has the given length.
            read(|to, length| unsafe { function(device.handle(), to, length) }, $length)
        }
    };
}

text_of_device!(
    /// Name of the model.
    name, nvmlDeviceGetName, 96
);
text_of_device!(
    /// `GPU-…`.
    uuid, nvmlDeviceGetUUID, 96
);
text_of_device!(
    /// Serial number of the board.
    serial, nvmlDeviceGetSerial, 30
);
text_of_device!(
    /// Version of the board's firmware.
    vbios, nvmlDeviceGetVbiosVersion, 32
);

/// Version of the kernel driver.
pub(super) fn driver_version(nvml: &Nvml) -> Option<String> {
    let function = nvml.lib().nvmlSystemGetDriverVersion.as_ref().ok()?;
    // SAFETY: the library is started; the buffer has the given length.
    read(|to, length| unsafe { function(to, length) }, 80)
}

/// Version of the library.
pub(super) fn nvml_version(nvml: &Nvml) -> Option<String> {
    let function = nvml.lib().nvmlSystemGetNVMLVersion.as_ref().ok()?;
    // SAFETY: as above.
    read(|to, length| unsafe { function(to, length) }, 80)
}

/// PCI identity: device and vendor, subsystem and its vendor, packed as NVML does.
pub(super) fn pci_ids(device: &Device<'_>) -> Option<(u32, u32)> {
    let function = device.nvml().lib().nvmlDeviceGetPciInfo_v3.as_ref().ok()?;
    // SAFETY: a plain C struct of numbers and character arrays, for which all zeros are a value.
    let mut info = unsafe { zeroed() };
    // SAFETY: the handle comes from this library; `info` has the type that the function takes.
    let code = unsafe { function(device.handle(), &raw mut info) };
    (code == SUCCESS).then_some((info.pciDeviceId, info.pciSubSystemId))
}

/// PCI address as NVML writes it.
pub(super) fn bus_id(device: &Device<'_>) -> Option<String> {
    let function = device.nvml().lib().nvmlDeviceGetPciInfo_v3.as_ref().ok()?;
    // SAFETY: as above.
    let mut info = unsafe { zeroed() };
    // SAFETY: as above.
    let code = unsafe { function(device.handle(), &raw mut info) };
    if code != SUCCESS {
        return None;
    }
    let bytes: Vec<u8> = info.busId.iter().map(|character| character.cast_unsigned()).collect();
    clean(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_what_it_is() {
        assert_eq!(
            clean(b"NVIDIA H100 80GB HBM3\0rest").as_deref(),
            Some("NVIDIA H100 80GB HBM3")
        );
    }

    #[test]
    fn what_would_move_a_terminal_goes() {
        assert_eq!(clean(b"\x1b[2JH100\r\n\x07\x7f").as_deref(), Some("[2JH100"));
        assert_eq!(clean("a\u{202e}b\u{200b}c\u{85}".as_bytes()).as_deref(), Some("abc"));
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced_and_nothing_is_nothing() {
        assert_eq!(clean(b"H\xff100").as_deref(), Some("H\u{fffd}100"));
        assert_eq!((clean(b""), clean(b"\0\0"), clean(b" \n ")), (None, None, None));
    }

    #[test]
    fn length_is_bounded_in_characters() {
        assert_eq!(
            clean("é".repeat(500).as_bytes()).expect("text").chars().count(),
            MAX_CHARACTERS
        );
    }

    #[test]
    fn a_buffer_without_an_end_is_read_to_its_length_only() {
        let text = read(
            |to, length| {
                // SAFETY: `to` points to at least `length` bytes.
                unsafe { to.write_bytes(b'x', length as usize) };
                SUCCESS
            },
            30,
        );
        assert_eq!(text.expect("text").len(), 30);
        assert_eq!(read(|_, _| 3, 30), None, "an error code");
    }
}
