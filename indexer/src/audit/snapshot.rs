//! The compared state of a chain at one height.

use super::rows::{
    Audit, Bid, Compared, Deployment, EscrowAccount, EscrowPayment, Group, Lease, LedgerRecord, Order, Price, Provider,
    Supply, Vault,
};
use std::collections::BTreeMap;

/// Objects of one table by key, as text (`owner/dseq/…`); `None`: not compared.
pub type Table<T> = Option<BTreeMap<String, T>>;

macro_rules! snapshot {
    ($($(#[$doc:meta])* $field:ident: $kind:ty, $section:ident;)*) => {
        /// A table that can be compared.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Section { $($(#[$doc])* $section,)* }

        impl Section {
            /// All sections.
            pub const ALL: &'static [Self] = &[$(Self::$section,)*];

            /// Name in reports.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$section => stringify!($field),)* }
            }
        }

        /// Everything that is compared at one height.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Snapshot { $($(#[$doc])* pub $field: Table<$kind>,)* }

        impl Snapshot {
            /// Sections that are present.
            pub fn sections(&self) -> Vec<Section> {
                let mut present = Vec::new();
                $(if self.$field.is_some() { present.push(Section::$section); })*
                present
            }

            /// Number of objects of a section; 0 where it is absent.
            pub fn count(&self, section: Section) -> usize {
                match section { $(Section::$section => self.$field.as_ref().map_or(0, BTreeMap::len),)* }
            }

            /// Visits a section of two snapshots side by side.
            pub(super) fn visit<V: Visitor>(expected: &Self, got: &Self, visitor: &mut V) {
                $(visitor.table(Section::$section, expected.$field.as_ref(), got.$field.as_ref());)*
            }
        }
    };
}

/// Receives the tables of two snapshots.
pub(super) trait Visitor {
    /// One table of either side.
    fn table<T: Compared>(
        &mut self,
        section: Section,
        expected: Option<&BTreeMap<String, T>>,
        got: Option<&BTreeMap<String, T>>,
    );
}

snapshot! {
    /// Deployments.
    deployments: Deployment, Deployments;
    /// Groups.
    groups: Group, Groups;
    /// Orders.
    orders: Order, Orders;
    /// Bids.
    bids: Bid, Bids;
    /// Leases.
    leases: Lease, Leases;
    /// Escrow accounts of deployments.
    deployment_accounts: EscrowAccount, DeploymentAccounts;
    /// Escrow accounts of bids.
    bid_accounts: EscrowAccount, BidAccounts;
    /// Escrow payments.
    escrow_payments: EscrowPayment, EscrowPayments;
    /// Providers.
    providers: Provider, Providers;
    /// Signed attributes.
    audits: Audit, Audits;
    /// The vault: one object with the key `vault`.
    bme_vault: Vault, BmeVault;
    /// Ledger records.
    bme_ledger: LedgerRecord, BmeLedger;
    /// Stored prices.
    oracle_prices: Price, OraclePrices;
    /// Supply by denomination.
    supply: Supply, Supply;
}

impl serde::Serialize for Section {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Key of the vault.
pub const VAULT_KEY: &str = "vault";
