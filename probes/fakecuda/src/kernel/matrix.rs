//! Effects of products and of multiply-adds from registers.

use super::product::{Operand, Product};
use super::{Kernel, Shape, need};
use crate::driver::device::Device;
use crate::error::Answer;
use crate::memory::content::Content;
use crate::scenario::Fault;
use std::sync::Arc;

pub(super) fn apply(kernel: &Kernel, shape: Shape, device: &mut Device) -> Answer<()> {
    match *kernel {
        Kernel::Fma { double, out, .. } => {
            // One unlikely store a thread: out holds one element for each of them.
            let size = if double { 8 } else { 4 };
            need(device, out, size, "gp_fma out").map(|()| {
                let _ = shape;
            })
        }
        Kernel::Gemm {
            kernel,
            a,
            b,
            d,
            shape: [m, n, k],
            ..
        } => {
            let size = kernel.input.bytes() as u64;
            let (rows_a, rows_b) = ((m * k) as u64 * size, (n * k) as u64 * size);
            let out = (m * n * kernel.output_bytes) as u64;
            need(device, a, rows_a, "product a")?;
            need(device, b, rows_b, "product b")?;
            need(device, d, out, "product d")?;
            let operand = |address, bytes| Operand {
                pieces: device.memory.pieces(address, bytes),
            };
            let product = Product::new(kernel, operand(a, rows_a), operand(b, rows_b), [m, n, k])
                .with_wrong_bit(device.scenario.fault == Some(Fault::WrongResults));
            device.memory.put(d, out, &Content::Product(Arc::new(product)));
            Ok(())
        }
        _ => Ok(()),
    }
}
