//! The RPC source as the truth of the live path.

use futures::stream::{self, StreamExt, TryStreamExt};

use super::truth::{Listing, Truth};
use crate::source::solana::fetch::group;
use crate::source::solana::rpc::{Listed, SolanaRpc};
use crate::source::solana::source::SolanaSource;
use crate::source::{FetchError, RawSlot, RawTransaction};

impl<R: SolanaRpc> Truth for SolanaSource<R> {
    async fn list(&self, from: u64, to: u64) -> Result<Listing, FetchError> {
        let mut transactions: Vec<Listed> = self.union(from, to).await?.into_values().collect();
        transactions.sort_by(|a, b| (a.slot, &a.signature).cmp(&(b.slot, &b.signature)));
        Ok(Listing {
            window: self.window(from, to).await?,
            transactions,
        })
    }

    async fn bodies(&self, listed: Vec<Listed>) -> Result<Vec<RawTransaction>, FetchError> {
        let fetches: Vec<_> = listed.iter().map(|entry| self.transaction(entry)).collect();
        let fetched = stream::iter(fetches).buffered(self.config.parallel);
        fetched.map_ok(|(_, transaction)| transaction).try_collect().await
    }

    fn slots(&self, listing: &Listing, bodies: Vec<RawTransaction>) -> Result<Vec<RawSlot>, FetchError> {
        let slot_of: std::collections::HashMap<&str, u64> = listing
            .transactions
            .iter()
            .map(|t| (t.signature.as_str(), t.slot))
            .collect();
        // A body is of a listed transaction: one that is not has no place in the range.
        let placed = bodies
            .into_iter()
            .filter_map(|body| Some((*slot_of.get(body.signature.as_str())?, body)));
        group(placed.collect(), listing.window.clone())
    }

    async fn forget(&self, from: u64, to: u64) {
        for followed in &self.followed {
            followed.history.lock().await.release(from, to);
        }
    }

    async fn block_time(&self, slot: u64) -> Result<i64, FetchError> {
        self.time_of(slot).await
    }

    fn followed(&self) -> Vec<String> {
        self.followed.iter().map(|followed| followed.address.clone()).collect()
    }

    fn name(&self) -> String {
        let names: Vec<String> = self.status().into_iter().map(|endpoint| endpoint.url).collect();
        names.join(", ")
    }
}
