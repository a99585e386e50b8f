//! Checks of a launch before it is queued: this driver refuses what a real one would take and compute wrongly.

use super::{Kernel, Shape};
use crate::error::{Answer, CuError, refuse};
use crate::scenario::Hardware;
use gridproof_probe_kernels::abi::{HEARTBEAT_WORDS, Operands, Tile};

/// Facts of the function that is launched.
#[derive(Clone, Copy, Debug)]
pub struct Launched<'a> {
    /// Name.
    pub name: &'a str,
    /// Launch shape of a product, when the table of tiles has one.
    pub tile: Option<Tile>,
    /// Dynamic shared memory that was opted in.
    pub opted_in: u32,
    /// Most dynamic shared memory that can be opted in.
    pub most: u32,
}

/// Most dynamic shared memory of a block by compute capability, bytes.
pub fn shared_opt_in(capability: [u32; 2]) -> u32 {
    1024 * match capability {
        [7, 0] => 96,
        [7, _] => 64,
        [8, 0 | 7] => 163,
        [8 | 12, _] => 99,
        [9..=11, _] => 227,
        _ => 48,
    }
}

/// The rules of the calling interface.
///
/// # Errors
/// A code with the broken rule on standard error.
pub fn check(kernel: &Kernel, shape: Shape, function: Launched<'_>, gpu: &Hardware) -> Answer<()> {
    limits(shape, function)?;
    let wrong = |why: String| refuse(CuError::INVALID_VALUE, format_args!("{}: {why}", function.name));
    let flat = shape.grid[1] == 1 && shape.grid[2] == 1 && shape.block[1] == 1 && shape.block[2] == 1;
    if !flat {
        return wrong(format!(
            "grid and block have one dimension, not {:?} × {:?}",
            shape.grid, shape.block
        ));
    }
    let threads = match kernel {
        Kernel::Read { .. } | Kernel::Write { .. } | Kernel::Copy { .. } | Kernel::Triad { .. } => 512,
        Kernel::Chase { .. } | Kernel::ChaseMap { .. } | Kernel::Noop | Kernel::Blocker { .. } => 1,
        Kernel::Census { .. } | Kernel::Heartbeat { .. } => 32,
        Kernel::Gemm { .. } => match function.tile {
            Some(tile) => return product(kernel, shape, tile, &wrong),
            None => return wrong("no tile is known of this product in this image".to_owned()),
        },
        _ => 256,
    };
    if shape.block[0] != threads {
        return wrong(format!(
            "block of {} threads, the interface says {threads}",
            shape.block[0]
        ));
    }
    let one = matches!(kernel, Kernel::Chase { .. } | Kernel::Noop | Kernel::Blocker { .. });
    if one && shape.grid[0] != 1 {
        return wrong(format!("grid of {} blocks, the interface says 1", shape.grid[0]));
    }
    let one_each = matches!(kernel, Kernel::ChaseMap { .. } | Kernel::Heartbeat { .. });
    if one_each && shape.grid[0] > gpu.sms {
        eprintln!(
            "gridproof-fakecuda: {}: {} blocks of {HEARTBEAT_WORDS} words on {} multiprocessors: the rest waits",
            function.name, shape.grid[0], gpu.sms
        );
    }
    Ok(())
}

fn limits(shape: Shape, function: Launched<'_>) -> Answer<()> {
    let name = function.name;
    if shape.grid.contains(&0) || shape.block.contains(&0) {
        return refuse(CuError::INVALID_VALUE, format_args!("{name}: an empty grid or block"));
    }
    if shape.threads() > 1024 || shape.block[2] > 64 || shape.grid[1] > 65_535 || shape.grid[2] > 65_535 {
        return refuse(
            CuError::INVALID_VALUE,
            format_args!("{name}: {shape:?} is over the limits"),
        );
    }
    if shape.shared > function.opted_in.max(48 * 1024) {
        return refuse(
            CuError::INVALID_VALUE,
            format_args!(
                "{name}: {} bytes of dynamic shared memory, {} opted in",
                shape.shared, function.opted_in
            ),
        );
    }
    Ok(())
}

fn product(kernel: &Kernel, shape: Shape, tile: Tile, wrong: &dyn Fn(String) -> Answer<()>) -> Answer<()> {
    let Kernel::Gemm { shape: [m, n, k], .. } = kernel else {
        return Ok(());
    };
    if shape.block[0] != tile.threads {
        return wrong(format!(
            "block of {} threads, the tile has {}",
            shape.block[0], tile.threads
        ));
    }
    if shape.shared < tile.shared_bytes {
        return wrong(format!(
            "{} bytes of dynamic shared memory, the tile needs {}",
            shape.shared, tile.shared_bytes
        ));
    }
    if !shape.grid[0].is_multiple_of(tile.cluster) {
        return wrong(format!(
            "grid of {} blocks, no multiple of the cluster of {}",
            shape.grid[0], tile.cluster
        ));
    }
    let rows = (tile.rows * tile.cluster) as usize;
    if m % rows != 0 || n % tile.columns as usize != 0 || k % tile.depth as usize != 0 {
        return wrong(format!(
            "{m}×{n}×{k} is no multiple of the tile {rows}×{}×{}",
            tile.columns, tile.depth
        ));
    }
    Ok(())
}

/// Boxes of the tensor maps that a product takes, if it does.
pub fn boxes(tile: Option<Tile>) -> Option<[(u32, u32); 2]> {
    match tile?.operands {
        Operands::TensorMaps { box_a, box_b } => Some([box_a, box_b]),
        Operands::Pointers => None,
    }
}
