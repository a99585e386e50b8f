//! Table `render_unknown_instructions`: what the decoder does not understand, in transactions of the mint.

use super::ONCHAIN;
use super::view::View;
use crate::chain::render::explain::Place;
use clickhouse::Row;
use gridproof_store::batch::TableRow;
use serde::{Deserialize, Serialize};

/// An instruction of a token program with an unknown tag, or with too few bytes or accounts.
#[derive(Clone, Debug, PartialEq, Eq, Row, Serialize, Deserialize)]
pub struct UnknownInstructionRow {
    /// `spl-token`, `token-2022`.
    pub program: String,
    /// First byte of its data; 255 for a broken Batch; 0 where there is no byte.
    pub tag: u8,
    /// Its accounts.
    pub accounts: Vec<String>,
    /// Its data, hex.
    pub data: String,
    /// `onchain`.
    pub evidence: String,
}

impl TableRow for UnknownInstructionRow {
    const TABLE: &'static str = "render_unknown_instructions";
}

/// The rows of a transaction.
pub(super) fn rows(view: &View<'_>) -> impl Iterator<Item = (Place, UnknownInstructionRow)> {
    view.explained.unknown.iter().map(|unknown| {
        let row = UnknownInstructionRow {
            program: unknown.program.name().to_owned(),
            tag: unknown.tag,
            accounts: unknown.accounts.clone(),
            data: hex::encode(&unknown.data),
            evidence: ONCHAIN.to_owned(),
        };
        (unknown.place, row)
    })
}
