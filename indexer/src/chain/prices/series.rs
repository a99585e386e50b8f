//! Prices as a series: a round is an entry, a tick is a row.

use super::poll::{MAX_BYTES, Poll};
use super::row::PriceTickRow;
use crate::chain::{Fault, Rejected, SeriesKind};
use gridproof_store::batch::{Batch, Origin, SeriesIdentity};
use gridproof_store::state_db::StageKey;

/// The series of prices.
pub const PRICES: SeriesKind = SeriesKind {
    stage: StageKey::PRICES,
    decoder: 1,
    max_bytes: MAX_BYTES,
    derive,
};

/// The rows of one round: its ticks, in their order.
fn derive(origin: Origin, sequence: u64, document: &[u8]) -> Result<Batch, Rejected> {
    let poll = Poll::from_json(document).map_err(|error| Rejected::new(Fault::BadBody, sequence, &error))?;
    let mut batch = Batch::new(origin);
    for (item, tick) in (0_u32..).zip(poll.ticks()) {
        let identity = SeriesIdentity {
            sequence,
            observed_at_ms: poll.at_ms,
            item,
            height: poll.height,
        };
        batch
            .push(&identity, &PriceTickRow::from(tick))
            .map_err(|error| Rejected::new(Fault::Derive, sequence, &error))?;
    }
    Ok(batch)
}
