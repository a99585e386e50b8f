//! `gridproof replay`.

use crate::args::Replay;
use crate::args::faults;
use crate::exit::{Failure, Outcome};
use crate::networks::{self, RecordingKind};
use crate::{output, render, shutdown};
use anyhow::Context;
use gridproof_indexer::source::replay::{self, ReplayHandle};
use gridproof_indexer::source::solana::replay as solana;
use std::net::{Ipv4Addr, SocketAddr};

/// Port of a CometBFT node.
const COMET_PORT: u16 = 26657;
/// Port of a Solana node.
const SOLANA_PORT: u16 = 8899;

/// What is served, for people and for `--json`.
struct Served {
    handle: ReplayHandle,
    chain_id: String,
    first: u64,
    last: u64,
    heights: &'static str,
}

/// Serves a recording or an archive until stopped.
pub(crate) async fn run(args: Replay, listen: Option<SocketAddr>, json: bool) -> Outcome {
    let stop = shutdown::on_signal().map_err(|error| Failure::Internal(error.into()))?;
    let is_recording = args.folder.join("recording.json").is_file();
    let served = match is_recording.then(|| networks::kind(&args.folder)).transpose()? {
        Some(RecordingKind::Render) => serve_render(args, listen).await?,
        _ => serve_akash(args, listen).await?,
    };
    let Served {
        handle,
        chain_id,
        first,
        last,
        heights,
    } = served;
    match json {
        true => output::json(&serde_json::json!({
            "url": handle.url(), "chain_id": chain_id, "first_height": first, "last_height": last
        }))?,
        false => output::text_line(&format!(
            "replaying {chain_id}, {heights} {first} to {last}, at {}",
            handle.url()
        ))?,
    }
    stop.cancelled().await;
    handle.shutdown().await;
    Ok(())
}

async fn serve_akash(args: Replay, listen: Option<SocketAddr>) -> Result<Served, Failure> {
    faults::check(&args.fault, true, false)?;
    let store = networks::open_replay(&args.folder).await?;
    let (chain_id, heights) = (store.chain_id().to_owned(), store.heights());
    let (first, last) = heights.into_inner();
    let listen = listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, COMET_PORT)));
    let options = networks::options(args.manners, faults::of_akash(&args.fault), first);
    let handle = listening(listen, replay::serve(store, listen, options).await)?;
    Ok(Served {
        handle,
        chain_id,
        first,
        last,
        heights: "heights",
    })
}

async fn serve_render(args: Replay, listen: Option<SocketAddr>) -> Result<Served, Failure> {
    faults::check(&args.fault, false, true)?;
    let store = render::open(&args.folder).await?;
    let (chain_id, slots) = (store.info().chain_id.clone(), store.slots());
    let (first, last) = slots.into_inner();
    let listen = listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, SOLANA_PORT)));
    let options = networks::options(args.manners, faults::of_render(&args.fault), first);
    let handle = listening(listen, solana::serve(store, listen, options).await)?;
    Ok(Served {
        handle,
        chain_id,
        first,
        last,
        heights: "slots",
    })
}

fn listening(listen: SocketAddr, served: std::io::Result<ReplayHandle>) -> Result<ReplayHandle, Failure> {
    served
        .with_context(|| format!("cannot listen on {listen}; choose another address with --listen"))
        .map_err(Failure::Usage)
}
