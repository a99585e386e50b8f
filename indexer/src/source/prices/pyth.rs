//! Pyth's accounts, through the Solana client: `getMultipleAccounts` at `finalized`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::refusal::{Refusal, first};
use crate::chain::prices::{AccountBody, AccountsBody, Answer, PythFeed};
use crate::source::solana::{AgaveRpc, SolanaRpc};

pub(super) async fn ask(endpoints: &[AgaveRpc], feeds: &[PythFeed]) -> Result<Answer, Refusal> {
    let addresses: Vec<String> = feeds.iter().map(|feed| feed.account.clone()).collect();
    first(endpoints, "Solana", |rpc| one(rpc, &addresses)).await
}

async fn one<R: SolanaRpc>(rpc: &R, addresses: &[String]) -> Result<Answer, Refusal> {
    let read = rpc.accounts(addresses).await?;
    let account = |account: crate::source::solana::Account| AccountBody {
        owner: account.program,
        data: STANDARD.encode(account.data),
    };
    let body = AccountsBody {
        slot: read.slot,
        accounts: read.accounts.into_iter().map(|read| read.map(account)).collect(),
    };
    let body = serde_json::to_string(&body).map_err(|error| Refusal::new("malformed", error.to_string()))?;
    Ok(Answer::Served {
        endpoint: rpc.name().to_owned(),
        bodies: vec![body],
    })
}
