//! The recorded RPC pairs and wire transactions. What is expected is written down here from what the requests were meant to do
//! (mint 760,567 and 15,000, pay 123.45678901, fund the burner with 10,109.57063522, burn 5,000 and the rest, a batch of 7 and 9
//! base units, a burn that fails), not from what the decoder says.

use super::{Rows, rows};
use crate::chain::render::RenderRules;
use crate::chain::render::decode::{Fault, decode_slot};
use crate::chain::render::epochs::EpochTable;
use crate::chain::render::testing::body::key;
use crate::chain::render::testing::{json, raw_slot, raw_transaction, transaction};
use crate::chain::render::watch::{Role, WatchAccount, WatchSet};
use serde_json::{Value, json as value};
use std::collections::BTreeMap;

const MINT: &str = "EdmxWPmx2WH6WgFfTdu9xfkYf3k1g5wD1zccTVySEEh1";
const PAYER: &str = "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9";
const TREASURY: &str = "AS4agAYaHGkZ7qvSRkNeNjPcoricha1WhSko5qv28eLY";
const NODE: &str = "GC1MVbcrUdp13NjBB3H3cQWg5ERDVDP3NcC1XjuxsuxB";
const NODE_OWNER: &str = "9hSR6S7WPtxmTojgo6GG3k4yDPecgJY292j7xrsUGWBu";
const BURNER: &str = "BW6GAT1EsPR5sPEzLefSBhGSbfpkJmGG1M9ShhQZnQMn";
const BURNER_OWNER: &str = "GyGKxMyg1p9SsHfm15MkNUu1u9TN2JtTspcdmrtGUdse";

fn rules() -> RenderRules {
    let account = |address: &str, owner: &str, role| WatchAccount {
        address: address.to_owned(),
        owner: owner.to_owned(),
        role,
        subnet: String::new(),
        label: String::new(),
        evidence: String::new(),
        valid_from_slot: 0,
        valid_to_slot: None,
    };
    RenderRules {
        chain_id: "local".to_owned(),
        watch: WatchSet {
            mint: MINT.to_owned(),
            decimals: 8,
            follow_mint: true,
            accounts: vec![
                account(TREASURY, PAYER, Role::PayoutWork),
                account(BURNER, BURNER_OWNER, Role::Burn),
            ],
        },
        epochs: EpochTable::mainnet(),
    }
}

/// Kind, instruction, account that lost, account that gained, base units, index in the batch.
type Event = (&'static str, &'static str, &'static str, &'static str, u64, i8);
/// Account, owner, before (none: new), after.
type Change = (&'static str, &'static str, Option<u64>, u64);

struct Expected {
    class: &'static str,
    memo: &'static str,
    events: &'static [Event],
    changes: &'static [Change],
}

/// In the order in which they were sent.
const EXPECTED: [Expected; 10] = [
    Expected {
        class: "none",
        memo: "",
        events: &[],
        changes: &[],
    },
    Expected {
        class: "none",
        memo: "",
        events: &[],
        changes: &[
            (TREASURY, PAYER, None, 0),
            (BURNER, BURNER_OWNER, None, 0),
            (NODE, NODE_OWNER, None, 0),
        ],
    },
    Expected {
        class: "emission_mint",
        memo: "",
        events: &[("mint", "mintTo", "", TREASURY, 76_056_700_000_000, -1)],
        changes: &[(TREASURY, PAYER, Some(0), 76_056_700_000_000)],
    },
    Expected {
        class: "emission_mint",
        memo: "",
        events: &[("mint", "mintToChecked", "", TREASURY, 1_500_000_000_000, -1)],
        changes: &[(TREASURY, PAYER, Some(76_056_700_000_000), 77_556_700_000_000)],
    },
    Expected {
        class: "node_work_reward",
        memo: "",
        events: &[("transfer", "transferChecked", TREASURY, NODE, 12_345_678_901, -1)],
        changes: &[
            (TREASURY, PAYER, Some(77_556_700_000_000), 77_544_354_321_099),
            (NODE, NODE_OWNER, Some(0), 12_345_678_901),
        ],
    },
    Expected {
        class: "job_payment",
        memo: "",
        events: &[("transfer", "transfer", TREASURY, BURNER, 1_010_957_063_522, -1)],
        changes: &[
            (TREASURY, PAYER, Some(77_544_354_321_099), 76_533_397_257_577),
            (BURNER, BURNER_OWNER, Some(0), 1_010_957_063_522),
        ],
    },
    Expected {
        class: "job_burn",
        memo: "{\"epoch\":97}",
        events: &[("burn", "burn", BURNER, "", 500_000_000_000, -1)],
        changes: &[(BURNER, BURNER_OWNER, Some(1_010_957_063_522), 510_957_063_522)],
    },
    Expected {
        class: "job_burn",
        memo: "",
        events: &[("burn", "burnChecked", BURNER, "", 510_957_063_522, -1)],
        changes: &[(BURNER, BURNER_OWNER, Some(510_957_063_522), 0)],
    },
    Expected {
        class: "node_work_reward",
        memo: "",
        events: &[
            ("transfer", "transfer", TREASURY, NODE, 7, 0),
            ("transfer", "transferChecked", TREASURY, NODE, 9, 1),
        ],
        changes: &[
            (TREASURY, PAYER, Some(76_533_397_257_577), 76_533_397_257_561),
            (NODE, NODE_OWNER, Some(12_345_678_901), 12_345_678_917),
        ],
    },
    Expected {
        class: "failed",
        memo: "",
        events: &[],
        changes: &[],
    },
];

fn check(found: &Rows, expected: &Expected) {
    let row = &found.transaction;
    assert_eq!((row.class.as_str(), row.memo.as_str()), (expected.class, expected.memo));
    assert_eq!(
        (row.failed == 1, row.error.is_empty()),
        (expected.class == "failed", expected.class != "failed")
    );
    assert_eq!(
        (row.events, row.unexplained, row.unknown_instructions),
        (expected.events.len() as u32, 0, 0)
    );
    let events: Vec<_> = found
        .events
        .iter()
        .map(|one| {
            (
                one.kind.as_str(),
                one.instruction.as_str(),
                one.source_account.as_str(),
                one.dest_account.as_str(),
                one.amount,
            )
        })
        .collect();
    let wanted: Vec<_> = expected
        .events
        .iter()
        .map(|one| (one.0, one.1, one.2, one.3, one.4))
        .collect();
    assert_eq!(events, wanted);
    for (one, wanted) in found.events.iter().zip(expected.events) {
        assert_eq!(
            (one.via_batch == 1, one.via_cpi, one.tx_version),
            (wanted.5 >= 0, 0, -1)
        );
        assert_eq!(
            (one.mint.as_str(), one.program.as_str(), one.decimals),
            (MINT, "spl-token", 8)
        );
        let signer = if one.kind == "burn" { BURNER_OWNER } else { PAYER };
        assert_eq!(one.authority, signer);
    }
    let changes: BTreeMap<_, _> = found
        .changes
        .iter()
        .map(|one| {
            (
                one.account.as_str(),
                (one.owner.as_str(), (one.created == 0).then_some(one.pre), one.post),
            )
        })
        .collect();
    let wanted: BTreeMap<_, _> = expected
        .changes
        .iter()
        .map(|one| (one.0, (one.1, one.2, one.3)))
        .collect();
    assert_eq!(changes, wanted);
}

fn pairs() -> Vec<Value> {
    json("render-rpc/surfpool_rpc_fixtures.json")
        .as_array()
        .unwrap()
        .clone()
}

fn bodies(pairs: &[Value], encoding: &str) -> Vec<(String, Value)> {
    let wanted = |pair: &&Value| {
        pair["method"] == "getTransaction"
            && pair["params"][1]["encoding"] == encoding
            && !pair["response"]["result"].is_null()
    };
    let body = |pair: &Value| {
        (
            pair["params"][0].as_str().unwrap().to_owned(),
            pair["response"]["result"].clone(),
        )
    };
    pairs.iter().filter(wanted).map(body).collect()
}

#[test]
fn every_recorded_transaction_gives_the_expected_rows_in_both_encodings() {
    let pairs = pairs();
    assert_eq!(pairs.len(), 67);
    for encoding in ["json", "base64"] {
        let mut bodies = bodies(&pairs, encoding);
        // One was asked for once more, without a commitment: it must give the same again.
        let again = (encoding == "json").then(|| bodies.pop().unwrap());
        assert_eq!(bodies.len(), EXPECTED.len(), "{encoding}");
        for ((signature, body), expected) in bodies.iter().zip(&EXPECTED) {
            let slot = body["slot"].as_u64().unwrap();
            check(&rows(&rules(), slot, &transaction(body, signature)), expected);
        }
        if let Some((signature, body)) = again {
            check(&rows(&rules(), 248, &transaction(&body, &signature)), &EXPECTED[6]);
        }
    }
}

#[test]
fn a_transaction_that_the_node_does_not_have_is_unknown() {
    let pairs = pairs();
    let null = pairs.iter().rfind(|pair| pair["method"] == "getTransaction").unwrap();
    let mut raw = raw_transaction(
        &value!({"blockTime": 1_790_000_000}),
        null["params"][0].as_str().unwrap(),
    );
    raw.body = null["response"]["result"].to_string().into();
    let error = decode_slot(&raw_slot(1, vec![raw])).unwrap_err();
    assert!(matches!(error.fault, Fault::Unknown("the transaction")), "{error}");
}

#[test]
fn the_failed_burn_keeps_its_reason_and_moves_nothing() {
    let (signature, body) = bodies(&pairs(), "json").remove(9);
    let row = rows(&rules(), 341, &transaction(&body, &signature)).transaction;
    assert_eq!(row.error, "{\"InstructionError\":[0,{\"Custom\":1}]}");
    assert_eq!(
        (row.failed, row.fee, row.fee_payer.as_str(), row.compute_units),
        (1, 10_000, PAYER, Some(220))
    );
}

#[test]
fn the_recorded_wire_transactions_give_the_expected_rows() {
    // The file holds what was signed, not what came of it: balances are those that each was meant to leave behind.
    for (one, expected) in json("render-rpc/litesvm_render_like_txs.json")
        .as_array()
        .unwrap()
        .iter()
        .zip(&EXPECTED)
    {
        let signature = one["signature"].as_str().unwrap();
        let mut body = value!({
            "slot": 5, "blockTime": 1_790_000_000, "version": "legacy", "transaction": [one["tx_base64"], "base64"],
            "meta": {"err": null, "fee": 5000, "innerInstructions": [], "preTokenBalances": [], "postTokenBalances": []},
        });
        let keys = transaction(&body, signature).keys;
        for (account, owner, before, after) in expected.changes {
            let index = keys.iter().position(|key| key == account).unwrap();
            let entry = |amount: u64| {
                value!({"accountIndex": index, "mint": MINT, "owner": owner,
                "uiTokenAmount": {"amount": amount.to_string(), "decimals": 8}})
            };
            if let Some(before) = before {
                body["meta"]["preTokenBalances"]
                    .as_array_mut()
                    .unwrap()
                    .push(entry(*before));
            }
            body["meta"]["postTokenBalances"]
                .as_array_mut()
                .unwrap()
                .push(entry(*after));
        }
        check(&rows(&rules(), 5, &transaction(&body, signature)), expected);
    }
}

#[test]
fn a_mint_of_other_decimals_than_watched_stops() {
    let (signature, body) = bodies(&pairs(), "json").remove(4);
    let mut rules = rules();
    rules.watch.decimals = 6;
    let transaction = transaction(&body, &signature);
    let error = super::View::new(&rules, 186, &transaction).err().unwrap();
    assert!(error.to_string().contains("8 decimals"), "{error}");
    rules.watch.mint = key("another");
    assert!(
        super::View::new(&rules, 186, &transaction).is_ok(),
        "other mints are not ours"
    );
}
