//! The embedded engine as a program of its own, for tests; `gridproof engine` makes the same call.

use std::path::PathBuf;
use std::process::ExitCode;

use gridproof_store::engine::{EngineOptions, serve};

const USAGE: &str =
    "usage: gridproof-engine --data-dir DIR [--listen ADDR:PORT] [--user NAME] [--password TEXT] [--library FILE]";

fn main() -> ExitCode {
    let options = match parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}\n{USAGE}");
            return ExitCode::from(64);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("cannot start the runtime: {error}");
            return ExitCode::from(70);
        }
    };
    match runtime.block_on(serve(options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(70)
        }
    }
}

fn parse(mut args: impl Iterator<Item = String>) -> Result<EngineOptions, String> {
    let mut options = EngineOptions::new(PathBuf::new());
    // `engine` is accepted so that a supervisor can start this program and `gridproof` alike.
    while let Some(name) = args.next().filter(|a| !a.is_empty()) {
        if name == "engine" {
            continue;
        }
        let value = args.next().ok_or_else(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--data-dir" => options.data_dir = value.into(),
            "--listen" => options.listen = value.parse().map_err(|e| format!("--listen {value}: {e}"))?,
            "--user" => options.user = Some(value),
            "--password" => options.password = Some(value),
            "--library" => options.library = Some(value.into()),
            _ => return Err(format!("unknown option {name}")),
        }
    }
    if options.data_dir.as_os_str().is_empty() {
        return Err("--data-dir is missing".to_owned());
    }
    Ok(options)
}
