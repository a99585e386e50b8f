//! Every recording decodes, to exactly what it says is in it.

use crate::chain::akash::decode::check_link;
use crate::chain::akash::testing::{RECORDINGS, blocks};

#[test]
fn every_height_decodes_and_links_to_the_one_before() {
    for recording in RECORDINGS {
        let blocks = blocks(recording);
        for pair in blocks.windows(2) {
            check_link(&pair[0].header, &pair[1].header).unwrap();
        }
        assert_eq!(blocks[0].header.height, 1, "{recording}");
        assert_eq!(blocks[0].header.parent_hash, "", "{recording}");
    }
}
