//! `gridproof replay`.

use crate::args::Replay;
use crate::exit::{Failure, Outcome};
use crate::{networks, output, shutdown};
use anyhow::Context;
use gridproof_indexer::source::replay;
use std::net::{Ipv4Addr, SocketAddr};

/// Port of a CometBFT node.
const RPC_PORT: u16 = 26657;

/// Serves a recording or an archive until stopped.
pub(crate) async fn run(args: Replay, listen: Option<SocketAddr>, json: bool) -> Outcome {
    let stop = shutdown::on_signal().map_err(|error| Failure::Internal(error.into()))?;
    let listen = listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, RPC_PORT)));
    let store = networks::open_replay(&args.folder).await?;
    let (chain_id, heights) = (store.chain_id().to_owned(), store.heights());
    let handle = replay::serve(store, listen, networks::options(args.manners, args.fault))
        .await
        .with_context(|| format!("cannot listen on {listen}; choose another address with --listen"))
        .map_err(Failure::Usage)?;
    let (first, last) = heights.into_inner();
    match json {
        true => output::json(&serde_json::json!({
            "url": handle.url(), "chain_id": chain_id, "first_height": first, "last_height": last
        }))?,
        false => output::text_line(&format!(
            "replaying {chain_id}, heights {first} to {last}, at {}",
            handle.url()
        ))?,
    }
    stop.cancelled().await;
    handle.shutdown().await;
    Ok(())
}
