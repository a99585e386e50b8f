//! The Merkle tree over a block's transactions, as CometBFT builds it (RFC 6962 with SHA-256).

use sha2::{Digest, Sha256};

const LEAF: u8 = 0;
const INNER: u8 = 1;

/// The `data_hash` of a block: root over the SHA-256 hashes of its transactions' bytes. No transaction:
/// SHA-256 of nothing.
pub fn transactions_root(leaves: &[[u8; 32]]) -> [u8; 32] {
    let hashes: Vec<[u8; 32]> = leaves.iter().map(|leaf| prefixed(LEAF, &[leaf])).collect();
    subtree(&hashes)
}

// The depth is the logarithm of the number of leaves, so this recursion is bounded.
fn subtree(hashes: &[[u8; 32]]) -> [u8; 32] {
    match hashes {
        [] => Sha256::digest([]).into(),
        [only] => *only,
        _ => {
            // The left side takes the largest power of two below the number of leaves.
            let split = (hashes.len().div_ceil(2)).next_power_of_two();
            let (left, right) = hashes.split_at(split);
            prefixed(INNER, &[&subtree(left), &subtree(right)])
        }
    }
}

fn prefixed(prefix: u8, parts: &[&[u8; 32]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update([prefix]);
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}
