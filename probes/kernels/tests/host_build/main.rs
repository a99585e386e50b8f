//! The scalar kernels, compiled from the same sources as C++ and run on the CPU over a whole grid, give the bytes of the
//! models that the probe trusts. What this cannot show: that a GPU's compiler makes the same of these sources.

mod chase;
mod generators;
mod memory;
mod node;
mod program;
