//! What new leases run on, written into them once, when they are made.

use super::State;
use super::market::{Hardware, Lease};
use super::output::{ObjectKey, StateOutput};
use crate::chain::akash::gpu::{self, ResolvedBy};
use crate::chain::akash::model::BidId;
use crate::chain::akash::resources::Totals;

/// How the GPU of a lease became known that is older than an answered state: by what its provider claims now, which may
/// not be what it claimed when the lease was made.
const PROVIDER_LATER: &str = "provider_later";

impl State {
    /// Resolves the hardware of every lease of an answered state.
    pub(super) fn resolve_all_hardware(&mut self) {
        let leases: Vec<BidId> = self.market.leases.keys().cloned().collect();
        for id in leases {
            let mut hardware = self.hardware(&id);
            if hardware.gpu_resolved_by == ResolvedBy::Provider.as_str() {
                PROVIDER_LATER.clone_into(&mut hardware.gpu_resolved_by);
            }
            if let Some(lease) = self.market.leases.get_mut(&id) {
                lease.hardware = hardware;
            }
        }
    }

    /// Resolves the hardware of the leases made at `height`. Runs after the ledger, so that a provider
    /// that registered in the same block is known.
    pub(super) fn resolve_hardware(&mut self, height: u64, out: &StateOutput) {
        for key in out.changed() {
            let ObjectKey::Lease(id) = key else { continue };
            let made_now = |lease: &&Lease| lease.created_at == height;
            if self.market.leases.get(id).filter(made_now).is_none() {
                continue;
            }
            let hardware = self.hardware(id);
            if let Some(lease) = self.market.leases.get_mut(id) {
                lease.hardware = hardware;
            }
        }
    }

    fn hardware(&self, id: &BidId) -> Hardware {
        let Some(order) = self.market.orders.get(&id.order) else {
            return Hardware::default();
        };
        let offer = self
            .market
            .bids
            .get(id)
            .map(|bid| bid.resources_offer.as_slice())
            .unwrap_or_default();
        let provider = self.ledger.providers().get(&id.provider);
        let attributes = provider
            .map(|provider| provider.record.attributes.as_slice())
            .unwrap_or_default();
        let totals = Totals::of_group(&order.spec);
        let found = gpu::resolve(offer, &order.spec, attributes);
        Hardware {
            cpu_milli: totals.cpu_milli,
            memory_bytes: totals.memory_bytes,
            storage_bytes: totals.storage_bytes,
            gpu_units: totals.gpu_units,
            gpu_vendor: found.gpu.vendor,
            gpu_model: found.gpu.model,
            gpu_ram: found.gpu.ram,
            gpu_interface: found.gpu.interface,
            gpu_resolved_by: found.by.as_str().to_owned(),
        }
    }
}
