//! `gridproof verify`.

mod chain;
mod integrity;
mod render_recording;
mod state;

use crate::args::Verify;
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use crate::networks::{self, RecordingKind};

/// Compares with the chain's own answers, or proves a data folder whole. `own_folder`: `--data-dir` was given.
pub(crate) async fn run(config: &Config, args: Verify, own_folder: bool, json: bool) -> Outcome {
    if args.against_chain {
        return chain::run(config, &args, json).await;
    }
    let kind = args.recording.as_deref().map(networks::kind).transpose()?;
    match (&args.recording, &args.state) {
        (Some(recording), truth) if kind == Some(RecordingKind::Render) => match truth {
            None => render_recording::run(config, recording, own_folder, json).await,
            Some(_) => Err(Failure::usage(
                "a recording of Render holds the node's answers itself; leave --state out",
            )),
        },
        (Some(recording), Some(truth)) if own_folder => state::run(config, recording, truth, json).await,
        (Some(recording), Some(truth)) => {
            let (config, folder) = state::in_temporary_folder(config)?;
            let outcome = state::run(&config, recording, truth, json).await;
            drop(folder);
            outcome
        }
        (Some(_), None) => Err(Failure::usage(
            "--recording needs --state DIR, the folder with the chain's own answers",
        )),
        (None, Some(_)) => Err(Failure::usage(
            "--state needs --recording DIR, the blocks that the answers belong to",
        )),
        (None, None) => integrity::run(config, args.network.as_deref(), json).await,
    }
}
