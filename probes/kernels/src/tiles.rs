//! Launch shapes of the product kernels, by image.

use crate::abi::Tile;
use crate::arch::Arch;
use crate::{tiles_ampere, tiles_hopper};

/// Launch shape of a product kernel in the image of an architecture; `None` where that image has no such kernel.
pub fn tile(arch: Arch, kernel: &str) -> Option<Tile> {
    tiles_hopper::tile(arch, kernel).or_else(|| tiles_ampere::tile(arch, kernel))
}
