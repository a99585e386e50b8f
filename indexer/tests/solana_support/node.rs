//! The answers of a node that tells the truth about its chain, as far as it has come and as far as it keeps it.

use std::ops::RangeInclusive;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Reply;
use super::world::{Chain, Tx, mint};

/// In which order a node lists the transactions of one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    NewestFirst,
    OldestFirst,
}

#[derive(Clone, Debug)]
pub struct Node {
    pub chain: Chain,
    pub genesis: String,
    /// Lowest slot that it keeps.
    pub first: u64,
    /// How far it has come.
    pub finalized: u64,
    /// Blocks above `finalized` that it shows to those who ask for less.
    pub confirmed: u64,
    pub order: Order,
    /// Entries of a page at most, whatever is asked for.
    pub cap: usize,
    pub decimals: u8,
    pub program: &'static str,
    /// Token accounts: address, owner, amount.
    pub balances: Vec<(String, String, u64)>,
    pub supply: u64,
}

impl Node {
    pub fn new(chain: Chain, finalized: u64) -> Self {
        Self {
            chain,
            genesis: bs58::encode([1; 32]).into_string(),
            first: 0,
            finalized,
            confirmed: finalized,
            order: Order::NewestFirst,
            cap: 1000,
            decimals: 8,
            program: "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
            balances: Vec::new(),
            supply: 0,
        }
    }

    /// How far an answer reaches: what is finalized, unless less is asked for.
    fn reach(&self, config: &Value) -> u64 {
        match config["commitment"].as_str() {
            Some("confirmed" | "processed") => self.confirmed,
            _ => self.finalized,
        }
    }

    fn kept(&self, config: &Value) -> RangeInclusive<u64> {
        self.first..=self.reach(config)
    }

    pub fn answer(&self, method: &str, params: &Value) -> Reply {
        let config = params
            .as_array()
            .and_then(|p| p.iter().find(|v| v.is_object()))
            .cloned()
            .unwrap_or_default();
        if config["minContextSlot"]
            .as_u64()
            .is_some_and(|least| least > self.reach(&config))
        {
            let data = json!({"contextSlot": self.reach(&config)});
            return Reply::Error(-32016, "Minimum context slot has not been reached", data);
        }
        match method {
            "getGenesisHash" => Reply::Result(json!(self.genesis)),
            "getVersion" => Reply::Result(json!({"solana-core": "4.2.2", "feature-set": 1})),
            "getSlot" => Reply::Result(json!(self.reach(&config))),
            "getFirstAvailableBlock" => Reply::Result(json!(self.first)),
            "getSignaturesForAddress" => self.signatures(params, &config),
            "getTransaction" => self.transaction(params[0].as_str().unwrap(), &config),
            "getBlock" => self.block(params[0].as_u64().unwrap(), &config),
            "getBlockTime" => self.block_time(params[0].as_u64().unwrap()),
            "getBlocksWithLimit" => {
                let (start, limit) = (params[0].as_u64().unwrap(), params[1].as_u64().unwrap() as usize);
                let slots = self.chain.blocks.range(self.kept(&config)).map(|(slot, _)| *slot);
                Reply::Result(json!(slots.filter(|s| *s >= start).take(limit).collect::<Vec<_>>()))
            }
            "getTokenSupply" => self.in_context(json!({"amount": self.supply.to_string(), "decimals": self.decimals})),
            "getMultipleAccounts" => {
                let asked = params[0].as_array().unwrap().iter();
                self.in_context(asked.map(|a| self.account(a.as_str().unwrap())).collect())
            }
            _ => Reply::Error(-32601, "Method not found", Value::Null),
        }
    }

    fn in_context(&self, value: Value) -> Reply {
        Reply::Result(json!({"context": {"slot": self.finalized}, "value": value}))
    }

    fn signatures(&self, params: &Value, config: &Value) -> Reply {
        let address = params[0].as_str().unwrap();
        let mut list: Vec<(u64, i64, &Tx)> = Vec::new();
        for (slot, block) in self.chain.blocks.range(self.kept(config)).rev() {
            let of_slot = block.txs.iter().filter(|tx| tx.addresses.contains(address));
            let mut of_slot: Vec<_> = of_slot.map(|tx| (*slot, block.time.unwrap_or(0), tx)).collect();
            if self.order == Order::NewestFirst {
                of_slot.reverse();
            }
            list.extend(of_slot);
        }
        if let Some(before) = config["before"].as_str() {
            let known = self
                .chain
                .find(before)
                .is_some_and(|(slot, ..)| self.kept(config).contains(&slot));
            if !known {
                return Reply::Error(-32020, "Transaction not found", Value::Null);
            }
            let at = list.iter().position(|(_, _, tx)| tx.signature == before);
            list.drain(..=at.unwrap());
        }
        let limit = config["limit"].as_u64().unwrap_or(1000) as usize;
        let entry = |(slot, time, tx): (u64, i64, &Tx)| {
            json!({"signature": tx.signature, "slot": slot, "err": tx.err, "memo": null, "blockTime": time,
                   "confirmationStatus": if slot <= self.finalized { "finalized" } else { "confirmed" }})
        };
        Reply::Result(list.into_iter().take(limit.min(self.cap)).map(entry).collect())
    }

    fn transaction(&self, signature: &str, config: &Value) -> Reply {
        match self.chain.find(signature) {
            Some((slot, block, tx)) if self.kept(config).contains(&slot) => Reply::Result(json!({
                "slot": slot, "blockTime": block.time, "version": "legacy",
                "transaction": {"signatures": [tx.signature], "message": {}},
                "meta": {"err": tx.err, "fee": 5000},
            })),
            _ => Reply::Result(Value::Null),
        }
    }

    fn block(&self, slot: u64, config: &Value) -> Reply {
        if slot > self.reach(config) {
            return Reply::Error(-32004, "Block not available for slot", Value::Null);
        }
        if slot < self.first {
            return Reply::Error(
                -32001,
                "Block cleaned up, does not exist on node. First available block: 1000",
                Value::Null,
            );
        }
        let Some(block) = self.chain.blocks.get(&slot) else {
            return Reply::Error(-32009, "Slot was skipped, or missing in long-term storage", Value::Null);
        };
        let mut answer = json!({"blockhash": block.hash, "parentSlot": block.parent, "blockTime": block.time,
            "previousBlockhash": self.chain.previous_hash(slot), "blockHeight": slot});
        if config["transactionDetails"] == "signatures" {
            answer["signatures"] = block.txs.iter().map(|tx| json!(tx.signature)).collect();
        }
        Reply::Result(answer)
    }

    fn block_time(&self, slot: u64) -> Reply {
        match self.chain.blocks.get(&slot) {
            Some(block) if slot >= self.first => Reply::Result(json!(block.time)),
            _ => Reply::Error(-32009, "Slot was skipped, or missing in long-term storage", Value::Null),
        }
    }

    fn account(&self, address: &str) -> Value {
        let data = if address == mint() {
            let mut data = vec![0; 82];
            data[36..44].copy_from_slice(&self.supply.to_le_bytes());
            (data[44], data[45]) = (self.decimals, 1);
            data
        } else {
            let Some((_, owner, amount)) = self.balances.iter().find(|(a, ..)| a == address) else {
                return Value::Null;
            };
            let mut data = vec![0; 165];
            data[..32].copy_from_slice(&bs58::decode(mint()).into_vec().unwrap());
            data[32..64].copy_from_slice(&bs58::decode(owner).into_vec().unwrap());
            data[64..72].copy_from_slice(&amount.to_le_bytes());
            data[108] = 1;
            data
        };
        json!({"owner": self.program, "data": [STANDARD.encode(data), "base64"], "lamports": 1, "executable": false, "rentEpoch": 0})
    }
}
