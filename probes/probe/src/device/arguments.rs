//! Arguments of a kernel, packed as the driver reads them: one pointer a parameter, to the value itself.

use std::ffi::c_void;

/// A parameter by value, aligned as the strictest of them (a tensor map: 128 bytes, aligned to 64).
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Slot([u8; 128]);

/// Arguments in the order of the kernel's parameters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arguments(Vec<Slot>);

/// One argument.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Argument {
    /// Address on the device; 0 is null.
    Pointer(u64),
    /// `u64`.
    U64(u64),
    /// `u32`.
    U32(u32),
    /// `i32`.
    I32(i32),
    /// `f32`.
    F32(f32),
    /// `f64`.
    F64(f64),
    /// Tensor map by value.
    Map([u64; 16]),
}

impl Arguments {
    /// Packs them.
    pub(crate) fn new(arguments: &[Argument]) -> Self {
        Self(arguments.iter().map(|argument| slot(*argument)).collect())
    }

    /// One pointer a parameter. Valid while `self` is neither moved nor dropped.
    pub(super) fn pointers(&self) -> Vec<*mut c_void> {
        self.0
            .iter()
            .map(|slot| std::ptr::from_ref(slot).cast_mut().cast())
            .collect()
    }
}

fn slot(argument: Argument) -> Slot {
    let mut slot = Slot([0; 128]);
    let mut put = |bytes: &[u8]| slot.0[..bytes.len()].copy_from_slice(bytes);
    match argument {
        Argument::Pointer(value) | Argument::U64(value) => put(&value.to_ne_bytes()),
        Argument::U32(value) => put(&value.to_ne_bytes()),
        Argument::I32(value) => put(&value.to_ne_bytes()),
        Argument::F32(value) => put(&value.to_ne_bytes()),
        Argument::F64(value) => put(&value.to_ne_bytes()),
        Argument::Map(words) => {
            for (bytes, word) in slot.0.chunks_exact_mut(8).zip(words) {
                bytes.copy_from_slice(&word.to_ne_bytes());
            }
        }
    }
    slot
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_argument_stands_at_the_start_of_its_own_slot() {
        let arguments = Arguments::new(&[
            Argument::Pointer(0x1122_3344_5566_7788),
            Argument::I32(-2),
            Argument::F64(1.5),
        ]);
        assert_eq!(arguments.0[0].0[..8], 0x1122_3344_5566_7788_u64.to_ne_bytes());
        assert_eq!(arguments.0[1].0[..4], (-2_i32).to_ne_bytes());
        assert_eq!(arguments.0[2].0[..8], 1.5_f64.to_ne_bytes());
        let pointers = arguments.pointers();
        assert_eq!(pointers.len(), 3);
        assert!(pointers.iter().all(|pointer| pointer.addr() % 64 == 0));
    }

    #[test]
    fn a_tensor_map_keeps_its_128_bytes_and_its_alignment() {
        let words = std::array::from_fn(|index| index as u64 * 0x0101_0101);
        let arguments = Arguments::new(&[Argument::U32(1), Argument::Map(words)]);
        assert_eq!(arguments.pointers()[1].addr() % 64, 0);
        let read: Vec<u64> = arguments.0[1]
            .0
            .chunks_exact(8)
            .map(|b| u64::from_ne_bytes(b.try_into().unwrap()))
            .collect();
        assert_eq!(read, words);
    }
}
