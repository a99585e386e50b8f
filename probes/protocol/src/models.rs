//! The table of GPU models: `probes/kernels/models.toml`, parsed strictly and checked for plausibility.

mod row;
mod sanity;

pub use row::{Figure, MemoryKind, Model, Name, PciId, Peaks, Reference, References};
pub use sanity::{REFERENCE_OF_PEAK_MAX, REFERENCE_OF_PEAK_MIN};

use crate::report::Inventory;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The table that this build carries.
pub const BUILTIN: &str = include_str!("../../kernels/models.toml");

/// Vendor of every model, as PCI knows it.
const NVIDIA: u32 = 0x10de;

/// What is wrong with a table.
#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    /// Not TOML.
    #[error("the table of models is not TOML: {0}")]
    Syntax(#[from] toml::de::Error),
    /// A row has an unknown key, a missing key or a value of the wrong kind; the text names the field.
    #[error("model {row}: {problem}")]
    Row {
        /// Key of the row.
        row: String,
        /// What is wrong, and where.
        problem: String,
    },
    /// Figures that cannot be true, `row: field: problem` each.
    #[error("implausible figures: {}", .0.join("; "))]
    Implausible(Vec<String>),
}

/// All models by key.
#[derive(Clone, Debug, PartialEq)]
pub struct Models {
    rows: BTreeMap<String, Model>,
    sha256: String,
}

impl Models {
    /// The table that this build carries.
    ///
    /// # Panics
    /// Never: a test parses the same text.
    pub fn builtin() -> Self {
        Self::parse(BUILTIN).expect("the table of this build is tested")
    }

    /// A table from its text. Unknown keys, numbers without a source and implausible figures are errors.
    pub fn parse(text: &str) -> Result<Self, ModelsError> {
        let table: toml::Table = toml::from_str(text)?;
        let mut rows = BTreeMap::new();
        for (key, value) in table {
            let row = value.try_into::<Model>().map_err(|error| ModelsError::Row {
                row: key.clone(),
                problem: error.to_string().split_whitespace().collect::<Vec<_>>().join(" "),
            })?;
            rows.insert(key, row);
        }
        let problems = sanity::problems(&rows);
        if !problems.is_empty() {
            return Err(ModelsError::Implausible(problems));
        }
        Ok(Self {
            rows,
            sha256: hex::encode(Sha256::digest(text)),
        })
    }

    /// The table as text that [`Models::parse`] takes; comments are not kept.
    pub fn to_toml(&self) -> String {
        toml::to_string(&self.rows).expect("rows hold nothing that TOML cannot say")
    }

    /// SHA-256 of the text that was parsed, hex.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// A model by key.
    pub fn get(&self, key: &str) -> Option<&Model> {
        self.rows.get(key)
    }

    /// All models by key, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Model)> {
        self.rows.iter().map(|(key, model)| (key.as_str(), model))
    }

    /// Key of the model with this device id, packed as NVML does (device << 16 | vendor); where several models share it,
    /// the one with the subsystem.
    pub fn by_pci(&self, device_id: u32, subsystem_id: Option<u32>) -> Option<&str> {
        if device_id & 0xffff != NVIDIA {
            return None;
        }
        let device = device_id >> 16;
        let find = |exact: bool| {
            self.iter().find(|(_, model)| {
                model.pci.iter().any(|id| {
                    u32::from(id.device) == device
                        && if exact {
                            id.subsystem.is_some() && id.subsystem == subsystem_id
                        } else {
                            id.subsystem.is_none()
                        }
                })
            })
        };
        find(true).or_else(|| find(false)).map(|(key, _)| key)
    }

    /// Key of the model with this name, whatever its case and the suffix of a MIG slice; `None` when several share it.
    pub fn by_name(&self, name: &str) -> Option<&str> {
        let whole = name.split(" MIG ").next().unwrap_or_default().trim();
        let mut found = self
            .iter()
            .filter(|(_, model)| model.names.iter().any(|known| known.value.eq_ignore_ascii_case(whole)));
        match (found.next(), found.next()) {
            (Some((key, _)), None) => Some(key),
            _ => None,
        }
    }

    /// Key of the model that a GPU is claimed to be: as given, else by PCI id, else by NVML's name, else by the driver's.
    /// `None` when the table does not know it; a key that was given and is unknown is not replaced by anything.
    pub fn claim(&self, given: Option<&str>, inventory: &Inventory) -> Option<&str> {
        if let Some(key) = given {
            return self.rows.get_key_value(key).map(|(key, _)| key.as_str());
        }
        let pci = &inventory.pci;
        pci.device_id
            .and_then(|id| self.by_pci(id, pci.subsystem_id))
            .or_else(|| inventory.nvml_name.as_deref().and_then(|name| self.by_name(name)))
            .or_else(|| self.by_name(&inventory.name))
    }
}

#[cfg(test)]
mod tests;
