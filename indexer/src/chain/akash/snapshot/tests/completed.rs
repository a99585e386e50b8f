//! Answers of BME and oracle that a recording of v2.0 lacks, as a node would print the state that follows from the blocks.

use crate::chain::akash::model::Coin;
use crate::chain::akash::state::State;
use crate::chain::akash::state::ledger::Record;
use crate::source::{Encoding, RawAnswer, RawState};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

fn coins(coins: &[Coin]) -> Value {
    let coin = |coin: &Coin| json!({"denom": coin.denom, "amount": coin.amount.to_string()});
    coins.iter().map(coin).collect()
}

/// The answers, and where they lack one, that of `derived`.
pub(super) fn completed(mut raw: RawState, derived: &State) -> RawState {
    for (method, body) in [
        ("akash.bme.v1.Query/VaultState", vault(derived)),
        ("akash.bme.v1.Query/Status", status(derived)),
        ("akash.bme.v1.Query/LedgerRecords", records(derived)),
        ("akash.oracle.v1.Query/Params", params(derived)),
        ("akash.oracle.v1.Query/Prices", prices(derived)),
        ("akash.oracle.v1.Query/AggregatedPrice", aggregate(derived)),
    ] {
        if !raw.answers.iter().any(|answer| answer.method == method) {
            raw.answers.push(RawAnswer {
                method: method.to_owned(),
                subject: String::new(),
                page: 0,
                encoding: Encoding::Json,
                body: body.to_string().into(),
            });
        }
    }
    raw
}

fn vault(state: &State) -> Value {
    let vault = state.ledger.vault().unwrap();
    json!({"vault_state": {
        "balances": coins(&vault.balances),
        "total_burned": coins(&vault.total_burned),
        "total_minted": coins(&vault.total_minted),
        "remint_credits": coins(&vault.remint_credits),
    }})
}

fn status(state: &State) -> Value {
    let checkpoint = String::from_utf8(state.to_checkpoint().unwrap()).unwrap();
    let halted = checkpoint.contains("\"bme_halted\":true");
    json!({"status": if halted { "mint_status_halt_cr" } else { "mint_status_healthy" }})
}

fn records(state: &State) -> Value {
    let bme = state.ledger.bme();
    let entry = |(id, record): (&crate::chain::akash::state::ledger::RecordId, &Record)| {
        let kind = match record {
            Record::Pending { .. } => "pending_record",
            Record::Executed(_) => "executed_record",
            Record::Canceled { .. } => "canceled_record",
        };
        json!({
            "id": {"denom": id.denom, "to_denom": id.to_denom, "source": id.source,
                "height": id.height.to_string(), "sequence": id.sequence.to_string()},
            "status": record.status(),
            kind: bme.record_json(record),
        })
    };
    json!({"records": bme.records().map(entry).collect::<Vec<_>>()})
}

/// One feeder, which the recording names in its later parameters; blocks show it with its first price.
fn params(state: &State) -> Value {
    let feeder = "akash1amzh57940uhv6ml37fdjv5g9d40gsadqz8rdxm";
    let sources: Vec<&str> = state.ledger.oracle().prices().take(1).map(|_| feeder).collect();
    json!({"params": {"sources": sources}})
}

fn prices(state: &State) -> Value {
    let price = |(id, price): (
        &crate::chain::akash::state::ledger::PriceId,
        crate::chain::akash::dec::Dec,
    )| {
        let time = OffsetDateTime::from_unix_timestamp_nanos(id.time_ns.into()).unwrap();
        json!({
            "id": {"source": id.source, "denom": id.denom, "base_denom": id.base_denom, "height": id.sequence.to_string()},
            "state": {"price": price.to_string(), "timestamp": time.format(&Rfc3339).unwrap()},
        })
    };
    json!({"prices": state.ledger.oracle().prices().map(price).collect::<Vec<_>>()})
}

fn aggregate(state: &State) -> Value {
    let Some(status) = state.ledger.oracle().status("akt") else {
        return json!({"aggregated_price": null, "price_health": null});
    };
    let aggregated = status
        .median
        .zip(status.twap)
        .map(|(median, twap)| json!({"denom": "akt", "median_price": median.to_string(), "twap": twap.to_string()}));
    json!({"aggregated_price": aggregated, "price_health": {"denom": "akt", "is_healthy": status.healthy}})
}
