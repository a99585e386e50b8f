//! Tensor maps: the checks of `cuTensorMapEncodeTiled`, and what a launch reads back out of the 128 bytes.

use crate::error::{Answer, CuError, refuse};
use gridproof_probe_kernels::abi::{Format, GemmKernel};

/// First bytes of a map of this driver.
const MAGIC: [u8; 8] = *b"GPFAKETM";

/// A map of rank 2: rows of `depth` elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TensorMap {
    /// Address of element 0.
    pub address: u64,
    /// Elements of a row.
    pub depth: u64,
    /// Rows.
    pub rows: u64,
    /// Bytes from row to row.
    pub stride: u64,
    /// Elements of a row in one box, and its rows.
    pub box_shape: [u32; 2],
    /// `CUtensorMapDataType`.
    pub data_type: u32,
    /// `CUtensorMapSwizzle`.
    pub swizzle: u32,
}

/// Arguments of `cuTensorMapEncodeTiled` for rank 2.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct Encode {
    pub data_type: u32,
    pub address: u64,
    pub dims: [u64; 2],
    pub stride: u64,
    pub box_shape: [u32; 2],
    pub element_strides: [u32; 2],
    pub interleave: u32,
    pub swizzle: u32,
    pub promotion: u32,
    pub fill: u32,
}

/// Bytes of one element of a `CUtensorMapDataType`.
pub fn element_bytes(data_type: u32) -> Option<u64> {
    Some(match data_type {
        0 => 1,
        1 | 6 | 9 => 2,
        2 | 3 | 7 | 10 | 11 | 12 => 4,
        4 | 5 | 8 => 8,
        _ => return None,
    })
}

impl Encode {
    /// The driver's rules; the message names the one that is broken.
    pub fn check(&self) -> Answer<TensorMap> {
        let wrong = |why: String| refuse(CuError::INVALID_VALUE, format_args!("cuTensorMapEncodeTiled: {why}"));
        let Some(bytes) = element_bytes(self.data_type) else {
            return wrong(format!("no data type has number {}", self.data_type));
        };
        if self.address == 0 || !self.address.is_multiple_of(16) {
            return wrong(format!("address {:#x} is not a multiple of 16", self.address));
        }
        if self.dims.iter().any(|dim| *dim == 0 || *dim > 1 << 32) {
            return wrong(format!("dims {:?} are not in 1..=2^32", self.dims));
        }
        if !self.stride.is_multiple_of(16) || self.stride >= 1 << 40 || self.stride < self.dims[0] * bytes {
            return wrong(format!(
                "stride {} of rows of {} bytes",
                self.stride,
                self.dims[0] * bytes
            ));
        }
        if self.box_shape.iter().any(|side| *side == 0 || *side > 256) {
            return wrong(format!("box {:?} is not in 1..=256", self.box_shape));
        }
        if self.element_strides.iter().any(|stride| *stride == 0 || *stride > 8) {
            return wrong(format!("element strides {:?} are not in 1..=8", self.element_strides));
        }
        let inner = u64::from(self.box_shape[0]) * bytes;
        if self.interleave == 0 && inner % 16 != 0 {
            return wrong(format!("inner side of the box is {inner} bytes, no multiple of 16"));
        }
        let span = match self.swizzle {
            0 => 256 * bytes,
            1 => 32,
            2 => 64,
            3 => 128,
            other => return wrong(format!("no swizzle has number {other}")),
        };
        if inner > span {
            return wrong(format!(
                "inner side of the box is {inner} bytes, the swizzle spans {span}"
            ));
        }
        if self.interleave > 2 || self.promotion > 3 || self.fill > 1 {
            return wrong("interleave, promotion or fill is no number of theirs".to_owned());
        }
        Ok(TensorMap {
            address: self.address,
            depth: self.dims[0],
            rows: self.dims[1],
            stride: self.stride,
            box_shape: self.box_shape,
            data_type: self.data_type,
            swizzle: self.swizzle,
        })
    }
}

impl TensorMap {
    /// As the opaque 128 bytes.
    pub fn encode(&self) -> [u8; 128] {
        let mut out = [0; 128];
        out[..8].copy_from_slice(&MAGIC);
        let words = [
            self.address,
            self.depth,
            self.rows,
            self.stride,
            u64::from(self.box_shape[0]) | u64::from(self.box_shape[1]) << 32,
            u64::from(self.data_type) | u64::from(self.swizzle) << 32,
        ];
        for (slot, word) in out[8..].chunks_exact_mut(8).zip(words) {
            slot.copy_from_slice(&word.to_le_bytes());
        }
        out
    }

    /// Out of the bytes that a launch was given.
    ///
    /// # Errors
    /// `INVALID_VALUE` for bytes that `encode` did not write.
    pub fn decode(bytes: &[u8; 128]) -> Answer<Self> {
        if bytes[..8] != MAGIC {
            return refuse(
                CuError::LAUNCH_FAILED,
                "a tensor map was not written by cuTensorMapEncodeTiled",
            );
        }
        let word = |i: usize| u64::from_le_bytes(bytes[8 + 8 * i..16 + 8 * i].try_into().expect("8 bytes"));
        Ok(Self {
            address: word(0),
            depth: word(1),
            rows: word(2),
            stride: word(3),
            box_shape: [word(4) as u32, (word(4) >> 32) as u32],
            data_type: word(5) as u32,
            swizzle: (word(5) >> 32) as u32,
        })
    }

    /// Address of an operand of `rows` × `depth` without padding.
    ///
    /// # Errors
    /// `LAUNCH_FAILED` when the map is of another matrix.
    pub fn fits(
        &self,
        kernel: &GemmKernel,
        [rows, depth]: [usize; 2],
        boxed: (u32, u32),
        operand: &str,
    ) -> Answer<u64> {
        let bytes = kernel.input.bytes() as u64;
        let right_type = match kernel.input {
            Format::Fp16 => self.data_type == 6,
            Format::Fp32 => matches!(self.data_type, 7 | 11 | 12),
            Format::Fp64 => self.data_type == 8,
            Format::Bf16 => self.data_type == 9,
            Format::Fp8E4m3 | Format::Int8 => self.data_type == 0,
        };
        let whole = (self.depth, self.rows, self.stride) == (depth as u64, rows as u64, depth as u64 * bytes);
        if right_type && whole && self.swizzle == 3 && self.box_shape == [boxed.0, boxed.1] {
            return Ok(self.address);
        }
        let name = kernel.name;
        refuse(
            CuError::LAUNCH_FAILED,
            format_args!("{name}: map of {operand} does not fit [{rows},{depth}]: {self:?}"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn right() -> Encode {
        Encode {
            data_type: 9,
            address: 0x7000_0000_0400,
            dims: [8192, 4096],
            stride: 16384,
            box_shape: [64, 128],
            element_strides: [1, 1],
            interleave: 0,
            swizzle: 3,
            promotion: 2,
            fill: 0,
        }
    }

    #[test]
    fn a_map_comes_back_as_it_was_encoded() {
        let map = right().check().unwrap();
        assert_eq!(TensorMap::decode(&map.encode()).unwrap(), map);
        assert_eq!(TensorMap::decode(&[0; 128]).unwrap_err(), CuError::LAUNCH_FAILED);
    }

    #[test]
    fn each_rule_of_the_driver_refuses() {
        let wrong = [
            Encode {
                address: 0x7000_0000_0408,
                ..right()
            },
            Encode {
                dims: [0, 4096],
                ..right()
            },
            Encode {
                stride: 16392,
                ..right()
            },
            Encode {
                stride: 8192,
                ..right()
            },
            Encode {
                box_shape: [64, 257],
                ..right()
            },
            Encode {
                box_shape: [128, 128],
                ..right()
            },
            Encode {
                box_shape: [4, 128],
                ..right()
            },
            Encode {
                element_strides: [0, 1],
                ..right()
            },
            Encode {
                data_type: 99,
                ..right()
            },
            Encode { swizzle: 9, ..right() },
        ];
        for encode in wrong {
            assert_eq!(encode.check().unwrap_err(), CuError::INVALID_VALUE, "{encode:?}");
        }
    }
}
