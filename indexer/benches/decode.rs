//! Decode and derive speed, on recordings of real nodes and on a generated chain.
//!
//! `decode/*` is bytes of RPC JSON to blocks, `facts/*` blocks to encoded rows, `derive/*` both.

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use gridproof_indexer::chain::akash::decode::decode_block;
use gridproof_indexer::chain::akash::facts;
use gridproof_indexer::chain::akash::model::Block;
use gridproof_indexer::source::RawBlock;
use gridproof_store::batch::{Batch, Origin};
use std::hint::black_box;
use std::time::Duration;

fn batch() -> Batch {
    Batch::new(Origin {
        network: "bench".to_owned(),
        chain_id: "bench".to_owned(),
    })
}

fn decode_all(raws: &[RawBlock]) -> Vec<Block> {
    raws.iter().map(|raw| decode_block(raw).unwrap()).collect()
}

fn derive_all(blocks: &[Block]) -> Batch {
    let mut batch = batch();
    blocks
        .iter()
        .for_each(|block| facts::derive(block, &mut batch).unwrap());
    batch
}

fn full(raws: &[RawBlock]) -> Batch {
    let mut batch = batch();
    for raw in raws {
        facts::derive(&decode_block(raw).unwrap(), &mut batch).unwrap();
    }
    batch
}

fn bench(criterion: &mut Criterion) {
    let chains = [
        ("gridlocal-1", support::recorded("akash-gridlocal-1")),
        ("gridlocal-v038", support::recorded("akash-gridlocal-v038")),
        ("synthetic-2000", support::chain(2_000, 1)),
    ];
    for (name, raws) in &chains {
        let blocks = decode_all(raws);
        let mut group = criterion.benchmark_group("decode");
        group.sample_size(10).measurement_time(Duration::from_secs(6));
        group.throughput(Throughput::Bytes(support::size(raws)));
        group.bench_function(BenchmarkId::from_parameter(name), |bench| {
            bench.iter(|| decode_all(black_box(raws)))
        });
        group.finish();
        let mut group = criterion.benchmark_group("facts");
        group.sample_size(10).measurement_time(Duration::from_secs(6));
        group.throughput(Throughput::Elements(blocks.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(name), |bench| {
            bench.iter_batched(|| (), |()| derive_all(black_box(&blocks)), BatchSize::LargeInput);
        });
        group.finish();
        let mut group = criterion.benchmark_group("derive");
        group.sample_size(10).measurement_time(Duration::from_secs(6));
        group.throughput(Throughput::Elements(blocks.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(name), |bench| {
            bench.iter(|| full(black_box(raws)))
        });
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
