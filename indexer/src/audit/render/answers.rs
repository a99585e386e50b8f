//! Recorded answers of the node about supply, accounts and holders, each with the slot as of which it holds.

use crate::audit::error::TruthError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

/// Longest line: an answer with all holders of a widely held token.
const MAX_LINE_BYTES: u64 = 256 * 1024 * 1024;
/// Bytes of a token account of the classic program, and of the part that both programs share.
const TOKEN_ACCOUNT_BYTES: usize = 165;
/// Where a mint has its supply.
const MINT_SUPPLY: std::ops::Range<usize> = 36..44;
/// Bytes of a mint of the classic program.
const MINT_BYTES: usize = 82;
/// Where a token account has its mint, owner and amount.
const ACCOUNT_MINT: std::ops::Range<usize> = 0..32;
const ACCOUNT_OWNER: std::ops::Range<usize> = 32..64;
const ACCOUNT_AMOUNT: std::ops::Range<usize> = 64..72;

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// Method that was called.
    pub(super) method: String,
    /// Slot as of which it holds; `None`: the end of the recording.
    pub(super) slot: Option<u64>,
    /// Supply, where it says so.
    pub(super) supply: Option<u64>,
    /// Accounts with their balance and, where it is told, their owner.
    pub(super) balances: BTreeMap<String, (u64, Option<String>)>,
    /// Whether these are all accounts of the mint: any other has nothing.
    pub(super) all_holders: bool,
}

#[derive(Deserialize)]
struct Line<'a> {
    request: Request,
    #[serde(borrow)]
    response: &'a serde_json::value::RawValue,
}

#[derive(Deserialize)]
struct Request {
    method: String,
    #[serde(default)]
    params: Value,
}

/// All answers of a recording that say something of `mint`; none where the file is absent.
pub(super) fn read(path: &Path, mint: &str) -> Result<Vec<Answer>, TruthError> {
    let io = |source| TruthError::Io {
        path: path.to_owned(),
        source,
    };
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io(error)),
    };
    let mut lines = BufReader::new(zstd::Decoder::new(file).map_err(io)?);
    let (mut answers, mut line, mut number) = (Vec::new(), Vec::new(), 0_u64);
    loop {
        line.clear();
        let read = lines
            .by_ref()
            .take(MAX_LINE_BYTES + 1)
            .read_until(b'\n', &mut line)
            .map_err(io)?;
        if read == 0 {
            return Ok(answers);
        }
        number += 1;
        if read as u64 > MAX_LINE_BYTES {
            return Err(TruthError::TooLong {
                path: path.to_owned(),
                bytes: read as u64,
                limit: MAX_LINE_BYTES,
            });
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let shape = |what: String| TruthError::Shape {
            file: path.display().to_string(),
            path: format!("line {number}"),
            what,
        };
        let pair: Line<'_> = serde_json::from_slice(&line).map_err(|error| shape(error.to_string()))?;
        if is_told(&pair.request.method) {
            let response: Value =
                serde_json::from_str(pair.response.get()).map_err(|error| shape(error.to_string()))?;
            answers.extend(answer(&pair.request, &response, mint).map_err(shape)?);
        }
    }
}

/// Whether a method's answer can be compared.
fn is_told(method: &str) -> bool {
    [
        "getTokenSupply",
        "getTokenLargestAccounts",
        "getTokenAccountBalance",
        "getTokenAccountsByOwner",
        "getAccountInfo",
        "getMultipleAccounts",
        "getProgramAccounts",
    ]
    .contains(&method)
}

/// What one answer says of the mint; nothing, where it is an error or about something else.
fn answer(request: &Request, response: &Value, mint: &str) -> Result<Option<Answer>, String> {
    let result = &response["result"];
    if result.is_null() {
        return Ok(None);
    }
    let value = if result.get("context").is_some() {
        &result["value"]
    } else {
        result
    };
    let mut answer = Answer {
        method: request.method.clone(),
        slot: result["context"]["slot"].as_u64(),
        supply: None,
        balances: BTreeMap::new(),
        all_holders: false,
    };
    let params = &request.params;
    let first = params[0].as_str().unwrap_or_default();
    match request.method.as_str() {
        "getTokenSupply" if first == mint => answer.supply = Some(amount(&value["amount"])?),
        "getTokenLargestAccounts" if first == mint => {
            for holder in list(value)? {
                let address = text(&holder["address"])?;
                answer.balances.insert(address, (amount(&holder["amount"])?, None));
            }
        }
        "getTokenAccountBalance" => {
            answer
                .balances
                .insert(first.to_owned(), (amount(&value["amount"])?, None));
        }
        "getAccountInfo" => answer.take(first, value, params, mint)?,
        "getMultipleAccounts" => {
            for (address, account) in list(&params[0])?.iter().zip(list(value)?) {
                answer.take(&text(address)?, account, params, mint)?;
            }
        }
        "getTokenAccountsByOwner" | "getProgramAccounts" => {
            for holder in list(value)? {
                answer.take(&text(&holder["pubkey"])?, &holder["account"], params, mint)?;
            }
            answer.all_holders = request.method == "getProgramAccounts" && asks_for_holders(params, mint);
        }
        _ => {}
    }
    let says = answer.supply.is_some() || !answer.balances.is_empty() || answer.all_holders;
    Ok(says.then_some(answer))
}

/// Whether the filters are the mint and, at most, the size: then no holder is left out.
fn asks_for_holders(params: &Value, mint: &str) -> bool {
    let filters = params[1]["filters"].as_array().map(Vec::as_slice).unwrap_or_default();
    let of_mint = |filter: &&Value| filter["memcmp"]["offset"] == 0 && filter["memcmp"]["bytes"] == mint;
    let of_size = |filter: &&Value| filter["dataSize"] == TOKEN_ACCOUNT_BYTES;
    filters.iter().any(|filter| of_mint(&filter)) && filters.iter().all(|filter| of_mint(&filter) || of_size(&filter))
}

impl Answer {
    /// Takes one account in, if it is the mint or holds the mint.
    fn take(&mut self, address: &str, account: &Value, params: &Value, mint: &str) -> Result<(), String> {
        if account.is_null() {
            self.balances.insert(address.to_owned(), (0, None));
            return Ok(());
        }
        let parsed = &account["data"]["parsed"]["info"];
        if parsed.is_object() {
            if address == mint {
                self.supply = Some(amount(&parsed["supply"])?);
            } else if parsed["mint"] == mint {
                let held = amount(&parsed["tokenAmount"]["amount"])?;
                let owner = Some(text(&parsed["owner"])?);
                self.balances.insert(address.to_owned(), (held, owner));
            }
            return Ok(());
        }
        let Some(data) = bytes(&account["data"]) else {
            return Ok(());
        };
        let slice = params
            .as_array()
            .and_then(|params| params.iter().find_map(|one| one.get("dataSlice")));
        let start = slice.and_then(|slice| slice["offset"].as_u64()).unwrap_or(0);
        let part = |range: &std::ops::Range<usize>| part(&data, start, range);
        if address == mint {
            if data.len() >= MINT_BYTES {
                self.supply = part(&MINT_SUPPLY).and_then(little_endian);
            }
            return Ok(());
        }
        // A slice that leaves the mint out was asked for with the mint as a filter.
        let is_of_mint = part(&ACCOUNT_MINT).is_none_or(|bytes| bs58::encode(bytes).into_string() == mint);
        let whole = slice.is_some() || data.len() >= TOKEN_ACCOUNT_BYTES;
        if let Some(held) = part(&ACCOUNT_AMOUNT)
            .and_then(little_endian)
            .filter(|_| is_of_mint && whole)
        {
            let owner = part(&ACCOUNT_OWNER).map(|bytes| bs58::encode(bytes).into_string());
            self.balances.insert(address.to_owned(), (held, owner));
        }
        Ok(())
    }
}

/// The bytes of an account, where they come as base64.
fn bytes(data: &Value) -> Option<Vec<u8>> {
    let encoded = data
        .as_array()
        .filter(|pair| pair.get(1).is_some_and(|form| form == "base64"))?;
    STANDARD.decode(encoded[0].as_str()?).ok()
}

/// A part of an account of which the bytes from `start` on are there.
fn part<'d>(data: &'d [u8], start: u64, range: &std::ops::Range<usize>) -> Option<&'d [u8]> {
    let start = usize::try_from(start).ok()?;
    data.get(range.start.checked_sub(start)?..range.end.checked_sub(start)?)
}

fn little_endian(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_le_bytes)
}

fn list(value: &Value) -> Result<&Vec<Value>, String> {
    value.as_array().ok_or_else(|| "the answer is no list".to_owned())
}

fn text(value: &Value) -> Result<String, String> {
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| "an address is no text".to_owned())
}

/// Base units, in text form as nodes answer, or as a number.
fn amount(value: &Value) -> Result<u64, String> {
    let digits = value.as_str().and_then(|text| text.parse().ok());
    digits
        .or_else(|| value.as_u64())
        .ok_or_else(|| format!("{value} is no amount of 64 bits"))
}
