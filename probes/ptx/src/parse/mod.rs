//! PTX text to kernels. The subset is what NVRTC prints for kernels without calls.
