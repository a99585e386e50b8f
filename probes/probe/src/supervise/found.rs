//! What a run found, before it is judged.

use super::task::{Trouble, TroubleKind};
use crate::worker::wire::FailureKind;
use gridproof_probe_protocol::report::{Concurrent, DriverInfo, Inventory, LinkMatrix, Measurements, Outcome};

/// One GPU.
#[derive(Debug)]
pub(crate) struct Single {
    /// As it presents itself.
    pub(crate) inventory: Inventory,
    /// What was measured until the end, or until something went wrong; `None`: nothing.
    pub(crate) measurements: Option<Measurements>,
    /// What went wrong.
    pub(crate) trouble: Option<Trouble>,
}

impl Single {
    /// Not measured yet.
    pub(crate) fn new(inventory: Inventory) -> Self {
        let (measurements, trouble) = (None, None);
        Self {
            inventory,
            measurements,
            trouble,
        }
    }
}

/// All of a node.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Driver.
    pub(crate) driver: DriverInfo,
    /// The GPUs that were chosen.
    pub(crate) gpus: Vec<Single>,
    /// All at once.
    pub(crate) concurrent: Outcome<Concurrent>,
    /// Between them.
    pub(crate) links: Outcome<LinkMatrix>,
    /// What went wrong with no GPU in particular.
    pub(crate) node_trouble: Option<Trouble>,
}

impl Found {
    /// Everything that went wrong, with the GPU where it was one's.
    pub(crate) fn troubles(&self) -> impl Iterator<Item = (Option<u32>, &Trouble)> {
        let of_gpus = self
            .gpus
            .iter()
            .filter_map(|gpu| Some((Some(gpu.inventory.ordinal), gpu.trouble.as_ref()?)));
        of_gpus.chain(self.node_trouble.iter().map(|trouble| (None, trouble)))
    }
}

/// Why nothing was measured at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The inventory failed.
    Trouble(Trouble),
    /// The driver shows no GPU.
    NoGpu,
    /// `--device` names none of them.
    NoSuchDevice {
        /// As asked.
        wanted: u32,
        /// How many there are.
        count: usize,
    },
    /// Ctrl-C or SIGTERM.
    Interrupted,
}

impl Trouble {
    /// Whether it is ours rather than the driver's or the GPU's.
    pub(crate) fn is_internal(&self) -> bool {
        matches!(
            self.kind,
            TroubleKind::Reported(FailureKind::Internal) | TroubleKind::EndedEarly
        )
    }

    /// What the user can do about it.
    pub(crate) fn next_step(&self) -> &'static str {
        match self.kind {
            TroubleKind::Reported(FailureKind::NoDriver) => {
                "install the NVIDIA driver (535 or newer) or, in a container, start it with --gpus all and \
                 NVIDIA_DRIVER_CAPABILITIES=compute,utility"
            }
            TroubleKind::Reported(FailureKind::OldDriver) => "update the NVIDIA driver to 535 or newer",
            TroubleKind::Reported(FailureKind::NoGpu) => {
                "look whether nvidia-smi shows a GPU, and what CUDA_VISIBLE_DEVICES and the container let through"
            }
            TroubleKind::Reported(FailureKind::UnknownArchitecture) => {
                "look for a newer gridproof-probe; this one knows GPUs of compute capability 7.0 to 12.0"
            }
            TroubleKind::Reported(FailureKind::Garbage) | TroubleKind::Misspoke => {
                "look whether a library is put before the driver's (LD_PRELOAD, LD_LIBRARY_PATH), then try again"
            }
            TroubleKind::Reported(FailureKind::GpuLost) => {
                "look for Xid messages in the kernel's log (dmesg), reset the GPU or restart the machine, then try again"
            }
            TroubleKind::Hang => {
                "look for Xid messages in the kernel's log (dmesg) and for processes that hold the GPU; a hung driver \
                 may need a restart of the machine"
            }
            TroubleKind::Crash | TroubleKind::Reported(FailureKind::Driver) => {
                "look for Xid messages in the kernel's log (dmesg), then try again"
            }
            TroubleKind::Reported(FailureKind::Internal) | TroubleKind::EndedEarly => {
                "try again; if it comes back, report it with this text"
            }
        }
    }
}
