//! Model of the sm_90a products (`cuda/gemm90.cu`): the one place of their numbers, and the maps that say which byte goes
//! where. No GPU runs in the tests: they prove that the maps fit each other as PTX documents them, and that the source holds
//! the same numbers; whether the hardware agrees is for a run on it to show.

pub mod fragment;
pub mod operands;
pub mod raster;
pub mod ring;
pub mod shape;

#[cfg(test)]
mod exchange;
#[cfg(test)]
mod source;
#[cfg(test)]
mod whole;
