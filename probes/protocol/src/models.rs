//! The table of GPU models: `probes/kernels/models.toml`.

/// The table that this build carries.
pub const BUILTIN: &str = include_str!("../../kernels/models.toml");
