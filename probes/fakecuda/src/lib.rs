//! A CUDA driver and NVML of our own for tests: no GPU, bit-exact results, scenarios.
