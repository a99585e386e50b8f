//! Executes kernels: memory, threads, scheduler.
