//! Launch shapes of sm_90a's own products (tensor maps).

use crate::abi::Tile;
use crate::arch::Arch;

/// See [`tiles::tile`](crate::tiles::tile).
pub(crate) fn tile(_arch: Arch, _kernel: &str) -> Option<Tile> {
    None
}
