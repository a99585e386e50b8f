//! What naive indexers of Solana get wrong (reference, section 7), as far as it is the decoder's: a test by name each.

use super::{rows, rows_of};
use crate::chain::render::RenderRules;
use crate::chain::render::decode::{Fault, decode_slot};
use crate::chain::render::testing::body::{
    Body, SLOT, TIME, TOKEN, batch_of, checked, key, plain, rules_of_names, watched,
};
use crate::chain::render::testing::{batch, json, pairs, raw_slot, raw_transaction, transaction};
use crate::chain::render::watch::{Role, WatchError, WatchSet};
use serde_json::{Value, json as value};

fn burn() -> Body {
    Body::new()
        .call(TOKEN, &["burn", "mint", "payer"], &plain(8, 40))
        .balance("burn", "burn.owner", Some(100), Some(60))
}

fn refused(body: &Value, signature: &str) -> Fault {
    let mut raw = raw_transaction(&value!({"blockTime": TIME}), signature);
    raw.body = body.to_string().into();
    decode_slot(&raw_slot(SLOT, vec![raw])).unwrap_err().fault
}

#[test]
fn pitfall_01_a_version_that_is_not_known_stops_and_version_1_is_known() {
    let body = burn();
    let row = rows(
        &rules_of_names(),
        SLOT,
        &transaction(&body.version_1(), &body.signature()),
    );
    assert_eq!(
        (row.transaction.version, row.events[0].amount, row.events[0].tx_version),
        (1, 40, 1)
    );
    let mut later = body.json();
    later["version"] = 2.into();
    assert!(matches!(refused(&later, &body.signature()), Fault::Version(version) if version == "2"));
    let mut wire = body.base64();
    wire["transaction"][0] = "AQ==".into();
    wire["version"] = 7.into();
    assert!(matches!(refused(&wire, &body.signature()), Fault::Version(_)));
}

#[test]
fn pitfall_02_batches_and_inner_instructions_count_and_logs_do_not() {
    let parts = batch_of(&[(3, plain(8, 7)), (4, checked(12, 9))]);
    let body = Body::new()
        .call(TOKEN, &["burn", "mint", "payer", "burn", "mint", "a", "payer"], &parts)
        .call("squads", &["payer"], &[1])
        .inner(TOKEN, &["burn", "mint", "payer"], &plain(8, 4))
        .inner(TOKEN, &["burn", "mint", "payer"], &batch_of(&[(3, plain(8, 1))]))
        .balance("burn", "burn.owner", Some(100), Some(79))
        .balance("a", "alice", Some(0), Some(9));
    let mut silent = body.json();
    silent["meta"]["logMessages"] = Value::Null;
    let rows = rows(&rules_of_names(), SLOT, &transaction(&silent, &body.signature()));
    let found: Vec<_> = rows
        .events
        .iter()
        .map(|one| (one.kind.as_str(), one.amount, one.via_cpi, one.via_batch))
        .collect();
    let expected = [
        ("burn", 7, 0, 1),
        ("transfer", 9, 0, 1),
        ("burn", 4, 1, 0),
        ("burn", 1, 1, 1),
    ];
    assert_eq!(found, expected);
    assert_eq!(rows.transaction.unexplained, 0);
}

#[test]
fn pitfall_03_a_plain_transfer_has_no_mint_key_and_is_found_by_its_accounts() {
    let body = Body::new()
        .call(TOKEN, &["customer", "burn", "payer"], &plain(3, 5))
        .balance("customer", "c", Some(5), Some(0))
        .balance("burn", "burn.owner", Some(0), Some(5));
    let transaction = body.transaction();
    assert!(!transaction.keys.contains(&key("mint")));
    let event = rows_of(&body).events.remove(0);
    assert_eq!(
        (event.mint, event.class.as_str(), event.amount),
        (key("mint"), "job_payment", 5)
    );
    // The recorded node agrees: its list for the mint lacks the plain transfer, its list for the account has it.
    let file = json("render-rpc/surfpool_rpc_fixtures.json");
    let lists: Vec<usize> = file
        .as_array()
        .unwrap()
        .iter()
        .filter(|pair| pair["method"] == "getSignaturesForAddress")
        .map(|pair| {
            let plain = "iyWHM8wEwU8cbAgKqsapGZw3QSSRZBdjra4LGPJmy9mVRHyBkit7Q5T6XuLxASa4hLfdQWfBdKAgzD5SBdT5uJZ";
            let list = pair["response"]["result"].as_array().unwrap();
            list.iter().filter(|one| one["signature"] == plain).count()
        })
        .collect();
    assert_eq!(lists, [0, 1]);
}

#[test]
fn pitfall_04_indexes_run_over_static_then_loaded_writable_then_loaded_readonly_keys() {
    let body = Body::new()
        .loads(&["burn", "a"], &["mint"])
        .call(TOKEN, &["burn", "mint", "a", "payer"], &checked(12, 3))
        .balance("burn", "burn.owner", Some(9), Some(6))
        .balance("a", "alice", Some(0), Some(3));
    for encoded in [body.json(), body.base64()] {
        let rows = rows(&rules_of_names(), SLOT, &transaction(&encoded, &body.signature()));
        let event = &rows.events[0];
        assert_eq!((&event.source_account, &event.dest_account), (&key("burn"), &key("a")));
        assert_eq!(
            (&event.source_owner, &event.dest_owner),
            (&key("burn.owner"), &key("alice"))
        );
        assert_eq!((event.tx_version, rows.transaction.unexplained), (0, 0));
    }
}

#[test]
fn pitfall_05_failed_transactions_have_no_effect_and_amounts_are_never_floats() {
    let mut failed = Body::new()
        .call(TOKEN, &["burn", "mint", "payer"], &plain(8, 40))
        .balance("burn", "burn.owner", Some(100), Some(100));
    failed.err = value!({"InstructionError": [0, "Custom"]});
    let failed = rows_of(&failed);
    assert_eq!(
        (
            failed.transaction.class.as_str(),
            failed.events.len(),
            failed.changes.len()
        ),
        ("failed", 0, 0)
    );
    // Above 2^53 a float would round: this amount ends in 1.
    let large = 53_687_091_200_000_001_u64;
    let body = Body::new()
        .call(TOKEN, &["mint", "treasury", "payer"], &plain(7, large))
        .balance("treasury", "treasury.owner", Some(0), Some(large));
    let rows = rows_of(&body);
    assert_eq!(
        (
            rows.events[0].amount,
            rows.changes[0].post,
            rows.transaction.unexplained
        ),
        (large, large, 0)
    );
    assert_ne!(large as f64 as u64, large);
}

#[test]
fn pitfall_06_a_burn_is_revenue_only_out_of_a_burn_wallet_that_counts_in_its_slot() {
    let class = |rules: &RenderRules, slot| rows(rules, slot, &burn().transaction()).events.remove(0).class;
    let mut rules = rules_of_names();
    assert_eq!(class(&rules, SLOT), "job_burn");
    let wallet = rules
        .watch
        .accounts
        .iter_mut()
        .find(|one| one.role == Role::Burn)
        .unwrap();
    (wallet.valid_from_slot, wallet.valid_to_slot) = (2_000, Some(3_000));
    let classes: Vec<String> = [1_999, 2_000, 3_000, 3_001].map(|slot| class(&rules, slot)).into();
    assert_eq!(classes, ["other_burn", "job_burn", "job_burn", "other_burn"]);
    let anybody =
        Body::new()
            .call(TOKEN, &["a", "mint", "payer"], &plain(8, 1))
            .balance("a", "alice", Some(1), Some(0));
    assert_eq!(rows_of(&anybody).events[0].class, "other_burn");
    // And a mint is no income: neither emission nor upgrade is a reward.
    let mint = Body::new()
        .call(TOKEN, &["mint", "node", "payer"], &plain(7, 1))
        .balance("node", "n", Some(0), Some(1));
    assert_eq!(rows_of(&mint).events[0].class, "unknown");
}

#[test]
fn pitfall_07_an_account_counts_as_its_owner_of_that_moment() {
    let stolen = Body::new()
        .call(TOKEN, &["burn", "mint", "payer"], &plain(8, 40))
        .balance("burn", "mallory", Some(100), Some(60));
    let event = rows_of(&stolen).events.remove(0);
    assert_eq!(
        (event.source_owner, event.class.as_str()),
        (key("mallory"), "other_burn")
    );
    let moved = Body::new()
        .call(TOKEN, &["new_account", "mint", "payer"], &plain(8, 40))
        .balance("new_account", "burn.owner", Some(100), Some(60));
    assert_eq!(
        rows_of(&moved).events[0].class,
        "job_burn",
        "an account that is no associated one"
    );
}

#[test]
fn pitfall_08_addresses_keep_their_case() {
    let mut set = WatchSet::mainnet();
    let lower = set.accounts[0].owner.to_lowercase();
    assert!(set.role_at("elsewhere", &lower, 1).is_none());
    set.accounts[0].owner = lower;
    assert!(
        matches!(set.check(), Err(WatchError::Address { .. })),
        "it is not even an address any more"
    );
    let accounts = json("render-world-1/accounts.json");
    let recorded = accounts["watched"]["burn_1"].as_str().unwrap();
    assert_ne!(recorded, recorded.to_lowercase());
    let set = WatchSet::from_accounts_json(accounts.to_string().as_bytes()).unwrap();
    assert!(set.follows(recorded) && !set.follows(&recorded.to_lowercase()));
}

/// A payout at a time, with a memo: the epoch in which it happened, the one it pays for, and how that is known.
fn payout(time: i64, memo: &str) -> (Option<u32>, Option<u32>, String) {
    let mut body = Body::new()
        .call(TOKEN, &["payout_work", "node", "payer"], &plain(3, 5))
        .balance("payout_work", "payout_work.owner", Some(5), Some(0))
        .balance("node", "n", Some(0), Some(5));
    if !memo.is_empty() {
        body = body.memo(memo);
    }
    let mut json = body.json();
    json["blockTime"] = time.into();
    let row = rows(&rules_of_names(), SLOT, &transaction(&json, &body.signature()))
        .events
        .remove(0);
    (row.epoch, row.epoch_guess, row.epoch_guess_by)
}

#[test]
fn pitfall_09_a_payout_pays_for_the_epoch_that_it_names_else_for_the_last_that_had_ended() {
    let in_98 = 1_703_030_400 + 97 * 7 * 86_400 + 3_600;
    assert_eq!(payout(in_98, ""), (Some(98), Some(97), "default".to_owned()));
    assert_eq!(
        payout(in_98, "{\"epoch\": 95, \"kind\": \"late\"}"),
        (Some(98), Some(95), "memo".to_owned())
    );
    for implausible in [
        "{\"epoch\": 99}",
        "{\"epoch\": 0}",
        "{\"epoch\": -1}",
        "{\"epoch\": \"97\"}",
        "epoch 95",
        "[95]",
    ] {
        assert_eq!(
            payout(in_98, implausible),
            (Some(98), Some(97), "default".to_owned()),
            "{implausible}"
        );
    }
    assert_eq!(
        payout(in_98, "hello\n{\"epoch\":96}").1,
        Some(96),
        "a memo among others"
    );
    assert_eq!(
        payout(1_703_030_400, ""),
        (Some(1), None, String::new()),
        "none had ended yet"
    );
    assert_eq!(
        rows_of(&burn().memo("{\"epoch\": 90}")).events[0].epoch_guess,
        None,
        "a burn pays for nothing"
    );
}

#[test]
fn pitfall_10_a_late_burn_counts_where_it_happened_and_an_epoch_tells_when_it_and_the_next_have_ended() {
    let rules = rules_of_names();
    let row = rows_of(&burn().memo("{\"epoch\": 90}")).events.remove(0);
    let epoch = rules.epochs.epoch_at(SLOT, TIME).unwrap();
    assert_eq!((row.epoch, row.memo.as_str()), (Some(epoch), "{\"epoch\": 90}"));
    let listed = rules.epochs.boundaries_until(TIME);
    let (current, before) = (listed[listed.len() - 1], listed[listed.len() - 2]);
    assert!(
        current.epoch == epoch && TIME < current.ends_at,
        "the last of the list has not ended: provisional"
    );
    assert!(
        before.ends_at <= TIME && TIME < current.ends_at,
        "nor is the one before final until the current ends"
    );
}

#[test]
fn pitfall_16_null_is_unknown_and_never_empty() {
    let body = burn();
    for field in ["innerInstructions", "preTokenBalances", "postTokenBalances"] {
        let mut null = body.json();
        null["meta"][field] = Value::Null;
        assert!(
            matches!(refused(&null, &body.signature()), Fault::Unknown(_)),
            "{field}"
        );
    }
    assert!(matches!(refused(&Value::Null, &body.signature()), Fault::Unknown(_)));
    let mut logs = body.json();
    logs["meta"]["logMessages"] = Value::Null;
    assert_eq!(
        transaction(&logs, &body.signature()),
        body.transaction(),
        "logs are not needed"
    );
}

#[test]
fn pitfall_17_a_block_time_may_be_null_and_need_not_grow() {
    let body = burn();
    let mut json = body.json();
    json["blockTime"] = Value::Null;
    let mut raw = raw_transaction(&body.json(), &body.signature());
    raw.body = json.to_string().into();
    let slot = decode_slot(&raw_slot(SLOT, vec![raw])).unwrap();
    assert_eq!(
        (slot.block_time, slot.transactions[0].block_time),
        (Some(TIME), TIME),
        "the source's time stands in"
    );
    // A later slot with an earlier time: order is by slot, and nothing is refused.
    let mut earlier = body.json();
    (earlier["slot"], earlier["blockTime"]) = ((SLOT + 1).into(), (TIME - 2).into());
    let later = raw_slot(SLOT + 1, vec![raw_transaction(&earlier, &body.signature())]);
    let (rules, mut rows) = (rules_of_names(), batch());
    for slot in [slot, decode_slot(&later).unwrap()] {
        crate::chain::render::facts::derive(&rules, &slot, &mut rows).unwrap();
    }
    assert_eq!(rows.tables["render_slots"].rows, 2);
}

#[test]
fn pitfall_18_logs_are_never_read() {
    let signature = |request: &Value| request["params"][0].as_str().unwrap().to_owned();
    let mut compared = 0;
    for (request, response) in pairs("render-world-1") {
        let body = &response["result"];
        if request["method"] == "getTransaction" && request["params"][1]["encoding"] == "json" {
            let mut cut = body.clone();
            cut["meta"]["logMessages"] = value!(["Program log: Instruction: Burn", "Log truncated"]);
            assert_eq!(
                transaction(body, &signature(&request)),
                transaction(&cut, &signature(&request))
            );
            compared += 1;
        }
    }
    assert_eq!(compared, 296);
}

#[test]
fn a_second_burn_wallet_counts_from_its_own_slot_on() {
    let mut rules = rules_of_names();
    let mut second = watched("burn_2", Role::Burn);
    second.valid_from_slot = SLOT + 1;
    rules.watch.accounts.push(second);
    assert!(rules.watch.check().is_ok());
    let body = Body::new()
        .call(TOKEN, &["customer", "burn_2", "payer"], &plain(3, 5))
        .balance("customer", "c", Some(5), Some(0))
        .balance("burn_2", "burn_2.owner", Some(0), Some(5));
    let class = |slot| rows(&rules, slot, &body.transaction()).events.remove(0).class;
    assert_eq!(
        (class(SLOT), class(SLOT + 1)),
        ("unknown".to_owned(), "job_payment".to_owned())
    );
}
