//! Every view of Render by answers computed by hand, in the real engine.
#![allow(clippy::unwrap_used)]

mod support;

use gridproof_store::integrity;
use gridproof_store::metrics::catalog;
use gridproof_store::reference::{ReportedEpochRow, WatchAccountRow, publish_list, store_reported};
use gridproof_store::state_db::{Span, StageKey};
use support::render::{Chain, ChangeRow, EventRow, GENESIS_MS, MINT, SlotRow, Stand, at};
use support::render_sample::{chain, indexed, watched};

#[tokio::test(flavor = "multi_thread")]
async fn an_epoch_has_what_moved_in_it_and_says_whether_it_is_whole() {
    let stand = indexed("epochs").await;
    let columns = "epoch burned other_burned minted_emission minted_upgrade job_payments paid_work paid_availability \
                   paid_compute treasury recipients new_recipients lost_recipients settlements complete is_final";
    let all = [
        "1 150 0 1000 300 200 150 0 0 600 2 2 0 1 1 1",
        "2 80 20 0 0 30 70 0 0 0 1 0 1 2 1 1",
        "3 0 0 0 0 0 0 10 5 0 2 1 0 0 1 0",
    ];
    assert_eq!(stand.view("render_epochs_as_of", 399, columns).await, all);
    let in_the_middle = [
        "1 150 0 1000 300 200 150 0 0 600 2 2 0 1 1 0",
        "2 50 0 0 0 0 70 0 0 0 1 0 1 1 0 0",
    ];
    assert_eq!(stand.view("render_epochs_as_of", 229, columns).await, in_the_middle);
    let early = stand
        .view("render_epochs_as_of", 130, "epoch paid_work burned complete")
        .await;
    assert_eq!(early, ["1 150 0 0"]);
    assert_eq!(
        stand.view("render_epochs_as_of", 99, "epoch").await,
        Vec::<String>::new()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burn_is_valued_at_the_reported_price_of_its_epoch_or_not_at_all() {
    let stand = indexed("prices").await;
    let row = |source: &str, epoch, burned, usd| ReportedEpochRow {
        source: source.into(),
        burned,
        burned_usd: usd,
        ..reported(epoch)
    };
    let one = 10i128.pow(18);
    let rows = [
        row("foundation", 1, Some(2 * one), Some(5 * one)),
        row("foundation", 2, Some(0), Some(5 * one)),
        row("dune", 3, Some(one), Some(one)),
    ];
    store_reported(&stand.client, "prices", &rows).await.unwrap();
    let columns = "epoch burned_usd_at_burn price_source";
    let priced = stand.view("render_epochs_as_of", 399, columns).await;
    assert_eq!(priced, ["1 0.00000375 foundation", "2 - ", "3 - "]);
}

#[tokio::test(flavor = "multi_thread")]
async fn recipients_settlements_and_work_periods_follow_from_payouts_and_burns() {
    let stand = indexed("common").await;
    let providers = "owner first_slot last_slot first_epoch last_epoch epochs accounts payments paid_work \
                     paid_availability paid_compute";
    assert_eq!(
        stand.view("render_providers_as_of", 399, providers).await,
        [
            "x-owner 130 310 1 3 3 1 3 170 0 5",
            "y-owner 130 130 1 1 1 1 1 50 0 0",
            "z-owner 310 310 3 3 1 1 1 0 10 0",
        ]
    );
    assert_eq!(
        stand.view("render_providers_as_of", 299, "owner").await,
        ["x-owner", "y-owner"]
    );
    assert_eq!(
        stand
            .view(
                "render_settlements_as_of",
                299,
                "slot signature epoch owner amount evidence"
            )
            .await,
        [
            "160 s07 1 burner-owner 150 derived",
            "220 s09 2 burner-owner 50 derived",
            "230 s11 2 burner-owner 30 derived",
        ]
    );
    let periods = "epoch owner pays_for payments paid_work paid_availability paid_compute";
    assert_eq!(
        stand.view("render_work_periods_as_of", 399, periods).await,
        [
            "1 x-owner [1] 1 100 0 0",
            "1 y-owner [1] 1 50 0 0",
            "2 x-owner [1] 1 70 0 0",
            "3 x-owner [2] 1 0 0 5",
            "3 z-owner [2] 1 0 10 0",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn balances_are_those_after_the_last_transaction_whatever_the_order_in_a_slot() {
    let stand = indexed("balances").await;
    assert_eq!(
        stand
            .view("render_balances_as_of", 399, "account owner balance last_slot")
            .await,
        [
            "burner burner-owner 0 230",
            "market market-owner 70 230",
            "payout payout-owner 365 310",
            "treasury treasury-owner 400 120",
            "x x-owner 155 310",
            "y y-owner 50 130",
            "z z-owner 10 310",
        ]
    );
    let payout_after_two = stand
        .view_where("render_balances_as_of", 130, "balance", "account = 'payout'")
        .await;
    assert_eq!(payout_after_two, ["450"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_history_passes_both_audits() {
    let stand = indexed("sound").await;
    stand
        .observe(
            199,
            &[
                ("supply", MINT, 1_150),
                ("balance", "burner", 50),
                ("balance", "payout", 450),
            ],
        )
        .await;
    stand
        .observe(
            399,
            &[
                ("supply", MINT, 1_050),
                ("balance", "burner", 0),
                ("balance", "treasury", 400),
            ],
        )
        .await;
    let columns = "slot minted burned expected observed drift ok reason";
    let observed = stand
        .view_where(
            "render_supply_audit_as_of",
            399,
            columns,
            "check = 'observation' ORDER BY slot",
        )
        .await;
    assert_eq!(observed, ["199 1300 150 1150 1150 0 1 ", "399 1300 250 1050 1050 0 1 "]);
    let slots = stand
        .view_where("render_supply_audit_as_of", 399, "count() sum(ok)", "check = 'slot'")
        .await;
    assert_eq!(slots, ["11 11"]);
    let supply = "opening opening_basis minted burned summed observed observed_slot supply";
    assert_eq!(
        stand.view("render_supply_as_of", 399, supply).await,
        ["0 creation 1300 250 1050 1050 399 1050"]
    );
    assert_eq!(
        stand.view("render_supply_as_of", 210, supply).await,
        ["0 creation 1300 150 1150 1150 199 1150"]
    );
    let audit = "account changes opening delta last breaks observations observation_breaks observed ok";
    assert_eq!(
        stand.view("render_account_audit_as_of", 399, audit).await,
        [
            "burner 5 0 0 0 0 2 0 0 1",
            "payout 5 0 365 365 0 1 0 450 1",
            "treasury 2 0 400 400 0 1 0 400 1",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planted_error_in_supply_or_balance_is_found() {
    let stand = indexed("planted").await;
    stand
        .observe(
            250,
            &[
                ("supply", MINT, 1_051),
                ("balance", "payout", 381),
                ("balance", "treasury", 400),
            ],
        )
        .await;
    let supply = stand
        .view_where(
            "render_supply_audit_as_of",
            399,
            "slot expected observed drift",
            "ok = 0",
        )
        .await;
    assert_eq!(supply, ["250 1050 1051 1"]);
    let accounts = stand
        .view_where(
            "render_account_audit_as_of",
            399,
            "account observed_slot observation_drift",
            "ok = 0",
        )
        .await;
    assert_eq!(accounts, ["payout 250 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_is_missing_breaks_the_chain_of_its_accounts_and_the_sum_of_the_supply() {
    let stand = indexed("missing").await;
    stand.observe(399, &[("supply", MINT, 1_050)]).await;
    let mut dropped = chain().facts(stand.batch(), 200, 219);
    dropped.append(chain().facts(stand.batch(), 221, 299));
    let span = Span::new(200, 299).unwrap();
    let key = stand.key(StageKey::FACTS);
    let reindex = stand.db.bump_generation(&stand.lease, &key, span, 9).await.unwrap();
    let claim = stand.db.claim_reindex(&stand.lease, &reindex, span).await.unwrap();
    stand.committer.commit(&claim, &dropped).await.unwrap();
    let supply = stand
        .view_where(
            "render_supply_audit_as_of",
            399,
            "slot expected observed drift",
            "ok = 0",
        )
        .await;
    assert_eq!(supply, ["399 1100 1050 -50"]);
    let columns = "account breaks first_break_slot opening delta last sums_agree";
    let broken = stand
        .view_where("render_account_audit_as_of", 399, columns, "ok = 0")
        .await;
    assert_eq!(broken, ["burner 1 230 0 50 50 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_derivation_with_fewer_rows_leaves_nothing_stale() {
    let stand = indexed("generations").await;
    let mut fewer = chain();
    fewer.txs.retain(|tx| tx.signature != "s12");
    stand.reindex(&fewer, 200, 299).await;
    let columns = "epoch burned other_burned complete is_final";
    let epochs = stand.view("render_epochs_as_of", 399, columns).await;
    assert_eq!(epochs, ["1 150 0 1 1", "2 80 0 1 1", "3 0 0 1 0"]);
    let x = stand
        .view_where("render_balances_as_of", 299, "balance", "account = 'x'")
        .await;
    assert_eq!(x, ["170"]);
    let runs = stand
        .lines(
            "SELECT concat(toString(from_slot), ' ', toString(to_slot)) FROM render_runs WHERE network = 'generations'",
        )
        .await;
    assert_eq!(runs, ["100 399"], "neighbours of two generations are one run");
    let (key, all) = (stand.key(StageKey::FACTS), Span::new(100, 399).unwrap());
    let report = integrity::check(&stand.client, &stand.db, &key, all).await.unwrap();
    assert_eq!((report.ranges, report.partly_live, report.differences), (3, 0, vec![]));
    let gone = stand
        .committer
        .gc(&stand.key(StageKey::FACTS), std::time::Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(
        gone.dropped.len(),
        1,
        "rows are dropped by height, which is an alias here"
    );
    let old = "SELECT toString(count()) FROM render_token_events WHERE network = 'generations' AND signature = 's12'";
    assert_eq!(stand.lines(old).await, ["0"]);
    assert_eq!(stand.view("render_epochs_as_of", 399, columns).await, epochs);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_integrity_check_finds_a_changed_row_of_solana() {
    let stand = indexed("damage").await;
    let mend = "INSERT INTO render_token_events (network, chain_id, slot, block_time, signature, outer, inner, batch, \
                generation, row_hash, kind, source_account, dest_account, amount) \
                SELECT network, chain_id, slot, block_time, signature, outer, inner + 1, batch, generation, row_hash, kind, \
                source_account, dest_account, amount FROM render_token_events WHERE network = 'damage' AND slot = 210";
    stand.client.execute(mend).await.unwrap();
    let key = stand.key(StageKey::FACTS);
    let report = integrity::check(&stand.client, &stand.db, &key, Span::new(100, 399).unwrap())
        .await
        .unwrap();
    let found: Vec<_> = report
        .differences
        .iter()
        .map(|one| (one.committed.range.span.from, one.found_rows - one.committed.rows))
        .collect();
    assert_eq!(found, [(200, 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_before_the_first_slot_is_taken_from_the_first_answer_or_not_known() {
    let stand = Stand::new("late", 100).await;
    publish_list(&stand.client, "late", &[watched(MINT, "mint")])
        .await
        .unwrap();
    stand.index(&chain(), 200, 299).await;
    let columns = "opening opening_basis summed supply mint_followed";
    assert_eq!(
        stand.view("render_supply_as_of", 299, columns).await,
        ["- unknown - - 1"]
    );
    stand.observe(225, &[("supply", MINT, 1_100)]).await;
    assert_eq!(
        stand.view("render_supply_as_of", 229, columns).await,
        ["1150 first observation 1100 1100 1"]
    );
    stand.observe(299, &[("supply", MINT, 1_049)]).await;
    let drift = stand
        .view_where(
            "render_supply_audit_as_of",
            299,
            "slot drift",
            "check = 'observation' ORDER BY slot",
        )
        .await;
    assert_eq!(drift, ["225 0", "299 -1"]);
    stand.observe(200, &[("opening_supply", MINT, 1_150)]).await;
    assert_eq!(
        stand.view("render_supply_as_of", 299, columns).await,
        ["1150 stated 1050 1050 1"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mint_that_is_not_followed_is_observed_and_not_summed() {
    let stand = Stand::new("unfollowed", 100).await;
    publish_list(&stand.client, "unfollowed", &[watched(MINT, "mint")])
        .await
        .unwrap();
    let unfollowed = Chain {
        asked: vec!["burner", "payout", "treasury"],
        ..chain()
    };
    stand.index(&unfollowed, 100, 399).await;
    stand.observe(399, &[("supply", MINT, 77)]).await;
    let columns = "opening_basis summed observed supply mint_followed";
    assert_eq!(
        stand.view("render_supply_as_of", 399, columns).await,
        ["unknown - 77 77 0"]
    );
    let audit = stand
        .view_where(
            "render_supply_audit_as_of",
            399,
            "drift ok reason",
            "check = 'observation'",
        )
        .await;
    assert_eq!(audit, ["- 1 the mint is not followed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_epoch_is_whole_even_where_the_range_ends_later() {
    let stand = indexed("quiet").await;
    stand.index(&chain(), 400, 599).await;
    let columns = "epoch burned recipients complete is_final";
    let quiet = stand
        .view_where("render_epochs_as_of", 510, columns, "epoch >= 3")
        .await;
    assert_eq!(quiet, ["3 0 2 1 1", "4 0 0 1 0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_no_instruction_explains_fails_its_slot_and_is_in_no_class() {
    let stand = indexed("unexplained").await;
    let mut batch = stand.batch();
    let change = ChangeRow {
        account: "treasury".into(),
        pre: 400,
        post: 407,
        watched: 1,
        ..ChangeRow::default()
    };
    let event = EventRow {
        kind: "unexplained_delta".into(),
        dest_account: "treasury".into(),
        amount: 7,
        sign: 1,
        class: "unknown".into(),
        epoch: Some(4),
        ..EventRow::default()
    };
    batch.push(&at(420, "s20", -1), &change).unwrap();
    batch.push(&at(420, "s20", -1), &event).unwrap();
    let slot = SlotRow {
        window_from: Some(400),
        accounts: vec![MINT.into()],
        ..SlotRow::default()
    };
    batch.push(&at(499, "", -1), &slot).unwrap();
    stand.commit(StageKey::FACTS, 400, 499, &batch).await;
    let failing = stand
        .view_where("render_supply_audit_as_of", 499, "check slot drift", "ok = 0")
        .await;
    assert_eq!(failing, ["slot 420 7"]);
    let epoch = stand
        .view_where("render_epochs_as_of", 499, "epoch unknown treasury burned", "epoch = 4")
        .await;
    assert_eq!(epoch, ["4 0 0 0"]);
    let count = catalog()
        .unwrap()
        .into_iter()
        .find(|metric| metric.name == "render_unexplained_deltas")
        .unwrap();
    let query = stand
        .client
        .raw()
        .query(&count.sql)
        .param("network", "unexplained")
        .param("as_of", 499);
    let values = query.fetch_all::<(Vec<String>, String, u64)>().await.unwrap();
    assert_eq!(values, [(vec![], "1".to_owned(), 14)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_replaced_as_a_whole_and_the_same_list_is_written_once() {
    let stand = Stand::new("lists", 1).await;
    let client = &stand.client;
    let publish = |rows: Vec<WatchAccountRow>| async move { publish_list(client, "lists", &rows).await.unwrap() };
    let first = publish(vec![watched("a", "burn"), watched("b", "treasury")]).await;
    let again = publish(vec![watched("a", "burn"), watched("b", "treasury")]).await;
    assert_eq!(
        (first.changed, again.changed, again.version),
        (true, false, first.version)
    );
    let shorter = publish(vec![watched("a", "market")]).await;
    assert!(shorter.changed && shorter.version > first.version);
    let newest = "SELECT concat(address, ' ', role) FROM render_watch_accounts_newest WHERE network = 'lists'";
    assert_eq!(stand.lines(newest).await, ["a market"]);
    let back = publish(vec![watched("a", "burn"), watched("b", "treasury")]).await;
    assert!(back.changed, "a list that was replaced meanwhile counts again");
    assert_eq!(
        stand.lines(&format!("{newest} ORDER BY address")).await,
        ["a burn", "b treasury"]
    );
    let empty = publish_list::<WatchAccountRow>(&stand.client, "lists", &[])
        .await
        .unwrap_err();
    assert!(empty.to_string().contains("at least one row"), "{empty}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_reading_of_a_report_replaces_the_older_one_and_no_other() {
    let stand = Stand::new("readings", 1).await;
    let older = [reported(1), reported(2)];
    let newer = [ReportedEpochRow {
        burned: Some(7),
        fetched_at: older[0].fetched_at + 1,
        ..reported(2)
    }];
    for rows in [&older[..], &newer[..], &older[..], &newer[..]] {
        store_reported(&stand.client, "readings", rows).await.unwrap();
    }
    let newest = "SELECT concat(toString(epoch), ' ', ifNull(toString(burned), '-')) FROM offchain_render_epochs_newest \
                  WHERE network = 'readings' ORDER BY epoch";
    assert_eq!(stand.lines(newest).await, ["1 -", "2 0.000000000000000007"]);
}

fn reported(epoch: u32) -> ReportedEpochRow {
    ReportedEpochRow {
        source: "foundation".into(),
        epoch,
        starts_at: 0,
        ends_at: 1,
        burned: None,
        burned_usd: None,
        credits: None,
        wallets_paid: None,
        work_paid: None,
        availability_paid: None,
        fetched_at: GENESIS_MS,
        document: "sha".into(),
        evidence: "offchain_reported".into(),
    }
}
