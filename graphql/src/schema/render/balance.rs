//! The balance of a token account.

use async_graphql::SimpleObject;

use super::address;
use super::connection::AMOUNT_UNIT;
use super::settlements::text;
use crate::read::render::BalanceRow;
use crate::schema::error::ApiError;
use crate::schema::evidence::Evidence;
use crate::schema::scalars::BigInt;
use crate::schema::scope::{AnswerMeta, Api, Asked, BlockRef, Scope};

/// The balance of a token account as of a slot, as the newest transaction that listed it left it.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(name = "TokenBalance")]
pub(crate) struct TokenBalance {
    /// The network it is on.
    network: String,
    /// The token account.
    account: String,
    /// Its owner; null where the transaction did not name one.
    owner: Option<String>,
    /// The balance in base units.
    amount: BigInt,
    /// An amount of 10 to this power is one token; null before the first movement.
    decimals: Option<u8>,
    /// The unit of `amount`.
    unit: &'static str,
    /// What it is watched as; null where it is not watched.
    role: Option<String>,
    /// How many changes of its balance are indexed.
    sample_size: u64,
    /// The slot of the last of them.
    changed_slot: u64,
    /// How we know it.
    evidence: Option<Evidence>,
    /// The slot as of which it holds.
    as_of: BlockRef,
    /// How far the answer can be trusted.
    meta: AnswerMeta,
}

impl TokenBalance {
    fn new(scope: &Scope, decimals: Option<u8>, row: BalanceRow) -> Self {
        Self {
            network: scope.network.name.clone(),
            account: row.account,
            owner: text(row.owner),
            amount: BigInt(row.amount),
            decimals,
            unit: AMOUNT_UNIT,
            role: text(row.role_name),
            sample_size: row.changes,
            changed_slot: row.last_slot,
            evidence: Evidence::of(&row.evidence_word),
            as_of: scope.as_of,
            meta: scope.level_meta(),
        }
    }

    /// The balance of a token account; `None` when no indexed transaction listed it.
    pub(crate) async fn resolve(
        api: &Api,
        network: &str,
        account: &str,
        asked: Asked,
    ) -> Result<Option<Self>, ApiError> {
        let account = address::account("account", account)?;
        let scope = Scope::resolve(api, network, "balance", asked).await?;
        let slot = scope.plan.as_of;
        let (row, decimals) = futures::try_join!(
            api.reader.balance(network, slot, &account),
            api.reader.decimals(network, slot),
        )?;
        Ok(row.map(|row| Self::new(&scope, decimals, row)))
    }
}
