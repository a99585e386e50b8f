//! `gridproof replay`.

use crate::args::Replay;
use crate::args::faults;
use crate::exit::{Failure, Outcome};
use crate::networks::{self, RecordingKind};
use crate::{output, render, shutdown};
use anyhow::Context;
use gridproof_indexer::source::replay::{self, ReplayHandle, ReplayedState, StateOptions, StateRecording};
use gridproof_indexer::source::solana::replay as solana;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

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
    /// Heights with a state.
    states: Vec<u64>,
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
        states,
    } = served;
    match json {
        true => output::json(&serde_json::json!({
            "url": handle.url(), "chain_id": chain_id, "first_height": first, "last_height": last,
            "grpc": handle.grpc_url(), "state_heights": states
        }))?,
        false => {
            output::text_line(&format!(
                "replaying {chain_id}, {heights} {first} to {last}, at {}",
                handle.url()
            ))?;
            if !states.is_empty() {
                let grpc = handle
                    .grpc_url()
                    .map(|url| format!(", gRPC at {url}"))
                    .unwrap_or_default();
                let heights: Vec<String> = states.iter().map(u64::to_string).collect();
                output::text_line(&format!(
                    "state at heights {}: REST gateway at {}{grpc}",
                    heights.join(", "),
                    handle.url()
                ))?;
            }
        }
    }
    stop.cancelled().await;
    handle.shutdown().await;
    Ok(())
}

async fn serve_akash(args: Replay, listen: Option<SocketAddr>) -> Result<Served, Failure> {
    let state = open_state(&args.folder).await?;
    let served = faults::Kinds {
        akash: true,
        state: state.is_some(),
        render: false,
    };
    faults::check(&args.fault, served)?;
    if args.grpc.is_some() && state.is_none() {
        let folder = args.folder.display();
        return Err(Failure::usage(format!(
            "--grpc serves the state of a recording, and {folder} has none (no folder `state`); leave it out"
        )));
    }
    let store = networks::open_replay(&args.folder).await?;
    let (chain_id, heights) = (store.chain_id().to_owned(), store.heights());
    let (first, last) = heights.into_inner();
    let listen = listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, COMET_PORT)));
    let options = networks::options(args.manners, faults::of_akash(&args.fault), first);
    let states = state.as_ref().map(|book| book.state_heights()).unwrap_or_default();
    let state = state.map(|book| ReplayedState {
        book,
        options: StateOptions {
            faults: faults::of_state(&args.fault),
            ..StateOptions::default()
        },
        grpc: args.grpc,
    });
    let handle = listening(listen, replay::serve_with_state(store, listen, options, state).await)?;
    Ok(Served {
        handle,
        chain_id,
        first,
        last,
        heights: "heights",
        states,
    })
}

/// The state in a folder, where it is a recording that has one.
async fn open_state(folder: &Path) -> Result<Option<Arc<StateRecording>>, Failure> {
    if !StateRecording::is_in(folder) {
        return Ok(None);
    }
    let folder = folder.to_owned();
    let opened = tokio::task::spawn_blocking(move || StateRecording::open(&folder))
        .await
        .context("reading the state of a recording")?;
    let wrong = |error| Failure::data(format!("the state of the recording cannot be read: {error}"));
    opened.map(|book| Some(Arc::new(book))).map_err(wrong)
}

async fn serve_render(args: Replay, listen: Option<SocketAddr>) -> Result<Served, Failure> {
    let served = faults::Kinds {
        render: true,
        ..faults::Kinds::default()
    };
    faults::check(&args.fault, served)?;
    if args.grpc.is_some() {
        return Err(Failure::usage(
            "--grpc serves the state of a recording of Akash; leave it out for Render",
        ));
    }
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
        states: Vec::new(),
    })
}

fn listening(listen: SocketAddr, served: std::io::Result<ReplayHandle>) -> Result<ReplayHandle, Failure> {
    served
        .with_context(|| format!("cannot listen on {listen}; choose another address with --listen"))
        .map_err(Failure::Usage)
}
