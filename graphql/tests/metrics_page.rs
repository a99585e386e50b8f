//! What the numbers mean is published: the page must say what the program computes.
#![allow(clippy::unwrap_used)]

/// `UPDATE_DOCS=1 cargo test -p gridproof-graphql --test metrics_page` writes it anew.
#[test]
fn the_committed_page_is_the_one_that_the_definitions_give() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/metrics.md");
    let written = gridproof_graphql::metrics_page().unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &written).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap();
    assert!(
        committed == written,
        "docs/metrics.md is out of date; run this test with UPDATE_DOCS=1"
    );
}
