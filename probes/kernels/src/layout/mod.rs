//! Models of the index maps of the product kernels, tested against a naive product.
