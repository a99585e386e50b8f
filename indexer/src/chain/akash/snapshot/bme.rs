//! The burn-mint equilibrium: vault, status, records (v2.0.0+).

use super::error::SnapshotError;
use super::ledger::{ledger_height, totals};
use super::market::{address, need, twice};
use super::read::{Answers, Query, Spot};
use super::wire;
use crate::chain::akash::decode::message::convert;
use crate::chain::akash::decode::{FieldError, text};
use crate::chain::akash::proto::json::cancel_reason_name;
use crate::chain::akash::state::ledger::{BmeStart, CoinPrice, Executed, Record, RecordId};
use std::collections::BTreeMap;

pub(super) const VAULT: Query = Query {
    method: "akash.bme.v1.Query/VaultState",
    list: "",
};
pub(super) const STATUS: Query = Query {
    method: "akash.bme.v1.Query/Status",
    list: "",
};
pub(super) const RECORDS: Query = Query {
    method: "akash.bme.v1.Query/LedgerRecords",
    list: "records",
};

const UACT: &str = "uact";

/// Before the module is, its account may hold coins.
pub(super) fn before(held: BTreeMap<String, i128>) -> BmeStart {
    BmeStart {
        held,
        active: false,
        // As for a chain that has no BME yet: a fresh one has no collateral.
        halted: true,
        ..BmeStart::default()
    }
}

/// Reads vault, status and records.
pub(super) fn read(answers: &Answers<'_>, supply: &BTreeMap<String, i128>) -> Result<BmeStart, SnapshotError> {
    for query in [VAULT, STATUS, RECORDS] {
        answers.need(query)?;
    }
    let mut start = BmeStart {
        active: true,
        ..BmeStart::default()
    };
    answers.single(VAULT, |spot, found: wire::VaultAnswer| {
        vault(&mut start, found).map_err(|error| spot.field("vault", error))?;
        let (shown, all) = (
            start.held.remove(UACT).unwrap_or(0),
            supply.get(UACT).copied().unwrap_or(0),
        );
        // The vault answers the whole supply of ACT for its own balance of it.
        if shown != all {
            return Err(spot.unfit("vault", format!("it shows {shown} {UACT}, and the supply is {all}")));
        }
        Ok(())
    })?;
    answers.single(STATUS, |spot, found: wire::BmeStatus| {
        start.halted = match found.status {
            1 | 2 => false,
            3 | 4 => true,
            other => {
                let error = FieldError::invalid("status", "a known mint status", &other.to_string());
                return Err(spot.field("status", error));
            }
        };
        Ok(())
    })?;
    answers.each(RECORDS, |spot, entry: wire::RecordEntry| {
        let (id, key) = record_id(spot, entry.id.clone(), answers.raw.height)?;
        let record = record(entry).map_err(|error| spot.field(&key, error))?;
        match start.records.insert(id, record) {
            None => Ok(()),
            Some(_) => Err(twice(spot, &key)),
        }
    })?;
    Ok(start)
}

fn vault(start: &mut BmeStart, found: wire::VaultAnswer) -> Result<(), FieldError> {
    let state = need("vault_state", found.vault_state)?;
    start.held = totals("balances", state.balances)?;
    start.total_burned = totals("total_burned", state.total_burned)?;
    start.total_minted = totals("total_minted", state.total_minted)?;
    start.remint_credits = totals("remint_credits", state.remint_credits)?;
    Ok(())
}

fn record_id(
    spot: &Spot,
    id: Option<crate::chain::akash::proto::LedgerRecordId>,
    height: u64,
) -> Result<(RecordId, String), SnapshotError> {
    let id = need("id", id).map_err(|error| spot.field("", error))?;
    let key = format!(
        "{}/{}/{}/{}/{}",
        id.denom, id.to_denom, id.source, id.height, id.sequence
    );
    let key: String = key.chars().take(400).collect();
    let field = |error| spot.field(&key, error);
    let sequence = u64::try_from(id.sequence);
    let record = RecordId {
        denom: text::denom("id.denom", &id.denom).map_err(field)?,
        to_denom: text::denom("id.to_denom", &id.to_denom).map_err(field)?,
        height: ledger_height(spot, &key, id.height, height)?,
        sequence: sequence.map_err(|_| {
            field(FieldError::invalid(
                "id.sequence",
                "a number from zero on",
                &id.sequence.to_string(),
            ))
        })?,
        source: id.source,
    };
    address("id.source", &record.source).map_err(field)?;
    Ok((record, key))
}

fn record(entry: wire::RecordEntry) -> Result<Record, FieldError> {
    match (
        entry.status,
        entry.pending_record,
        entry.executed_record,
        entry.canceled_record,
    ) {
        (1, Some(pending), None, None) => Ok(Record::Pending {
            owner: pending.owner,
            to: pending.to,
            burn: convert::coin("pending_record.coins_to_burn", pending.coins_to_burn)?,
            mint_denom: pending.denom_to_mint,
        }),
        (2, None, Some(found), None) => Ok(Record::Executed(Box::new(executed(found)?))),
        (3, None, None, Some(canceled)) => Ok(Record::Canceled {
            owner: canceled.owner,
            to: canceled.to,
            burn: convert::coin("canceled_record.coins_to_burn", canceled.coins_to_burn)?,
            mint_denom: canceled.denom_to_mint,
            reason: cancel_reason_name(canceled.cancel_reason),
        }),
        (status, ..) => {
            let expected = "a known status with the one record of its kind";
            Err(FieldError::invalid("status", expected, &status.to_string()))
        }
    }
}

fn executed(found: wire::ExecutedRecord) -> Result<Executed, FieldError> {
    Ok(Executed {
        burned_from: found.burned_from,
        minted_to: found.minted_to,
        burner: found.burner,
        minter: found.minter,
        burned: priced("executed_record.burned", found.burned)?,
        minted: priced("executed_record.minted", found.minted)?,
        spread: convert::coin("executed_record.spread", found.spread)?,
        remint_credit_issued: priced("executed_record.remint_credit_issued", found.remint_credit_issued)?,
        remint_credit_accrued: priced("executed_record.remint_credit_accrued", found.remint_credit_accrued)?,
    })
}

fn priced(field: &'static str, found: Option<wire::CoinPrice>) -> Result<Option<CoinPrice>, FieldError> {
    let one = |found: wire::CoinPrice| {
        Ok(CoinPrice {
            coin: convert::coin(field, found.coin)?,
            price: text::decimal_wire(field, &found.price)?,
        })
    };
    found.map(one).transpose()
}
