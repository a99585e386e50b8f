//! `gridproof verify`.

mod integrity;
mod render_recording;
mod state;

use crate::args::Verify;
use crate::config::Config;
use crate::exit::{Failure, Outcome};
use gridproof_indexer::audit::render;
use serde::Deserialize;
use std::path::Path;

/// Longest `recording.json`.
const MAX_INFO_BYTES: u64 = 1 << 20;

/// Compares with the chain's own answers, or proves a data folder whole. `own_folder`: `--data-dir` was given.
pub(crate) async fn run(config: &Config, args: Verify, own_folder: bool, json: bool) -> Outcome {
    match (&args.recording, &args.state) {
        (Some(recording), truth) if kind_of(recording)?.as_deref() == Some(render::KIND) => match truth {
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

/// What kind of chain a recording is of; `None` where the folder does not say.
fn kind_of(recording: &Path) -> Result<Option<String>, Failure> {
    #[derive(Deserialize)]
    struct Info {
        kind: String,
    }
    let path = recording.join("recording.json");
    // A folder without it is refused where recordings are opened, with what to give instead.
    let Ok(metadata) = std::fs::metadata(&path) else {
        return Ok(None);
    };
    let shown = path.display();
    if metadata.len() > MAX_INFO_BYTES {
        return Err(Failure::data(format!(
            "{shown} is longer than any description of a recording"
        )));
    }
    let bytes = std::fs::read(&path).map_err(|error| Failure::usage(format!("cannot read {shown}: {error}")))?;
    let info: Info = serde_json::from_slice(&bytes)
        .map_err(|error| Failure::data(format!("{shown} does not describe a recording: {error}")))?;
    Ok(Some(info.kind))
}
