//! Models of the index maps of the product kernels, tested against a naive product.

pub mod ampere;
pub mod hopper;
