//! The GPU kernels: sources, images built ahead, their calling interface, and bit-exact models for the CPU.

pub mod abi;
