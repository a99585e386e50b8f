//! Decode and derive speed, on recordings of real nodes and on a generated chain, in memory.
//!
//! `decode/*` is bytes of RPC JSON to blocks; `derive/*` is what both stages do with a block between the network and
//! the database: decode, facts, state machine, rows of both, encoded. (The pipeline decodes twice, once a stage.)
//! The real program over real processes is timed by the bench `full_derive` of the command line.

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use gridproof_indexer::chain::akash::decode::decode_block;
use gridproof_indexer::chain::akash::facts;
use gridproof_indexer::chain::akash::model::Block;
use gridproof_indexer::chain::akash::state::State;
use gridproof_indexer::source::RawBlock;
use gridproof_store::batch::{Batch, Origin};
use std::hint::black_box;
use std::time::Duration;

const RECORDINGS: [&str; 4] = ["gridlocal-v038", "gridlocal-v12", "gridlocal-1", "gridlocal-all"];
const BLOCKS: u64 = 2_000;

fn batch() -> Batch {
    Batch::new(Origin {
        network: "bench".to_owned(),
        chain_id: "bench".to_owned(),
    })
}

fn decode(raws: &[RawBlock]) -> Vec<Block> {
    raws.iter().map(|raw| decode_block(raw).unwrap()).collect()
}

/// All rows of both stages; the number of them.
fn derive(raws: &[RawBlock], mut state: State) -> u64 {
    let (mut facts, mut states) = (batch(), batch());
    for raw in raws {
        let block = decode_block(raw).unwrap();
        facts::derive(&block, &mut facts).unwrap();
        let out = state.step(&block).unwrap();
        state.write_rows(&block.header, &out, &mut states).unwrap();
    }
    facts.rows() + states.rows()
}

fn bench_chain(criterion: &mut Criterion, name: &str, raws: &[RawBlock], first: &State) {
    let mut group = criterion.benchmark_group("decode");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4));
    group.throughput(Throughput::Bytes(support::size(raws)));
    group.bench_function(BenchmarkId::from_parameter(name), |bench| {
        bench.iter(|| decode(black_box(raws)))
    });
    group.finish();
    let mut group = criterion.benchmark_group("derive");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4));
    group.throughput(Throughput::Elements(raws.len() as u64));
    group.bench_function(BenchmarkId::from_parameter(name), |bench| {
        bench.iter_batched(
            || first.clone(),
            |state| derive(black_box(raws), state),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

fn bench(criterion: &mut Criterion) {
    for name in RECORDINGS {
        let folder = format!("akash-{name}");
        let first = support::first_state(&folder, None);
        bench_chain(criterion, name, &support::recorded(&folder), &first);
    }
    let first = support::first_state("akash-gridlocal-1", Some(support::CHAIN_ID));
    bench_chain(criterion, "synthetic-2000", &support::chain(BLOCKS, 1), &first);
}

criterion_group!(benches, bench);
criterion_main!(benches);
