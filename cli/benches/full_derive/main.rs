//! What a whole derivation costs: `gridproof index --until-tip`, from an RPC endpoint to committed rows.
//!
//! `cargo bench -p gridproof-cli --bench full_derive` prints one line per run and the median of each chain. Three
//! processes take part, and only the first is what the goals are about:
//! - the indexer: fetch, archive, decode, facts, state, inserts, cursor;
//! - the engine, its child;
//! - `gridproof replay`, which stands for the node and belongs to nobody's figures.
//!
//! `start` is the time until the first request (engine, migrations), `derive` from there to the last commit, `end`
//! the shutdown. The machine's other work shows in the times and hardly in the CPU seconds.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod measure;
mod run;
#[path = "../../../indexer/benches/support/mod.rs"]
mod support;

use run::{Endpoint, Figures, derive};
use std::path::{Path, PathBuf};

const RUNS: usize = 5;
/// The generated chain: blocks and seed.
const CHAIN: (u64, u64) = (2_000, 1);

fn testdata(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata")).join(name)
}

fn main() {
    // `cargo test --all-targets` starts this program, too: without optimisation the figures mean nothing.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let recorded = testdata("akash-gridlocal-1");
    let generated = tempfile::tempdir().unwrap();
    let blocks = support::chain(CHAIN.0, CHAIN.1);
    support::write_recording(generated.path(), &recorded, &blocks).unwrap();
    let chains = [
        (
            "gridlocal-1",
            recorded,
            support::size(&support::recorded("akash-gridlocal-1")),
        ),
        ("synthetic-2000", generated.path().to_owned(), support::size(&blocks)),
    ];
    drop(blocks);
    for (name, folder, bytes) in chains {
        println!("{name}: {:.1} MB of RPC JSON", bytes as f64 / 1e6);
        let endpoint = Endpoint::serve(&folder);
        let figures: Vec<Figures> = (0..RUNS).map(|_| derive(&endpoint)).collect();
        figures.iter().for_each(|one| println!("  {one}"));
        println!("  median: {}", Figures::median(&figures));
    }
}
