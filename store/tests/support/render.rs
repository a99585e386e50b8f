//! Synthetic slots of Render: a small chain that keeps its own balances and writes the rows that a decoder would.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

use super::{DECODER, TTL};
use clickhouse::Row;
use gridproof_store::batch::{Batch, Origin, SolanaIdentity, TableRow};
use gridproof_store::client::ClickHouse;
use gridproof_store::commit::Committer;
use gridproof_store::engine::testing::TestEngine;
use gridproof_store::migrate;
use gridproof_store::state_db::{Network, Span, StageKey, StateDb, WriterLease};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use tokio::sync::OnceCell;

pub const MINT: &str = "mint";
/// Block time of slot 0; a slot is a second.
pub const GENESIS_MS: i64 = 1_700_000_000_000;

macro_rules! row {
    ($name:ident, $table:literal, { $($field:ident: $type:ty),* $(,)? }) => {
        #[derive(Clone, Default, Row, Serialize)]
        pub struct $name {
            $(pub $field: $type,)*
        }

        impl TableRow for $name {
            const TABLE: &'static str = $table;
        }
    };
}

row!(SlotRow, "render_slots", {
    transactions: u32, failed: u32, rows: u64, rows_xor: u64, rows_sum: u64,
    window_from: Option<u64>, accounts: Vec<String>, evidence: String,
});
row!(EventRow, "render_token_events", {
    kind: String, instruction: String, program: String, mint: String,
    source_account: String, source_owner: String, dest_account: String, dest_owner: String,
    authority: String, signers: Vec<String>, amount: u64, sign: i8, decimals: u8,
    authority_type: String, new_authority: String, via_cpi: u8, via_batch: u8, tx_version: i8, memo: String,
    source_role: String, dest_role: String, class: String, class_rule: String,
    epoch: Option<u32>, epoch_guess: Option<u32>, epoch_guess_by: String, evidence: String,
});
row!(ChangeRow, "render_balance_changes", {
    account: String, owner: String, owner_before: String, pre: u64, post: u64,
    created: u8, closed: u8, watched: u8, role: String, evidence: String,
});
row!(TransactionRow, "render_transactions", {
    failed: u8, error: String, fee: u64, fee_payer: String, version: i8, class: String, memo: String,
    events: u32, unexplained: u32, unknown_instructions: u32, compute_units: Option<u64>, evidence: String,
});
row!(UnknownRow, "render_unknown_instructions", {
    program: String, tag: u8, accounts: Vec<String>, data: String, evidence: String,
});
row!(ObservationRow, "render_observations", {
    subject: String, address: String, owner: String, amount: u64, endpoint: String, evidence: String,
});

static ENGINE: LazyLock<TestEngine> = LazyLock::new(TestEngine::start);
static MIGRATED: OnceCell<()> = OnceCell::const_new();

/// One engine for all tests of a file, with every table and view; each test has a network of its own.
pub async fn engine() -> ClickHouse {
    let client = super::client(&ENGINE.url());
    let migrate = || async {
        migrate::clickhouse::up(&client).await.unwrap();
    };
    MIGRATED.get_or_init(migrate).await;
    client
}

/// A network of Render with its state database.
pub struct Stand {
    _folder: tempfile::TempDir,
    pub client: ClickHouse,
    pub db: StateDb,
    pub lease: WriterLease,
    pub committer: Committer,
    pub network: String,
}

impl Stand {
    pub async fn new(network: &str, first_slot: u64) -> Self {
        let client = engine().await;
        let folder = tempfile::tempdir().unwrap();
        let db = StateDb::open_file(&folder.path().join("state.db")).await.unwrap();
        let registered = Network {
            name: network.into(),
            chain_id: "genesis".into(),
            kind: "render".into(),
            first_height: first_slot,
            note: String::new(),
        };
        db.register_network(&registered).await.unwrap();
        let lease = db.acquire_writer("indexer", "me", TTL).await.unwrap();
        let committer = Committer::new(client.clone(), db.clone(), lease.clone());
        Self {
            _folder: folder,
            client,
            db,
            lease,
            committer,
            network: network.into(),
        }
    }

    pub fn key(&self, stage: &str) -> StageKey {
        StageKey::new(&self.network, stage)
    }

    pub fn batch(&self) -> Batch {
        Batch::new(Origin {
            network: self.network.clone(),
            chain_id: "genesis".into(),
        })
    }

    pub async fn commit(&self, stage: &str, from: u64, to: u64, batch: &Batch) {
        let span = Span::new(from, to).unwrap();
        let claim = self
            .db
            .claim(&self.lease, &self.key(stage), span, DECODER)
            .await
            .unwrap();
        self.committer.commit(&claim, batch).await.unwrap();
    }

    /// Commits the slots `from..=to` of a chain.
    pub async fn index(&self, chain: &Chain, from: u64, to: u64) {
        self.commit(StageKey::FACTS, from, to, &chain.facts(self.batch(), from, to))
            .await;
    }

    /// Derives committed slots again, from another chain.
    pub async fn reindex(&self, chain: &Chain, from: u64, to: u64) {
        let (key, span) = (self.key(StageKey::FACTS), Span::new(from, to).unwrap());
        let reindex = self.db.bump_generation(&self.lease, &key, span, DECODER).await.unwrap();
        let claim = self.db.claim_reindex(&self.lease, &reindex, span).await.unwrap();
        let batch = chain.facts(self.batch(), from, to);
        self.committer.commit(&claim, &batch).await.unwrap();
    }

    /// What a node answered in `slot`: subject, address and amount.
    pub async fn observe(&self, slot: u64, answers: &[(&str, &str, u64)]) {
        let mut batch = self.batch();
        for (subject, address, amount) in answers {
            let row = ObservationRow {
                subject: (*subject).into(),
                address: (*address).into(),
                amount: *amount,
                endpoint: "node".into(),
                evidence: "onchain".into(),
                ..ObservationRow::default()
            };
            batch.push(&at(slot, address, -1), &row).unwrap();
        }
        self.commit("observations", slot, slot, &batch).await;
    }

    /// Lines of a view at a slot: the columns, a space between, `-` for null.
    pub async fn view(&self, view: &str, as_of: u64, columns: &str) -> Vec<String> {
        self.view_where(view, as_of, columns, "1").await
    }

    pub async fn view_where(&self, view: &str, as_of: u64, columns: &str, condition: &str) -> Vec<String> {
        let columns: Vec<_> = columns
            .split(' ')
            .map(|column| format!("ifNull(toString({column}), '-')"))
            .collect();
        let sql = format!(
            "SELECT arrayStringConcat([{}], ' ') AS line FROM {view}(network = '{}', as_of = {as_of}) WHERE {condition}",
            columns.join(", "),
            self.network
        );
        self.lines(&sql).await
    }

    pub async fn lines(&self, sql: &str) -> Vec<String> {
        self.client
            .fetch_all::<String>(sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }
}

pub fn at(slot: u64, signature: &str, outer: i32) -> SolanaIdentity {
    SolanaIdentity {
        slot,
        block_time_ms: GENESIS_MS + 1000 * slot as i64,
        signature: signature.into(),
        outer,
        inner: -1,
        batch: -1,
        tx_index: None,
    }
}

/// What a transaction does, by the names of accounts. The owner of account `x` is `x-owner`.
#[derive(Clone)]
pub struct Move {
    pub kind: &'static str,
    pub class: &'static str,
    pub from: &'static str,
    pub to: &'static str,
    pub amount: u64,
    /// Epoch that a payout is for.
    pub pays_for: Option<u32>,
}

/// A transaction of a [`Chain`].
#[derive(Clone)]
pub struct Tx {
    pub slot: u64,
    pub signature: &'static str,
    pub moves: Vec<Move>,
    /// Accounts that it closes at the end.
    pub closes: Vec<&'static str>,
}

pub fn tx(slot: u64, signature: &'static str, moves: &[Move]) -> Tx {
    Tx {
        slot,
        signature,
        moves: moves.to_vec(),
        closes: Vec::new(),
    }
}

pub fn mint(class: &'static str, to: &'static str, amount: u64) -> Move {
    movement("mint", class, "", to, amount)
}

pub fn burn(class: &'static str, from: &'static str, amount: u64) -> Move {
    movement("burn", class, from, "", amount)
}

pub fn transfer(class: &'static str, from: &'static str, to: &'static str, amount: u64) -> Move {
    movement("transfer", class, from, to, amount)
}

pub fn pay(class: &'static str, from: &'static str, to: &'static str, amount: u64, pays_for: u32) -> Move {
    Move {
        pays_for: Some(pays_for),
        ..transfer(class, from, to, amount)
    }
}

fn movement(kind: &'static str, class: &'static str, from: &'static str, to: &'static str, amount: u64) -> Move {
    Move {
        kind,
        class,
        from,
        to,
        amount,
        pays_for: None,
    }
}

/// Transactions in the order in which they ran, and what the rows say of them.
pub struct Chain {
    pub txs: Vec<Tx>,
    /// Accounts that are watched, all but the mint.
    pub watched: Vec<&'static str>,
    /// Addresses that each window asked for.
    pub asked: Vec<&'static str>,
    /// Epoch of a slot.
    pub epoch: fn(u64) -> Option<u32>,
}

impl Chain {
    /// Rows of the slots `from..=to`, with one row of digests per slot that has any and one for `to`.
    pub fn facts(&self, mut batch: Batch, from: u64, to: u64) -> Batch {
        let mut balances = BTreeMap::new();
        for tx in &self.txs {
            let rows = self.run(tx, &mut balances);
            if (from..=to).contains(&tx.slot) {
                for (index, event) in rows.0.iter().enumerate() {
                    batch.push(&at(tx.slot, tx.signature, index as i32), event).unwrap();
                }
                for change in &rows.1 {
                    batch.push(&at(tx.slot, tx.signature, -1), change).unwrap();
                }
            }
        }
        let mut slots: Vec<u64> = batch.digests.keys().copied().chain([to]).collect();
        slots.dedup();
        for slot in slots {
            let digest = batch.digest_at(slot);
            let row = SlotRow {
                rows: digest.rows,
                rows_xor: digest.xor,
                rows_sum: digest.sum,
                window_from: (slot == to).then_some(from),
                accounts: self.asked.iter().map(|&account| account.to_owned()).collect(),
                evidence: "onchain".into(),
                ..SlotRow::default()
            };
            batch.push(&at(slot, "", -1), &row).unwrap();
        }
        batch
    }

    /// Events and balance changes of one transaction; moves the balances on.
    fn run(&self, tx: &Tx, balances: &mut BTreeMap<&'static str, u64>) -> (Vec<EventRow>, Vec<ChangeRow>) {
        let before = balances.clone();
        let mut touched: Vec<&'static str> = Vec::new();
        let mut events = Vec::new();
        for one in &tx.moves {
            events.push(self.event(tx.slot, one));
            for account in [one.from, one.to].into_iter().filter(|account| !account.is_empty()) {
                touched.push(account);
            }
            if !one.from.is_empty() {
                *balances.get_mut(one.from).unwrap() -= one.amount;
            }
            if !one.to.is_empty() {
                *balances.entry(one.to).or_default() += one.amount;
            }
        }
        for closed in &tx.closes {
            assert_eq!(balances.remove(closed), Some(0));
        }
        touched.sort_unstable();
        touched.dedup();
        let change = |account: &'static str| ChangeRow {
            account: account.into(),
            owner: format!("{account}-owner"),
            owner_before: format!("{account}-owner"),
            pre: before.get(account).copied().unwrap_or_default(),
            post: balances.get(account).copied().unwrap_or_default(),
            created: u8::from(!before.contains_key(account)),
            closed: u8::from(!balances.contains_key(account)),
            watched: u8::from(self.watched.contains(&account)),
            role: String::new(),
            evidence: "onchain".into(),
        };
        (events, touched.into_iter().map(change).collect())
    }

    fn event(&self, slot: u64, one: &Move) -> EventRow {
        let owner = |account: &str| {
            if account.is_empty() {
                String::new()
            } else {
                format!("{account}-owner")
            }
        };
        EventRow {
            kind: one.kind.into(),
            instruction: one.kind.into(),
            program: "spl-token".into(),
            mint: MINT.into(),
            source_account: one.from.into(),
            source_owner: owner(one.from),
            dest_account: one.to.into(),
            dest_owner: owner(one.to),
            amount: one.amount,
            sign: 1,
            decimals: 8,
            class: one.class.into(),
            epoch: (self.epoch)(slot),
            epoch_guess: one.pays_for,
            evidence: "onchain".into(),
            ..EventRow::default()
        }
    }
}
