//! The RPC source as the truth of a live path: what it was told to forget, it lists anew.
#![allow(clippy::unwrap_used)]

mod solana_support;

use gridproof_indexer::source::RawWindow;
use gridproof_indexer::source::solana::SolanaSource;
use gridproof_indexer::source::solana::yellowstone::Truth;
use solana_support::{Chain, Node, Peer, address, source};

async fn listed(source: &SolanaSource, from: u64, to: u64) -> Vec<(u64, String)> {
    let listing = source.list(from, to).await.unwrap();
    listing
        .transactions
        .into_iter()
        .map(|t| (t.slot, t.signature))
        .collect()
}

fn chain() -> (Chain, Vec<String>) {
    let mut chain = Chain::of(1..=60);
    let a = address(1);
    for slot in [5, 17, 30, 31, 45] {
        chain.tx(slot, &[&a]);
    }
    (chain, vec![a])
}

#[tokio::test]
async fn what_a_node_lists_late_is_seen_after_the_range_was_forgotten() {
    let (chain, followed) = chain();
    let peer = Peer::start(Node::new(chain, 60)).await;
    let source = source(&[&peer], &followed);
    let before = listed(&source, 21, 40).await;
    assert_eq!(before.len(), 2);
    peer.lock().node.chain.tx(33, &[&followed[0]]);
    assert_eq!(listed(&source, 21, 40).await, before, "what is listed is kept");
    source.forget(21, 40).await;
    assert_eq!(
        listed(&source, 21, 40).await,
        peer.lock().node.chain.truth(&followed, 21, 40)
    );
    assert_eq!(before.len(), 2);
}

#[tokio::test]
async fn a_range_below_one_that_is_still_kept_is_listed_anew_too() {
    let (chain, followed) = chain();
    let peer = Peer::start(Node::new(chain, 60)).await;
    let source = source(&[&peer], &followed);
    let (newer, older) = (listed(&source, 41, 60).await, listed(&source, 21, 40).await);
    assert_eq!((newer.len(), older.len()), (1, 2));
    for slot in [33, 34] {
        peer.lock().node.chain.tx(slot, &[&followed[0]]);
        source.forget(21, 40).await;
        let truth = peer.lock().node.chain.truth(&followed, 21, 40);
        assert_eq!(listed(&source, 21, 40).await, truth, "as often as it is forgotten");
    }
    let pages = peer.count("getSignaturesForAddress");
    assert_eq!(listed(&source, 41, 60).await, newer);
    assert_eq!(
        peer.count("getSignaturesForAddress"),
        pages,
        "the newer range is still kept"
    );
    source.forget(41, 60).await;
    let truth = peer.lock().node.chain.truth(&followed, 1, 60);
    assert_eq!(listed(&source, 1, 60).await, truth);
}

#[tokio::test]
async fn a_listing_tells_what_was_asked_and_its_bodies_make_the_slots_of_the_range() {
    let (chain, followed) = chain();
    let peer = Peer::start(Node::new(chain.clone(), 60)).await;
    let source = source(&[&peer], &followed);
    let listing = source.list(1, 40).await.unwrap();
    let expected = RawWindow {
        from: 1,
        to: 40,
        block_time: listing.window.block_time,
        addresses: followed.clone(),
    };
    assert_eq!(listing.window, expected);
    let mut bodies = source.bodies(listing.transactions.clone()).await.unwrap();
    bodies.reverse();
    let slots = source.slots(&listing, bodies).unwrap();
    assert_eq!(solana_support::flat(&slots), chain.truth(&followed, 1, 40));
    assert_eq!(source.block_time(17).await.unwrap(), chain.blocks[&17].time.unwrap());
}
