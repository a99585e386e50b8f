//! Accounts as `getAccountInfo` and its kin show them.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::RpcError;
use super::ledger::Holding;

/// Bytes of a token account, and of a mint, without extensions.
pub(super) const TOKEN_ACCOUNT_BYTES: usize = 165;
/// Bytes of a mint without extensions.
pub(super) const MINT_BYTES: usize = 82;
/// Where the amount lies in a token account.
const AMOUNT_AT: std::ops::Range<usize> = 64..72;
/// Rent-exempt balance of a token account, where none is recorded.
const TOKEN_ACCOUNT_LAMPORTS: u64 = 2_039_280;
/// Rent-exempt balance of a mint, where none is recorded.
const MINT_LAMPORTS: u64 = 1_461_600;
/// Bytes that a node shows in base58.
const MAX_BASE58_BYTES: usize = 128;

/// An account's bytes with what stands around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) lamports: u64,
    pub(super) owner: String,
    pub(super) rent_epoch: u64,
    pub(super) data: Vec<u8>,
}

/// How a request wants the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Base58, without naming it.
    Binary,
    Base58,
    Base64,
    Base64Zstd,
    JsonParsed,
}

/// A part of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slice {
    pub(super) offset: usize,
    pub(super) length: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recorded {
    lamports: u64,
    owner: String,
    #[serde(default = "u64_max")]
    rent_epoch: u64,
    data: Value,
}

fn u64_max() -> u64 {
    u64::MAX
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MintInfo {
    decimals: u8,
    freeze_authority: Option<String>,
    mint_authority: Option<String>,
    supply: String,
}

/// Members in the order of the recorded node.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    data: Value,
    executable: bool,
    lamports: u64,
    owner: &'a str,
    rent_epoch: u64,
    space: usize,
}

impl Account {
    /// Reads a recorded account; `None` where its bytes were not recorded (other encodings, cut data).
    pub(super) fn parse(value: &Value) -> io::Result<Option<Self>> {
        let recorded: Recorded = serde_json::from_value(value.clone())?;
        let data = match &recorded.data {
            Value::Array(pair) => match (
                pair.first().and_then(Value::as_str),
                pair.get(1).and_then(Value::as_str),
            ) {
                (Some(text), Some("base64")) => STANDARD.decode(text).ok(),
                _ => None,
            },
            Value::Object(parsed) if parsed["parsed"]["type"] == "mint" => {
                let info: MintInfo = serde_json::from_value(parsed["parsed"]["info"].clone())?;
                mint_bytes(&info)
            }
            _ => None,
        };
        Ok(data.map(|data| Self {
            lamports: recorded.lamports,
            owner: recorded.owner,
            rent_epoch: recorded.rent_epoch,
            data,
        }))
    }

    /// A token account with these holdings, on top of its recorded bytes where there are any of the same owner.
    pub(super) fn of_holding(holding: &Holding, recorded: Option<&Self>) -> Self {
        let mut account = match recorded {
            Some(recorded) if recorded.data.len() >= TOKEN_ACCOUNT_BYTES => recorded.clone(),
            _ => Self {
                lamports: TOKEN_ACCOUNT_LAMPORTS,
                owner: holding.program.clone(),
                rent_epoch: u64::MAX,
                data: blank_token_account(&holding.mint),
            },
        };
        write_address(&mut account.data[32..64], &holding.owner);
        account.data[AMOUNT_AT].copy_from_slice(&holding.amount.to_le_bytes());
        account
    }

    /// A mint with this supply, on top of its recorded bytes where there are any.
    pub(super) fn of_mint(program: &str, decimals: u8, supply: u64, recorded: Option<&Self>) -> Self {
        let mut account = match recorded {
            Some(recorded) if recorded.data.len() >= MINT_BYTES => recorded.clone(),
            _ => {
                let mut data = vec![0; MINT_BYTES];
                (data[44], data[45]) = (decimals, 1);
                Self {
                    lamports: MINT_LAMPORTS,
                    owner: program.to_owned(),
                    rent_epoch: u64::MAX,
                    data,
                }
            }
        };
        account.data[36..44].copy_from_slice(&supply.to_le_bytes());
        account
    }

    /// The account as JSON. `decimals` are those of its mint.
    pub(super) fn show(&self, encoding: Encoding, slice: Option<Slice>, decimals: u8) -> Result<Value, RpcError> {
        let data = match encoding {
            Encoding::JsonParsed => self.parsed(decimals),
            _ => None,
        };
        let data = match data {
            Some(parsed) => parsed,
            None => self.encoded(encoding, slice)?,
        };
        let shown = Shown {
            data,
            executable: false,
            lamports: self.lamports,
            owner: &self.owner,
            rent_epoch: self.rent_epoch,
            space: self.data.len(),
        };
        serde_json::to_value(shown).map_err(|e| RpcError::internal(e.to_string()))
    }

    fn encoded(&self, encoding: Encoding, slice: Option<Slice>) -> Result<Value, RpcError> {
        let bytes = match slice {
            Some(slice) => {
                let start = slice.offset.min(self.data.len());
                &self.data[start..start.saturating_add(slice.length).min(self.data.len())]
            }
            None => &self.data,
        };
        if matches!(encoding, Encoding::Base58 | Encoding::Binary) && bytes.len() > MAX_BASE58_BYTES {
            return Err(RpcError::refused(
                "Encoded binary (base 58) data should be less than 128 bytes, please use Base64 encoding.",
            ));
        }
        Ok(match encoding {
            Encoding::Binary => bs58::encode(bytes).into_string().into(),
            Encoding::Base58 => json!([bs58::encode(bytes).into_string(), "base58"]),
            Encoding::Base64 | Encoding::JsonParsed => json!([STANDARD.encode(bytes), "base64"]),
            Encoding::Base64Zstd => {
                let packed = zstd::bulk::compress(bytes, 0).map_err(|e| RpcError::internal(e.to_string()))?;
                json!([STANDARD.encode(packed), "base64+zstd"])
            }
        })
    }

    /// A mint or a token account, spelt out; `None` for anything else.
    fn parsed(&self, decimals: u8) -> Option<Value> {
        let (kind, info) = match self.data.len() {
            MINT_BYTES => ("mint", self.mint_info()?),
            TOKEN_ACCOUNT_BYTES => ("account", self.token_info(decimals)?),
            _ => return None,
        };
        Some(json!({
            "parsed": {"info": info, "type": kind},
            "program": "spl-token",
            "space": self.data.len(),
        }))
    }

    fn mint_info(&self) -> Option<Value> {
        Some(json!({
            "decimals": self.data[44],
            "freezeAuthority": optional_address(&self.data[46..82])?,
            "isInitialized": self.data[45] == 1,
            "mintAuthority": optional_address(&self.data[0..36])?,
            "supply": u64::from_le_bytes(self.data[36..44].try_into().ok()?).to_string(),
        }))
    }

    fn token_info(&self, decimals: u8) -> Option<Value> {
        let state = match self.data[108] {
            1 => "initialized",
            2 => "frozen",
            _ => return None,
        };
        Some(json!({
            "isNative": false,
            "mint": bs58::encode(&self.data[0..32]).into_string(),
            "owner": bs58::encode(&self.data[32..64]).into_string(),
            "state": state,
            "tokenAmount": ui_amount(u64::from_le_bytes(self.data[AMOUNT_AT].try_into().ok()?), decimals),
        }))
    }
}

/// An amount as nodes show it. Its float is the node's own, for display; nothing here calculates with it.
pub(super) fn ui_amount(amount: u64, decimals: u8) -> Value {
    let text = ui_text(amount, decimals);
    let float = amount as f64 / 10f64.powi(i32::from(decimals));
    json!({"amount": amount.to_string(), "decimals": decimals, "uiAmount": float, "uiAmountString": text})
}

fn ui_text(amount: u64, decimals: u8) -> String {
    let decimals = usize::from(decimals);
    let digits = format!("{amount:0>width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}

fn blank_token_account(mint: &str) -> Vec<u8> {
    let mut data = vec![0; TOKEN_ACCOUNT_BYTES];
    write_address(&mut data[0..32], mint);
    data[108] = 1;
    data
}

fn mint_bytes(info: &MintInfo) -> Option<Vec<u8>> {
    let mut data = vec![0; MINT_BYTES];
    data[36..44].copy_from_slice(&info.supply.parse::<u64>().ok()?.to_le_bytes());
    (data[44], data[45]) = (info.decimals, 1);
    for (at, authority) in [(0, &info.mint_authority), (46, &info.freeze_authority)] {
        if let Some(address) = authority {
            data[at] = 1;
            write_address(&mut data[at + 4..at + 36], address);
        }
    }
    Some(data)
}

/// Writes an address; one that is not base58 of 32 bytes leaves zeros, which is no account's address.
fn write_address(into: &mut [u8], address: &str) {
    let mut bytes = [0; 32];
    if address.len() > 44 || bs58::decode(address).onto(&mut bytes) != Ok(32) {
        bytes = [0; 32];
    }
    into.copy_from_slice(&bytes);
}

/// An optional address of a mint: null, or the text. `None`: the bytes are neither.
fn optional_address(bytes: &[u8]) -> Option<Value> {
    match bytes.first_chunk::<4>()? {
        [0, 0, 0, 0] => Some(Value::Null),
        [1, 0, 0, 0] => Some(bs58::encode(&bytes[4..36]).into_string().into()),
        _ => None,
    }
}
