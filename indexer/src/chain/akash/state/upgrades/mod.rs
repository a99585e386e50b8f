//! What the upgrade handlers of the chain do to market and escrow. They run before the transactions
//! of their block.

mod repricing;
mod v1_0_0;
mod v1_1_0;
mod v2_0_0;

pub(super) use v2_0_0::price_denom;

use super::halt::Halt;
use super::machine::Machine;
use crate::chain::akash::model::Version;

/// axlUSDC on the mainnet.
pub(crate) const AXL_USDC: &str = "ibc/170C677610AC31DF0904FFE09CD3B5C657492170E7E52372E48756B71E56F2F1";
/// axlUSDC on the sandbox.
const AXL_USDC_SANDBOX: &str = "ibc/028CD1864059EEFB48A6048376165318E3E82C234390AE5A6D7B22001725B06E";
/// The chain's coin.
pub(crate) const UAKT: &str = "uakt";
/// On-chain dollar credit, from v2.0.0 on.
pub(crate) const UACT: &str = "uact";

/// Whether this is axlUSDC, on the mainnet or the sandbox.
pub(crate) fn is_axl_usdc(denom: &str) -> bool {
    denom == AXL_USDC || denom == AXL_USDC_SANDBOX
}

impl Machine<'_> {
    /// Runs one upgrade. v1.2.0 and v2.1.0 change no object of market or escrow; v2.1.0 forgets the
    /// deployments that still wait to be repriced, which then stay in uakt.
    pub(crate) fn upgrade(&mut self, version: Version) -> Result<(), Halt> {
        match version {
            Version::V1_0 => self.upgrade_v1_0_0(),
            Version::V1_1 => self.upgrade_v1_1_0(),
            Version::V2_0 => self.upgrade_v2_0_0(),
            Version::V2_1 => {
                self.market.waiting.clear();
                Ok(())
            }
            Version::V0_38 | Version::V1_2 => Ok(()),
        }
    }
}
