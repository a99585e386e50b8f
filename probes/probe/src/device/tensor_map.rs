//! Tensor maps: how the copy engine of a multiprocessor (sm_90 on) sees a matrix.

use super::{DeviceError, raw};
use gridproof_probe_kernels::abi::Format;

/// A row-major matrix seen through boxes of `box_rows` × `box_inner` elements, rows swizzled over 128 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Geometry {
    /// Elements of a row: k.
    pub(super) inner: u64,
    /// Rows: m or n.
    pub(super) rows: u64,
    /// Bytes from row to row.
    pub(super) row_bytes: u64,
    /// The box, elements.
    pub(super) boxes: (u32, u32),
    /// Type of the elements by the driver's enumeration.
    pub(super) kind: raw::CUtensorMapDataType,
}

impl Geometry {
    /// Geometry of A[rows, k] or B[rows, k]. `boxes` is {k, rows} as of `Operands::TensorMaps`. Refused is what the
    /// hardware cannot do: rows that are no multiples of 16 bytes, boxes wider than the swizzle, boxes over 256.
    pub(super) fn new(format: Format, rows: u64, k: u64, boxes: (u32, u32)) -> Result<Self, DeviceError> {
        let bytes = element_bytes(format);
        let geometry = Self {
            inner: k,
            rows,
            row_bytes: k * bytes,
            boxes,
            kind: kind(format)?,
        };
        let wide = u64::from(boxes.0) * bytes > 128;
        let outside = boxes.0 == 0 || boxes.1 == 0 || boxes.0 > 256 || boxes.1 > 256;
        if !geometry.row_bytes.is_multiple_of(16)
            || wide
            || outside
            || u64::from(boxes.1) > rows
            || u64::from(boxes.0) > k
        {
            return Err(DeviceError::Internal(format!(
                "no tensor map of {format:?} {rows} x {k} by {boxes:?}"
            )));
        }
        Ok(geometry)
    }

    /// The map for a matrix at `address`.
    pub(super) fn encode(self, address: u64) -> Result<[u64; 16], DeviceError> {
        raw::encode_tensor_map(self.kind, address, (self.inner, self.rows), self.row_bytes, self.boxes)
    }
}

/// Bytes of one element.
pub(crate) fn element_bytes(format: Format) -> u64 {
    match format {
        Format::Fp8E4m3 | Format::Int8 => 1,
        Format::Bf16 | Format::Fp16 => 2,
        Format::Fp32 => 4,
        Format::Fp64 => 8,
    }
}

fn kind(format: Format) -> Result<raw::CUtensorMapDataType, DeviceError> {
    use raw::CUtensorMapDataType as Kind;
    Ok(match format {
        Format::Bf16 => Kind::CU_TENSOR_MAP_DATA_TYPE_BFLOAT16,
        Format::Fp16 => Kind::CU_TENSOR_MAP_DATA_TYPE_FLOAT16,
        Format::Fp32 => Kind::CU_TENSOR_MAP_DATA_TYPE_FLOAT32,
        // The copy moves bytes; only the multiplication knows what they mean.
        Format::Fp8E4m3 | Format::Int8 => Kind::CU_TENSOR_MAP_DATA_TYPE_UINT8,
        Format::Fp64 => return Err(DeviceError::Internal("doubles are multiplied from pointers".to_owned())),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn rows_are_strided_by_their_bytes_and_a_box_is_one_swizzle_wide() {
        for (format, inner, row_bytes) in [
            (Format::Bf16, 64, 16384),
            (Format::Int8, 128, 8192),
            (Format::Fp32, 32, 32768),
        ] {
            let geometry = Geometry::new(format, 4096, 8192, (inner, 128)).unwrap();
            assert_eq!(
                (geometry.inner, geometry.rows, geometry.row_bytes),
                (8192, 4096, row_bytes)
            );
            assert_eq!(u64::from(inner) * element_bytes(format), 128);
            assert!(
                Geometry::new(format, 4096, 8192, (inner * 2, 128)).is_err(),
                "wider than the swizzle"
            );
        }
    }

    #[test]
    fn what_the_hardware_cannot_do_is_refused() {
        assert!(
            Geometry::new(Format::Bf16, 4096, 8191, (64, 128)).is_err(),
            "rows not of 16 bytes"
        );
        assert!(
            Geometry::new(Format::Bf16, 4096, 8192, (64, 512)).is_err(),
            "box over 256"
        );
        assert!(
            Geometry::new(Format::Bf16, 64, 8192, (64, 128)).is_err(),
            "box over the matrix"
        );
        assert!(Geometry::new(Format::Bf16, 4096, 8192, (0, 128)).is_err());
        assert!(Geometry::new(Format::Fp64, 4096, 8192, (16, 128)).is_err());
    }
}
