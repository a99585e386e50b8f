//! From recorded pairs, one by one, to a [`SolanaRecording`].

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;

use serde_json::Value;

use super::account::Account;
use super::block::{self, BlockNote};
use super::ledger::{Anchor, Ledger};
use super::listing::{self, Entry, Page};
use super::read::{Pair, Recorded, SolanaRecordingInfo};
use super::recording::{Listed, NodeFacts, SolanaRecording, Stored, request_key};
use super::transaction::{self, Parsed, Version};
use crate::source::replay::lines::{LinesBuilder, invalid};

/// Collects what pairs say.
#[derive(Default)]
pub(super) struct Builder {
    bodies: LinesBuilder,
    pairs: u64,
    exact: HashMap<String, Stored>,
    json: HashMap<String, (Parsed, u64)>,
    /// Body and slot of transactions in base64.
    base64: HashMap<String, (u64, u64)>,
    pages: Vec<Page>,
    blocks: BTreeMap<u64, BlockNote>,
    positions: HashMap<String, u32>,
    times: BTreeMap<u64, i64>,
    produced: BTreeSet<u64>,
    accounts: BTreeMap<String, Account>,
    ledger: Ledger,
    facts: NodeFacts,
}

impl Builder {
    /// Takes a pair.
    ///
    /// # Errors
    /// The answer is not what its method answers, or contradicts one before it.
    pub(super) fn push(&mut self, pair: &Pair<'_>) -> io::Result<()> {
        let body = self.pairs;
        self.pairs += 1;
        let (text, is_error) = match pair.body {
            Recorded::Result(text) => (text, false),
            Recorded::Error(text) => (text, true),
        };
        self.bodies.push(body, text.as_bytes())?;
        let key = request_key(pair.method, pair.params);
        self.exact.insert(key, Stored { body, is_error });
        if is_error || text == "null" {
            return Ok(());
        }
        self.learn(pair, text, body)
            .map_err(|e| invalid(format!("{}: {e}", pair.method)))
    }

    /// What an answer says beyond itself.
    fn learn(&mut self, pair: &Pair<'_>, text: &str, body: u64) -> io::Result<()> {
        let params = pair.params;
        match pair.method {
            "getSignaturesForAddress" => self.page(params, text),
            "getTransaction" => self.transaction(params, text, body),
            "getBlock" => self.block(params, text, body),
            "getBlocks" | "getBlocksWithLimit" => {
                self.produced.extend(serde_json::from_str::<Vec<u64>>(text)?);
                Ok(())
            }
            "getBlockTime" => {
                let slot = first_number(params)?;
                self.times.insert(slot, serde_json::from_str(text)?);
                Ok(())
            }
            "getSlot" => self.slot(params, text),
            "getGenesisHash" => keep(&mut self.facts.genesis_hash, text),
            "getFirstAvailableBlock" => keep(&mut self.facts.first_block, text),
            "getVersion" => {
                let version: Value = serde_json::from_str(text)?;
                self.facts.version = version["solana-core"].as_str().map(str::to_owned);
                Ok(())
            }
            "getTokenSupply" => self.supply(params, text),
            "getAccountInfo" => {
                let answer: Value = serde_json::from_str(text)?;
                self.account(first_text(params)?, &answer["value"])
            }
            "getProgramAccounts" => self.program_accounts(params, text),
            _ => Ok(()),
        }
    }

    fn page(&mut self, params: &[Value], text: &str) -> io::Result<()> {
        let option = |name: &str| {
            let value = params.get(1).and_then(|options| options.get(name));
            value.and_then(Value::as_str).map(str::to_owned)
        };
        let page = Page {
            address: first_text(params)?.to_owned(),
            before: option("before"),
            until: option("until"),
            entries: listing::entries(text)?,
        };
        page.check()?;
        self.pages.push(page);
        Ok(())
    }

    fn transaction(&mut self, params: &[Value], text: &str, body: u64) -> io::Result<()> {
        let signature = first_text(params)?;
        let encoding = match params.get(1) {
            Some(Value::String(encoding)) => Some(encoding.as_str()),
            Some(options) => options["encoding"].as_str(),
            None => None,
        };
        match encoding {
            None | Some("json") => {
                let parsed = transaction::parse(text)?;
                if parsed.signature != signature {
                    return Err(invalid(format!("asked for {signature}, answered {}", parsed.signature)));
                }
                self.same_slot(signature, parsed.slot)?;
                self.json.insert(signature.to_owned(), (parsed, body));
            }
            Some("base64") => {
                let slot = serde_json::from_str::<Value>(text)?["slot"].as_u64();
                let slot = slot.ok_or_else(|| invalid("a transaction without a slot"))?;
                self.same_slot(signature, slot)?;
                self.base64.insert(signature.to_owned(), (body, slot));
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// Every answer about a transaction puts it into the same slot.
    fn same_slot(&self, signature: &str, slot: u64) -> io::Result<()> {
        let known = self.json.get(signature).map(|(parsed, _)| parsed.slot);
        match known.or(self.base64.get(signature).map(|(_, slot)| *slot)) {
            Some(known) if known != slot => Err(invalid(format!(
                "transaction {signature} is in slot {slot}, another answer says {known}"
            ))),
            _ => Ok(()),
        }
    }

    fn block(&mut self, params: &[Value], text: &str, body: u64) -> io::Result<()> {
        let slot = first_number(params)?;
        let option = |name: &str| params.get(1).and_then(|options| options[name].as_str());
        let whole = matches!(option("transactionDetails"), None | Some("full"));
        if !whole || !matches!(option("encoding"), None | Some("json")) {
            return Ok(());
        }
        let (note, signatures) = block::note(text, body)?;
        for (position, signature) in (0..).zip(signatures) {
            self.positions.insert(signature, position);
        }
        if let Some(time) = note.time {
            self.times.insert(slot, time);
        }
        self.blocks.insert(slot, note);
        Ok(())
    }

    fn slot(&mut self, params: &[Value], text: &str) -> io::Result<()> {
        let commitment = params.first().and_then(|options| options["commitment"].as_str());
        if matches!(commitment, None | Some("finalized")) {
            let slot = serde_json::from_str(text)?;
            self.facts.finalized = self.facts.finalized.max(Some(slot));
        }
        Ok(())
    }

    fn supply(&mut self, params: &[Value], text: &str) -> io::Result<()> {
        let answer: Value = serde_json::from_str(text)?;
        let amount = answer["value"]["amount"].as_str().and_then(|text| text.parse().ok());
        let decimals = answer["value"]["decimals"]
            .as_u64()
            .and_then(|decimals| u8::try_from(decimals).ok());
        let (Some(slot), Some(amount), Some(decimals)) = (answer["context"]["slot"].as_u64(), amount, decimals) else {
            return Err(invalid("an answer without slot, amount or decimals"));
        };
        self.ledger
            .anchor(first_text(params)?, Anchor { slot, amount }, decimals);
        Ok(())
    }

    fn account(&mut self, address: &str, value: &Value) -> io::Result<()> {
        if value.is_null() {
            return Ok(());
        }
        if let Some(account) = Account::parse(value)? {
            self.accounts.insert(address.to_owned(), account);
        }
        Ok(())
    }

    fn program_accounts(&mut self, params: &[Value], text: &str) -> io::Result<()> {
        if params.get(1).is_some_and(|options| !options["dataSlice"].is_null()) {
            return Ok(());
        }
        let answer: Value = serde_json::from_str(text)?;
        let list = answer.get("value").unwrap_or(&answer).as_array();
        for entry in list.into_iter().flatten() {
            let address = entry["pubkey"]
                .as_str()
                .ok_or_else(|| invalid("an account without a key"))?;
            self.account(address, &entry["account"])?;
        }
        Ok(())
    }

    /// Puts everything together.
    ///
    /// # Errors
    /// Pages contradict each other or the transactions, or a transaction was recorded without its `json`.
    pub(super) fn finish(mut self, info: SolanaRecordingInfo, mint: String) -> io::Result<SolanaRecording> {
        let entries = self.entries()?;
        let mut all: BTreeMap<String, u64> = BTreeMap::new();
        all.extend(entries.values().map(|entry| (entry.signature.clone(), entry.slot)));
        all.extend(
            self.base64
                .iter()
                .map(|(signature, (_, slot))| (signature.clone(), *slot)),
        );
        all.extend(self.json.values().map(|(p, _)| (p.signature.clone(), p.slot)));
        let all = all.into_iter().map(|(signature, slot)| (slot, signature)).collect();
        let ordered = listing::order(all, &self.pages, &self.positions)?;
        let ids: HashMap<String, u32> = ordered.iter().cloned().zip(0..).collect();
        let mut by_address: HashMap<String, Vec<u32>> = HashMap::new();
        let mut transactions = Vec::with_capacity(ordered.len());
        for (signature, id) in ordered.into_iter().zip(0u32..) {
            let parsed = self.json.remove(&signature);
            for key in parsed.iter().flat_map(|(parsed, _)| &parsed.keys) {
                by_address.entry(key.clone()).or_default().push(id);
            }
            let changes = parsed.as_ref().and_then(|(parsed, _)| parsed.balances.as_deref());
            let listed = self.listed(&signature, entries.get(&signature), parsed.as_ref())?;
            self.ledger.push(listed.slot, changes.unwrap_or_default());
            self.produced.insert(listed.slot);
            if let Some(time) = listed.block_time {
                self.times.entry(listed.slot).or_insert(time);
            }
            transactions.push(listed);
        }
        self.use_recorded_lists(&mut by_address, &ids)?;
        self.produced.extend(self.blocks.keys());
        // A block that a recorded one names as its parent exists, though nothing else is known of it.
        self.produced.extend(self.blocks.values().map(|block| block.parent));
        Ok(SolanaRecording {
            info,
            mint,
            bodies: self.bodies.finish()?,
            exact: self.exact,
            transactions,
            ids,
            by_address,
            blocks: self.blocks,
            times: self.times,
            produced: self.produced,
            ledger: self.ledger,
            accounts: self.accounts,
            facts: self.facts,
        })
    }

    /// The entry of each listed signature; every page says the same of it, and so does the transaction.
    fn entries(&self) -> io::Result<HashMap<String, Entry>> {
        let mut entries: HashMap<String, Entry> = HashMap::new();
        for (page, entry) in self.pages.iter().flat_map(|p| p.entries.iter().map(move |e| (p, e))) {
            let known = entries.entry(entry.signature.clone()).or_insert_with(|| entry.clone());
            let differs = |what: &str| {
                let (address, signature) = (&page.address, &entry.signature);
                Err(invalid(format!(
                    "a page of {address} says another {what} of transaction {signature} than another answer"
                )))
            };
            let parsed = self.json.get(&entry.signature).map(|(parsed, _)| parsed);
            if known.slot != entry.slot || parsed.is_some_and(|p| p.slot != entry.slot) {
                return differs("slot");
            }
            if !same_json(&known.err, &entry.err) || parsed.is_some_and(|p| !same_json(&p.err, &entry.err)) {
                return differs("error");
            }
            if parsed.is_some_and(|p| p.keys.binary_search(&page.address).is_err()) {
                return Err(invalid(format!(
                    "a page of {} lists transaction {}, which does not name that address",
                    page.address, entry.signature
                )));
            }
        }
        Ok(entries)
    }

    fn listed(&self, signature: &str, entry: Option<&Entry>, parsed: Option<&(Parsed, u64)>) -> io::Result<Listed> {
        let base64 = self.base64.get(signature).map(|(body, _)| *body);
        match (parsed, entry) {
            (Some((parsed, body)), entry) => Ok(Listed {
                signature: signature.to_owned(),
                slot: parsed.slot,
                block_time: entry.map_or(parsed.block_time, |entry| entry.block_time),
                err: parsed.err.clone(),
                memo: entry.map_or_else(|| parsed.memo.clone(), |entry| entry.memo.clone()),
                index: entry.and_then(|entry| entry.index),
                version: parsed.version,
                json: Some(*body),
                base64,
            }),
            (None, _) if base64.is_some() => Err(invalid(format!(
                "transaction {signature} was recorded in base64 only; record it in json, too"
            ))),
            (None, Some(entry)) => Ok(Listed {
                signature: signature.to_owned(),
                slot: entry.slot,
                block_time: entry.block_time,
                err: entry.err.clone(),
                memo: entry.memo.clone(),
                index: entry.index,
                version: Version::Legacy,
                json: None,
                base64: None,
            }),
            (None, None) => Err(invalid(format!("transaction {signature} is known by its name only"))),
        }
    }

    /// Where pages of an address were recorded, they are its list: the node knew better than its transactions tell.
    fn use_recorded_lists(
        &self,
        by_address: &mut HashMap<String, Vec<u32>>,
        ids: &HashMap<String, u32>,
    ) -> io::Result<()> {
        let mut lists: HashMap<&str, BTreeSet<u32>> = HashMap::new();
        for page in &self.pages {
            let list = lists.entry(&page.address).or_default();
            list.extend(page.entries.iter().filter_map(|entry| ids.get(&entry.signature)));
        }
        for (address, list) in lists {
            by_address.insert(address.to_owned(), list.into_iter().collect());
        }
        self.pages
            .iter()
            .try_for_each(|page| listing::check_runs(page, &by_address[&page.address], ids))
    }
}

/// Whether two JSON texts are the same value.
fn same_json(left: &str, right: &str) -> bool {
    let value = |text: &str| serde_json::from_str::<Value>(text).ok();
    left == right || value(left) == value(right)
}

fn keep<T: for<'de> serde::Deserialize<'de>>(fact: &mut Option<T>, text: &str) -> io::Result<()> {
    *fact = Some(serde_json::from_str(text)?);
    Ok(())
}

fn first_text(params: &[Value]) -> io::Result<&str> {
    let text = params.first().and_then(Value::as_str);
    text.ok_or_else(|| invalid("a request whose first parameter is no text"))
}

fn first_number(params: &[Value]) -> io::Result<u64> {
    let number = params.first().and_then(Value::as_u64);
    number.ok_or_else(|| invalid("a request whose first parameter is no slot"))
}
