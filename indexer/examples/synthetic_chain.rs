//! Writes a generated chain as a recording: `synthetic_chain FOLDER [HEIGHTS [SEED]]`.

#[path = "../benches/support/mod.rs"]
mod support;

use std::path::Path;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments
        .next()
        .ok_or_else(|| std::io::Error::other("usage: synthetic_chain FOLDER [HEIGHTS [SEED]]"))?;
    let mut number = |default: u64| {
        arguments
            .next()
            .map_or(Ok(default), |text| text.parse().map_err(std::io::Error::other))
    };
    let (heights, seed) = (number(2_000)?, number(1)?);
    let blocks = support::chain(heights, seed);
    let template = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata/akash-gridlocal-1"));
    support::write_recording(Path::new(&folder), template, &blocks)?;
    println!(
        "{heights} blocks, {} bytes of RPC JSON, in {folder}",
        support::size(&blocks)
    );
    Ok(())
}
