//! A state of mainnet's order is held in about the memory of its pages.
#![allow(clippy::unwrap_used)]

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use gridproof_indexer::source::replay::{
    BookBlock, Held, Objects, Question, StateBook, StateOptions, Totals, serve_book,
};
use gridproof_indexer::source::{Encoding, QueryConfig, StateHeight, StateQuery, StateSource};

const LEASES: usize = 200_000;
const METHOD: &str = "akash.market.v1beta5.Query/Leases";
/// Bytes of a lease with its payment, as recorded ones have them.
const LEASE_BYTES: usize = 390;

/// Leases that are made when they are asked for: the node must not cost what is measured.
struct Leases;

impl Objects for Leases {
    fn count(&self) -> usize {
        LEASES
    }

    fn object(&self, index: usize) -> Bytes {
        let id = format!("akash1owner{index:039}");
        let mut inner = vec![0x0a, id.len() as u8];
        inner.extend_from_slice(id.as_bytes());
        let mut lease = vec![0x0a, inner.len() as u8];
        lease.extend_from_slice(&inner);
        let filler = LEASE_BYTES - lease.len() - 3;
        let mut out = vec![0x0a, lease.len() as u8];
        out.extend_from_slice(&lease);
        out.push(0x12);
        prost::encode_length_delimiter(filler, &mut out).unwrap();
        out.resize(out.len() + filler, index as u8);
        out.into()
    }
}

struct Book;

impl StateBook for Book {
    fn chain_id(&self) -> &str {
        "large-1"
    }
    fn heights(&self) -> RangeInclusive<u64> {
        1..=100
    }
    fn block(&self, _: u64) -> Option<BookBlock> {
        Some(BookBlock {
            hash: "AB".repeat(32),
            time: "2026-11-23T10:00:00Z".to_owned(),
        })
    }
    fn has(&self, height: u64, encoding: Encoding) -> bool {
        (height, encoding) == (100, Encoding::Proto)
    }
    fn find(&self, question: &Question<'_>) -> Option<Held> {
        if question.method.contains("bme") || question.method.contains("gov") || question.method.contains("epochs") {
            return None;
        }
        let list = |objects: Arc<dyn Objects>| Held::List {
            objects,
            items: "",
            totals: Totals::OfPage,
            unlimited: false,
        };
        Some(match question.method {
            METHOD => list(Arc::new(Leases)),
            method if method.ends_with("Params") => Held::Whole(Bytes::new()),
            _ => list(Arc::new(Vec::<Bytes>::new())),
        })
    }
    fn pagination_field(&self, method: &str) -> Option<u32> {
        match method {
            "akash.escrow.v1.Query/Accounts" => Some(5),
            "akash.escrow.v1.Query/Payments" => Some(6),
            "akash.provider.v1beta4.Query/Providers" | "cosmos.bank.v1beta1.Query/TotalSupply" => Some(1),
            _ => Some(2),
        }
    }
}

/// Resident memory of this process, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_thousand_leases_cost_about_what_their_pages_weigh() {
    let node = serve_book(Arc::new(Book), StateOptions::default()).await.unwrap();
    let mut config = QueryConfig::new("large-1", [node.grpc_url()], []);
    config.limits.pace = Duration::ZERO;
    let query = StateQuery::new(config).unwrap();
    let (before, started) = (resident(), Instant::now());
    let state = query.state(StateHeight::Recent, &|_| {}).await.unwrap();
    let grown = resident().saturating_sub(before);
    let bytes: u64 = state.answers.iter().map(|answer| answer.body.len() as u64).sum();
    println!(
        "{LEASES} leases: {} pages, {} MiB of pages, {} MiB more resident, {:?}",
        state.pages(METHOD).count(),
        bytes >> 20,
        grown >> 20,
        started.elapsed()
    );
    assert_eq!(state.pages(METHOD).count(), 200);
    assert!(bytes > (LEASES * LEASE_BYTES) as u64);
    assert!(
        grown < bytes + bytes / 2 + (32 << 20),
        "{grown} bytes more for {bytes} bytes of pages"
    );
}
