//! Machines with H100 or A100 GPUs, as their providers name them.

/// A machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Machine {
    pub(super) sku: &'static str,
    pub(super) gpu: &'static str,
    pub(super) gpu_memory: &'static str,
    pub(super) gpus: u16,
}

const fn machine(sku: &'static str, gpu: &'static str, gpu_memory: &'static str, gpus: u16) -> Machine {
    Machine {
        sku,
        gpu,
        gpu_memory,
        gpus,
    }
}

const AWS: [Machine; 4] = [
    machine("p4d.24xlarge", "a100", "40Gi", 8),
    machine("p4de.24xlarge", "a100", "80Gi", 8),
    machine("p5.4xlarge", "h100", "80Gi", 1),
    machine("p5.48xlarge", "h100", "80Gi", 8),
];

const AZURE: [Machine; 8] = [
    machine("Standard_NC24ads_A100_v4", "a100", "80Gi", 1),
    machine("Standard_NC40ads_H100_v5", "h100", "94Gi", 1),
    machine("Standard_NC48ads_A100_v4", "a100", "80Gi", 2),
    machine("Standard_NC80adis_H100_v5", "h100", "94Gi", 2),
    machine("Standard_NC96ads_A100_v4", "a100", "80Gi", 4),
    machine("Standard_ND96amsr_A100_v4", "a100", "80Gi", 8),
    machine("Standard_ND96asr_v4", "a100", "40Gi", 8),
    machine("Standard_ND96isr_H100_v5", "h100", "80Gi", 8),
];

/// The EC2 instance type of this name.
pub(super) fn aws(name: &str) -> Option<Machine> {
    AWS.into_iter().find(|machine| machine.sku == name)
}

/// The Azure size of this name.
pub(super) fn azure(name: &str) -> Option<Machine> {
    AZURE.into_iter().find(|machine| machine.sku.eq_ignore_ascii_case(name))
}

/// What a description of Google's says of a GPU: model and memory.
pub(super) fn gcp(description: &str) -> Option<(&'static str, &'static str)> {
    let has = |word: &str| description.split([' ', '-', '/']).any(|part| part == word);
    match (has("H100"), has("A100"), has("80GB")) {
        (true, false, _) => Some(("h100", "80Gi")),
        (false, true, true) => Some(("a100", "80Gi")),
        (false, true, false) => Some(("a100", "40Gi")),
        _ => None,
    }
}
