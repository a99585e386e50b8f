//! Whatever bytes come, the decoder answers with a block or an error.

use super::change::raw_at;
use crate::chain::akash::decode::decode_block;
use crate::chain::akash::facts;
use crate::chain::akash::gpu::Gpu;
use crate::source::RawBlock;
use bytes::Bytes;
use gridproof_store::batch::{Batch, Origin};
use proptest::prelude::*;
use std::sync::LazyLock;

static OLD: LazyLock<RawBlock> = LazyLock::new(|| raw_at("akash-gridlocal-v038", 105));
static NEW: LazyLock<RawBlock> = LazyLock::new(|| raw_at("akash-gridlocal-1", 41));

/// Decodes and derives; only a panic fails.
fn survive(raw: &RawBlock) {
    if let Ok(block) = decode_block(raw) {
        let origin = Origin {
            network: "n".to_owned(),
            chain_id: "c".to_owned(),
        };
        facts::derive(&block, &mut Batch::new(origin)).expect("a decoded block has rows");
    }
}

fn with(raw: &RawBlock, which: u8, bytes: Vec<u8>) -> RawBlock {
    let bytes = Bytes::from(bytes);
    match which % 3 {
        0 => RawBlock {
            meta: bytes,
            ..raw.clone()
        },
        1 => RawBlock {
            block: Some(bytes),
            ..raw.clone()
        },
        _ => RawBlock {
            results: bytes,
            ..raw.clone()
        },
    }
}

fn body(raw: &RawBlock, which: u8) -> Vec<u8> {
    match which % 3 {
        0 => raw.meta.to_vec(),
        1 => raw.block.as_ref().expect("has transactions").to_vec(),
        _ => raw.results.to_vec(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn random_bytes_never_panic(which: u8, bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        survive(&with(&NEW, which, bytes));
    }

    #[test]
    fn changed_bytes_never_panic(
        which: u8,
        old: bool,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let raw = if old { &*OLD } else { &*NEW };
        let mut bytes = body(raw, which);
        for (index, byte) in changes {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        survive(&with(raw, which, bytes));
    }

    #[test]
    fn digits_and_letters_swapped_inside_values_never_panic(
        old: bool,
        at: prop::sample::Index,
        text in "[-0-9a-z{}\\[\\]\\\\\"/,.:+= ]{1,30}",
    ) {
        let raw = if old { &*OLD } else { &*NEW };
        let mut bytes = body(raw, 2);
        let at = at.index(bytes.len());
        let end = (at + text.len()).min(bytes.len());
        bytes.splice(at..end, text.into_bytes());
        survive(&with(raw, 2, bytes));
    }

    #[test]
    fn gpu_keys_never_panic_and_keep_their_parts(key in "(capabilities/gpu/)?[a-z/*0-9]{0,40}", more in ".{0,40}") {
        for key in [key.clone(), more, format!("vendor/{key}/model/{key}")] {
            if let Some(gpu) = Gpu::parse(&key) {
                prop_assert!(!gpu.vendor.is_empty() && !gpu.model.is_empty());
            }
        }
    }
}
