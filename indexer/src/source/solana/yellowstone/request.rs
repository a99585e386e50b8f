//! What we ask a Yellowstone server for.

use std::collections::HashMap;

use yellowstone_grpc_proto::geyser::{
    CommitmentLevel, SubscribeRequest, SubscribeRequestFilterBlocksMeta, SubscribeRequestFilterSlots,
    SubscribeRequestFilterTransactions, SubscribeRequestPing,
};

/// Name of every filter of ours; the server repeats it with each update.
const FILTER: &str = "gridproof";

/// All finalized transactions that name one of `addresses`, the meta of every block, and every slot as it is finalized.
///
/// Failed transactions are part of it, for the RPC lists them, too. Owners are not matched (`token_accounts`): what is
/// followed is token accounts, and the RPC, which is the truth, knows no such matching.
pub(super) fn subscription(addresses: &[String], from_slot: Option<u64>) -> SubscribeRequest {
    let transactions = SubscribeRequestFilterTransactions {
        vote: Some(false),
        failed: None,
        account_include: addresses.to_vec(),
        ..Default::default()
    };
    let slots = SubscribeRequestFilterSlots {
        filter_by_commitment: Some(true),
        interslot_updates: Some(false),
    };
    SubscribeRequest {
        transactions: HashMap::from([(FILTER.to_owned(), transactions)]),
        blocks_meta: HashMap::from([(FILTER.to_owned(), SubscribeRequestFilterBlocksMeta {})]),
        slots: HashMap::from([(FILTER.to_owned(), slots)]),
        commitment: Some(CommitmentLevel::Finalized.into()),
        from_slot,
        ..Default::default()
    }
}

/// The answer to a server's ping.
pub(super) fn ping() -> SubscribeRequest {
    SubscribeRequest {
        ping: Some(SubscribeRequestPing { id: 1 }),
        ..Default::default()
    }
}
