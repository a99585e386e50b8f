//! Launch shapes of the products that take pointers.

use crate::abi::Tile;
use crate::arch::Arch;

/// See [`tiles::tile`](crate::tiles::tile).
pub(crate) fn tile(_arch: Arch, _kernel: &str) -> Option<Tile> {
    None
}
