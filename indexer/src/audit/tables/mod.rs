//! The stored side from ClickHouse: the `_as_of` views, read with the height.

mod ledger;
mod market;
mod read;

use super::error::AuditError;
use super::snapshot::{Section, Snapshot};
use clickhouse::Client;
use read::Reader;

impl Snapshot {
    /// Reads the sections of one height from the tables of a network.
    ///
    /// Each object comes from its `<table>_as_of` view; two rows of one object are an error, for a view
    /// promises one.
    pub async fn from_tables(
        client: &Client,
        network: &str,
        height: u64,
        sections: &[Section],
    ) -> Result<Self, AuditError> {
        let reader = Reader {
            client,
            network,
            height,
        };
        let mut snapshot = Self::default();
        for section in sections {
            match section {
                Section::Deployments => snapshot.deployments = Some(market::deployments(&reader).await?),
                Section::Groups => snapshot.groups = Some(market::groups(&reader).await?),
                Section::Orders => snapshot.orders = Some(market::orders(&reader).await?),
                Section::Bids => snapshot.bids = Some(market::bids(&reader).await?),
                Section::Leases => snapshot.leases = Some(market::leases(&reader).await?),
                Section::DeploymentAccounts => {
                    snapshot.deployment_accounts = Some(market::accounts(&reader, "deployment").await?);
                }
                Section::BidAccounts => snapshot.bid_accounts = Some(market::accounts(&reader, "bid").await?),
                Section::EscrowPayments => snapshot.escrow_payments = Some(market::payments(&reader).await?),
                Section::Providers => snapshot.providers = Some(ledger::providers(&reader).await?),
                Section::Audits => snapshot.audits = Some(ledger::audits(&reader).await?),
                Section::BmeVault => snapshot.bme_vault = Some(ledger::vault(&reader).await?),
                Section::BmeLedger => snapshot.bme_ledger = Some(ledger::records(&reader).await?),
                Section::OraclePrices => snapshot.oracle_prices = Some(ledger::prices(&reader).await?),
                Section::Supply => snapshot.supply = Some(ledger::supply(&reader).await?),
            }
        }
        Ok(snapshot)
    }
}
