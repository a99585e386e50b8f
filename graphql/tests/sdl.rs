//! The schema as a file that reviewers read and clients generate code from: it changes only on purpose.
#![allow(clippy::unwrap_used)]

/// `GRIDPROOF_UPDATE=1 cargo test -p gridproof-graphql --test sdl` writes it anew.
#[test]
fn the_committed_schema_is_the_one_that_is_served() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql");
    let served = gridproof_graphql::sdl();
    if std::env::var_os("GRIDPROOF_UPDATE").is_some() {
        std::fs::write(path, &served).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap();
    assert!(
        committed == served,
        "graphql/schema.graphql is out of date; run this test with GRIDPROOF_UPDATE=1"
    );
}
