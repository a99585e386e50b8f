//! Runs PTX on the CPU: what the compiler made of the GPU kernels, inline assembly included, one instruction at a time, on
//! a model of threads, warps, blocks, clusters and memory. For tests: machines without a GPU execute every kernel with it.
//!
//! It follows the text of NVIDIA's PTX ISA manual (sections are named where an instruction is defined). What it shows is that the
//! kernels are right *by the manual*; it says nothing about `ptxas`, the hardware, or speed.
//!
//! - [`parse`]: text to [`parse::Module`]. An instruction that is not known is an error with its line, never skipped.
//! - [`ops`]: the meaning of warp-wide, matrix and asynchronous instructions as pure functions over registers and bytes.
//! - [`vm`]: memory, threads that meet at barriers, and a scheduler whose seed chooses who runs next and when what is
//!   asynchronous comes; no progress is a deadlock, an access outside an allocation is a fault.

pub mod ops;
pub mod parse;
pub mod vm;
