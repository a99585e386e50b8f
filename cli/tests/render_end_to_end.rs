//! A recorded economy of Render from the wire to rows, against the node's own answers. Expected numbers are computed here from
//! the recording's truth: labels and raw balances, never from our tables.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use support::render::{Listed, listed, transactions};
use support::{Engine, code, gridproof, json, quiet, recording, run, words};

const WORLD: &str = "render-world-1";
const NETWORK: &str = "rec-local-world-1";

/// The recording, indexed once for all tests of this file that only read.
fn indexed() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    FOLDER.get_or_init(fresh).path()
}

/// The recording, indexed anew, to be spoiled.
fn fresh() -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    let output = run(&mut support::index_render(data.path(), WORLD));
    assert_eq!(code(&output), Some(0), "{}", words(&output));
    data
}

/// Everything that the tests ask the tables, asked once over one engine.
fn ask(queries: &[String]) -> Vec<String> {
    // Two engines cannot share a folder.
    static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _one = ONE.lock().unwrap();
    let engine = Engine::over(indexed());
    queries.iter().map(|sql| engine.query(sql)).collect()
}

fn rows(text: &str) -> Vec<Vec<String>> {
    text.lines()
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect()
}

fn truth(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(recording(WORLD).join(name)).unwrap()).unwrap()
}

fn epochs() -> Vec<Value> {
    truth("truth_epochs.json").as_array().unwrap().clone()
}

fn number(value: &Value) -> i128 {
    value
        .as_str()
        .map_or_else(|| i128::from(value.as_u64().unwrap()), |text| text.parse().unwrap())
}

#[test]
fn after_each_epoch_supply_and_every_balance_are_what_the_node_answered() {
    let epochs = epochs();
    let queries = epochs.iter().flat_map(|epoch| {
        let as_of = format!("network = '{NETWORK}', as_of = {}", epoch["last_slot"]);
        [
            format!("SELECT toString(supply) FROM render_supply_as_of({as_of})"),
            format!("SELECT account, owner, toString(balance) FROM render_balances_as_of({as_of})"),
        ]
    });
    let answers = ask(&queries.collect::<Vec<_>>());
    for (epoch, answers) in epochs.iter().zip(answers.chunks(2)) {
        let number_of = &epoch["epoch"];
        assert_eq!(
            answers[0].trim(),
            epoch["supply"]["value"]["amount"].as_str().unwrap(),
            "epoch {number_of}"
        );
        let stored: BTreeMap<String, (String, String)> = rows(&answers[1])
            .into_iter()
            .map(|row| (row[0].clone(), (row[1].clone(), row[2].clone())))
            .collect();
        for (name, balance) in epoch["balances"].as_object().unwrap() {
            let account = balance["account"].as_str().unwrap();
            let got = stored.get(account).map_or("0", |(_, amount)| amount.as_str());
            assert_eq!(got, balance["amount"].to_string(), "epoch {number_of}, {name}");
            if let Some((owner, _)) = stored.get(account) {
                assert_eq!(owner, balance["owner"].as_str().unwrap(), "epoch {number_of}, {name}");
            }
        }
    }
}

#[test]
fn every_transaction_is_there_once_with_the_class_of_its_label() {
    let table: Value = serde_json::from_slice(&std::fs::read(recording("render-labels.json")).unwrap()).unwrap();
    let class_of = |label: &str| {
        let lines = table["labels"].as_array().unwrap().iter();
        let mut fits = lines.filter(|line| {
            let name = line["label"].as_str().unwrap();
            name.strip_suffix('*')
                .map_or(name == label, |start| label.starts_with(start))
        });
        fits.next().map(|line| line["class"].as_str().unwrap().to_owned())
    };
    let sql = "SELECT signature, toString(slot), class, toString(failed) FROM render_transactions_live ORDER BY slot";
    let stored = rows(&ask(&[sql.to_owned()])[0]);
    let by_signature: BTreeMap<&str, &Vec<String>> = stored.iter().map(|row| (row[0].as_str(), row)).collect();
    let labels = truth("truth_transactions.json");
    let labels = labels.as_array().unwrap();
    assert_eq!(
        (stored.len(), by_signature.len()),
        (labels.len(), labels.len()),
        "none twice, none else"
    );
    for one in labels {
        let (label, signature) = (one["label"].as_str().unwrap(), one["signature"].as_str().unwrap());
        let row = by_signature[signature];
        let expected = class_of(label).unwrap_or_else(|| panic!("`{label}` is not in the table of labels"));
        assert_eq!(
            (&row[1], &row[2]),
            (&one["slot"].to_string(), &expected),
            "{label} {signature}"
        );
        assert_eq!(row[3] == "1", !one["err"].is_null(), "{label} {signature}");
    }
}

/// What each label moved in each epoch, from raw balances: gained by anybody, and lost by all together.
#[derive(Default, Debug)]
struct Moved {
    gained: i128,
    supply: i128,
}

fn moved() -> BTreeMap<(u64, String), Moved> {
    let labels = truth("truth_transactions.json");
    let labels: BTreeMap<&str, &str> = labels
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["signature"].as_str().unwrap(), one["label"].as_str().unwrap()))
        .collect();
    let epochs = epochs();
    let epoch_of = |slot: u64| {
        let within = |epoch: &&Value| {
            (epoch["first_slot"].as_u64().unwrap()..=epoch["last_slot"].as_u64().unwrap()).contains(&slot)
        };
        epochs
            .iter()
            .find(within)
            .map_or(0, |epoch| epoch["epoch"].as_u64().unwrap())
    };
    let mut moved: BTreeMap<(u64, String), Moved> = BTreeMap::new();
    for result in transactions(&recording(WORLD)) {
        let label = labels[result["transaction"]["signatures"][0].as_str().unwrap()];
        let sums = moved
            .entry((epoch_of(result["slot"].as_u64().unwrap()), label.to_owned()))
            .or_default();
        let deltas: Vec<i128> = listed(&result).iter().map(Listed::delta).collect();
        sums.gained += deltas.iter().filter(|delta| **delta > 0).sum::<i128>();
        sums.supply += deltas.iter().sum::<i128>();
    }
    moved
}

#[test]
fn burned_minted_and_paid_per_epoch_and_class_are_the_sums_of_the_truth() {
    let moved = moved();
    let sum = |epoch: u64, labels: &[&str], field: fn(&Moved) -> i128| -> i128 {
        let of = labels
            .iter()
            .filter_map(|label| moved.get(&(epoch, (*label).to_owned())));
        of.map(field).sum()
    };
    let columns = [
        "burned",
        "other_burned",
        "minted_emission",
        "minted_upgrade",
        "job_payments",
        "paid_work",
        "paid_availability",
        "paid_compute",
        "grants",
        "treasury",
        "market",
        "unknown",
    ];
    let list: Vec<String> = columns.iter().map(|column| format!("toString({column})")).collect();
    let sql = format!(
        "SELECT toString(epoch), {} FROM render_epochs_as_of(network = '{NETWORK}', as_of = 999999999999) ORDER BY epoch",
        list.join(", ")
    );
    let by_class = "SELECT toString(ifNull(epoch, 0)), class, toString(sum(amount)) FROM render_token_events_live \
                    WHERE kind IN ('mint', 'burn', 'transfer') GROUP BY epoch, class ORDER BY epoch, class";
    let answers = ask(&[sql, by_class.to_owned()]);
    let stored = rows(&answers[0]);
    assert_eq!(stored.len(), epochs().len());
    let (work, availability) = (
        ["node_work_reward", "node_work_reward_batch"],
        ["availability_reward", "availability_reward_batch"],
    );
    let expected = |epoch: u64| -> Vec<i128> {
        let burned = |labels: &[&str]| -sum(epoch, labels, |moved| moved.supply);
        let gained = |labels: &[&str]| sum(epoch, labels, |moved| moved.gained);
        vec![
            burned(&["job_burn", "job_burn_split"]),
            burned(&["other_burn"]),
            gained(&["emission_mint"]),
            gained(&["upgrade_mint"]),
            gained(&["job_payment", "job_payment_two"]),
            gained(&work),
            gained(&availability),
            0,
            gained(&["grant"]),
            gained(&["treasury_to_payout"]),
            gained(&["market_sale", "operator_sells"]),
            0,
        ]
    };
    for row in &stored {
        let got: Vec<i128> = row[1..].iter().map(|cell| cell.parse().unwrap()).collect();
        let expected = expected(row[0].parse().unwrap());
        for ((column, expected), got) in columns.iter().zip(&expected).zip(&got) {
            assert_eq!(got, expected, "epoch {}, {column}", row[0]);
        }
    }
    // The same from the movements themselves, what came before the first epoch included.
    let classes = [
        "job_burn",
        "other_burn",
        "emission_mint",
        "upgrade_mint",
        "job_payment",
        "node_work_reward",
        "availability_reward",
        "compute_reward",
        "grant",
        "treasury",
        "market",
        "unknown",
    ];
    let mut by_class: BTreeMap<(u64, String), i128> = rows(&answers[1])
        .into_iter()
        .map(|row| ((row[0].parse().unwrap(), row[1].clone()), row[2].parse().unwrap()))
        .collect();
    for epoch in 0..=epochs().len() as u64 {
        for (class, expected) in classes.iter().zip(expected(epoch)) {
            let got = by_class.remove(&(epoch, (*class).to_owned())).unwrap_or(0);
            assert_eq!(got, expected, "epoch {epoch}, {class}");
        }
    }
    assert!(by_class.is_empty(), "classes that no label means: {by_class:?}");
    let total = |field: fn(&Moved) -> i128| moved.values().map(field).sum::<i128>();
    let last = epochs().last().unwrap()["supply"]["value"]["amount"].clone();
    assert_eq!(
        total(|moved| moved.supply),
        number(&last),
        "the raw balances themselves add up"
    );
}

#[test]
fn at_every_recorded_slot_minted_less_burned_is_the_supply_and_changes_sum_up_to_each_balance() {
    let answers = ask(&[
        "SELECT toString(slot), toString(sumIf(toInt128(amount), kind = 'mint') - sumIf(toInt128(amount), kind = 'burn')) \
         FROM render_token_events_live GROUP BY slot ORDER BY slot"
            .to_owned(),
        "SELECT toString(slot), account, toString(sum(toInt128(post) - toInt128(pre))) FROM render_balance_changes_live \
         GROUP BY slot, account ORDER BY slot, account"
            .to_owned(),
    ]);
    let supply: BTreeMap<u64, i128> = rows(&answers[0])
        .into_iter()
        .map(|row| (row[0].parse().unwrap(), row[1].parse().unwrap()))
        .collect();
    let mut changes: BTreeMap<u64, Vec<(String, i128)>> = BTreeMap::new();
    for row in rows(&answers[1]) {
        changes
            .entry(row[0].parse().unwrap())
            .or_default()
            .push((row[1].clone(), row[2].parse().unwrap()));
    }
    let mut by_slot: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
    for result in transactions(&recording(WORLD)) {
        by_slot
            .entry(result["slot"].as_u64().unwrap())
            .or_default()
            .push(result);
    }
    let recorded: BTreeSet<u64> = by_slot.keys().copied().collect();
    assert!(
        supply.keys().chain(changes.keys()).all(|slot| recorded.contains(slot)),
        "rows of slots that are not recorded"
    );
    let (mut summed, mut raw_supply) = (0, 0);
    let (mut balances, mut raw): (BTreeMap<String, i128>, BTreeMap<String, i128>) = Default::default();
    for (slot, results) in by_slot {
        summed += supply.get(&slot).copied().unwrap_or(0);
        for (account, delta) in changes.remove(&slot).unwrap_or_default() {
            *balances.entry(account).or_insert(0) += delta;
        }
        for one in results.iter().flat_map(listed) {
            raw_supply += one.delta();
            *raw.entry(one.account).or_insert(0) += one.post - one.pre;
        }
        assert_eq!(summed, raw_supply, "supply at slot {slot}");
        for (account, balance) in &raw {
            assert_eq!(
                balances.get(account).copied().unwrap_or(0),
                *balance,
                "{account} at slot {slot}"
            );
        }
    }
}

fn verify(data: &Path) -> std::process::Output {
    run(quiet(gridproof().args(["verify", "--json"]), data))
}

#[test]
fn a_folder_of_render_is_whole_before_and_after_reindex() {
    let data = fresh();
    let before = Engine::over(data.path()).contents(false);
    for step in ["verify", "reindex", "verify"] {
        let output = run(quiet(gridproof().args([step, "--json"]), data.path()));
        assert_eq!(code(&output), Some(0), "{step}: {}", words(&output));
    }
    let after = Engine::over(data.path()).contents(true);
    for table in [
        "render_slots",
        "render_transactions",
        "render_token_events",
        "render_balance_changes",
    ] {
        assert!(before[table].0 > 0, "{table} has no rows");
        assert_eq!(after[table], before[table], "{table}");
    }
}

/// Errors are planted into rows as well as into what proves them: each is found.
#[test]
fn pitfall_19_a_planted_error_in_supply_or_balances_is_found_by_verify() {
    let some_burn = "(SELECT signature FROM render_token_events WHERE kind = 'burn' ORDER BY slot LIMIT 1 OFFSET 2)";
    let some_change = "(SELECT (signature, account) FROM render_balance_changes WHERE pre != post AND watched = 1 ORDER BY slot LIMIT 1 OFFSET 40)";
    let plants = [
        (
            "a burn of one unit less",
            format!(
                "ALTER TABLE render_token_events UPDATE amount = amount - 1 WHERE kind = 'burn' AND signature = {some_burn} SETTINGS mutations_sync = 1"
            ),
            "movement",
        ),
        (
            "a lost burn",
            format!(
                "ALTER TABLE render_token_events DELETE WHERE kind = 'burn' AND signature = {some_burn} SETTINGS mutations_sync = 1"
            ),
            "movement",
        ),
        (
            "a balance after",
            format!(
                "ALTER TABLE render_balance_changes UPDATE post = post + 1 WHERE (signature, account) = {some_change} SETTINGS mutations_sync = 1"
            ),
            "chain",
        ),
        (
            "a balance before",
            format!(
                "ALTER TABLE render_balance_changes UPDATE pre = pre + 1 WHERE (signature, account) = {some_change} SETTINGS mutations_sync = 1"
            ),
            "chain",
        ),
        (
            "a lost change",
            format!(
                "ALTER TABLE render_balance_changes DELETE WHERE (signature, account) = {some_change} SETTINGS mutations_sync = 1"
            ),
            "movement",
        ),
        (
            "a mint from nowhere",
            format!(
                "INSERT INTO render_token_events SELECT * REPLACE ('mint' AS kind, 77 AS outer) FROM (SELECT * FROM render_token_events WHERE kind = 'burn' AND signature = {some_burn})"
            ),
            "movement",
        ),
    ];
    for (what, sql, check) in plants {
        let data = fresh();
        Engine::over(data.path()).query(&sql);
        let output = verify(data.path());
        let found = words(&output);
        assert_eq!(code(&output), Some(65), "{what}: {found}");
        let report = json(&output);
        let findings = report[0]["audit"]["findings"]
            .as_array()
            .unwrap_or_else(|| panic!("{what}: {report}"));
        let integrity = report[0]["findings"].as_array().unwrap();
        // A row that comes or goes also breaks the digest of its slot; one that is altered in place keeps its stored hash.
        let altered = sql.contains("UPDATE");
        assert!(
            altered || !integrity.is_empty(),
            "{what}: the digests must tell, too: {report}"
        );
        assert!(
            check.is_empty() || findings.iter().any(|finding| finding["check"] == check),
            "{what}: {report}"
        );
    }
}

/// What a reader sees is what the audits saw: the gauges are served while a recording is.
#[test]
fn the_audits_run_beside_the_follower_and_tell_prometheus_and_status() {
    let data = tempfile::tempdir().unwrap();
    let mut command = gridproof();
    command
        .args(["up", "--json", "--listen", "127.0.0.1:0", "--recording"])
        .arg(recording(WORLD));
    let child = quiet(&mut command, data.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut running = Running(child);
    let note: PathBuf = data.path().join("run.json");
    let metrics = support::wait_for("the audits' gauges", std::time::Duration::from_secs(120), || {
        let note: Value = serde_json::from_slice(&std::fs::read(&note).ok()?).ok()?;
        let text = support::get(note["operations"].as_str()?, "/metrics").1;
        text.contains("render_supply_drift_base_units{").then_some(text)
    });
    for line in [
        format!("render_supply_drift_base_units{{network=\"{NETWORK}\"}} 0"),
        format!("render_account_audit_findings{{network=\"{NETWORK}\"}} 0"),
        format!("render_unexplained_deltas{{network=\"{NETWORK}\"}} 0"),
        format!("render_rpc_requests_total{{method=\"getTransaction\",network=\"{NETWORK}\",outcome=\"ok\"}} "),
        format!("render_rpc_transactions_fetched_total{{network=\"{NETWORK}\"}} "),
    ] {
        assert!(metrics.contains(&line), "{metrics}");
    }
    assert!(
        !metrics.contains("render_stream_"),
        "no stream is configured: {metrics}"
    );
    support::signal(running.0.id(), rustix::process::Signal::TERM);
    assert_eq!(running.0.wait().unwrap().code(), Some(0));
}

/// A process that does not outlive a failed assertion.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            support::signal(self.0.id(), rustix::process::Signal::TERM);
            let _ = self.0.wait();
        }
    }
}
