//! The files of a recording of Render, read as a stream: no line, no number of lines and no text is taken on trust.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Component, Path};

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::source::replay::lines::invalid;

/// A line (a request with its answer) is at most this long; the longest that a node serves is a full block.
const MAX_LINE_BYTES: u64 = 64 * 1024 * 1024;
/// Requests in a recording.
const MAX_LINES: u64 = 4_000_000;
/// `recording.json` and `accounts.json` are at most this long.
const MAX_DOCUMENT_BYTES: u64 = 16 * 1024 * 1024;
/// Length of the text of an address, base58.
const ADDRESS_CHARS: std::ops::RangeInclusive<usize> = 32..=44;

/// `recording.json` of a recording of Render.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SolanaRecordingInfo {
    /// Always `render`.
    pub kind: String,
    /// What the recording calls its chain; the genesis hash is what the recorded node answered.
    pub chain_id: String,
    /// Decimals of the mint.
    pub decimals: u8,
    /// File that says which account plays which part.
    #[serde(default = "accounts_file")]
    pub accounts: String,
}

fn accounts_file() -> String {
    "accounts.json".into()
}

/// What a replay needs of `accounts.json`; its parts are named by `chain::render::watch`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Accounts {
    pub(super) mint: String,
}

impl SolanaRecordingInfo {
    /// Reads `recording.json` of a folder.
    ///
    /// # Errors
    /// The file is missing, is not a description of a recording, or describes one of another kind.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let path = folder.join("recording.json");
        let info: Self = document(&path)?;
        if info.kind != "render" {
            return Err(invalid(format!(
                "{}: kind {:?} is not served over Solana's JSON-RPC",
                path.display(),
                info.kind
            )));
        }
        if info.chain_id.is_empty() {
            return Err(invalid(format!("{}: `chain_id` is empty", path.display())));
        }
        if !is_file_name(&info.accounts) {
            let accounts = &info.accounts;
            return Err(invalid(format!(
                "{}: `accounts` is {accounts:?}: name a file beside it",
                path.display()
            )));
        }
        Ok(info)
    }
}

/// Whether a text names a file in the same folder, and nothing else.
fn is_file_name(text: &str) -> bool {
    let mut parts = Path::new(text).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(name)), None) if name == text)
}

/// Reads which accounts a recording is about.
pub(super) fn accounts(folder: &Path, info: &SolanaRecordingInfo) -> io::Result<Accounts> {
    let path = folder.join(&info.accounts);
    let accounts: Accounts = document(&path)?;
    if !ADDRESS_CHARS.contains(&accounts.mint.len()) || bs58::decode(&accounts.mint).into_vec().is_err() {
        return Err(invalid(format!(
            "{}: `mint` is {:?}, which is no address",
            path.display(),
            accounts.mint
        )));
    }
    Ok(accounts)
}

fn document<T: for<'de> Deserialize<'de>>(path: &Path) -> io::Result<T> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|e| at(path, &e))?;
    let read = file.take(MAX_DOCUMENT_BYTES + 1).read_to_end(&mut bytes);
    if read.map_err(|e| at(path, &e))? as u64 > MAX_DOCUMENT_BYTES {
        return Err(invalid(format!(
            "{}: longer than {MAX_DOCUMENT_BYTES} bytes",
            path.display()
        )));
    }
    serde_json::from_slice(&bytes).map_err(|e| invalid(format!("{}: {e}", path.display())))
}

/// A recorded request with its answer.
pub(super) struct Pair<'a> {
    /// Method of the request.
    pub(super) method: &'a str,
    /// Parameters of the request.
    pub(super) params: &'a [Value],
    /// `result` of the answer as served, or `error`.
    pub(super) body: Recorded<'a>,
}

/// An answer as served.
#[derive(Clone, Copy)]
pub(super) enum Recorded<'a> {
    /// The `result`.
    Result(&'a str),
    /// The `error`.
    Error(&'a str),
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    request: Request<'a>,
    #[serde(borrow)]
    response: Response<'a>,
}

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(default)]
    params: Option<Vec<Value>>,
}

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

/// Calls `f` with each pair of a compressed file; errors name the file and the line.
pub(super) fn each_pair(path: &Path, mut f: impl FnMut(Pair<'_>) -> io::Result<()>) -> io::Result<()> {
    let file = File::open(path).map_err(|e| at(path, &e))?;
    let decoder = zstd::Decoder::new(file).map_err(|e| at(path, &e))?;
    let mut reader = BufReader::with_capacity(64 * 1024, decoder);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = (&mut reader)
            .take(MAX_LINE_BYTES + 1)
            .read_until(b'\n', &mut line)
            .map_err(|e| at(path, &e))?;
        if read == 0 {
            return Ok(());
        }
        let whole = || format!("{} line {number}", path.display());
        if number > MAX_LINES {
            return Err(invalid(format!("{}: more than {MAX_LINES} lines", whole())));
        }
        if read as u64 > MAX_LINE_BYTES {
            return Err(invalid(format!("{}: longer than {MAX_LINE_BYTES} bytes", whole())));
        }
        pair(line.trim_ascii_end(), &mut f).map_err(|e| invalid(format!("{}: {e}", whole())))?;
    }
    Ok(())
}

fn pair(line: &[u8], f: &mut impl FnMut(Pair<'_>) -> io::Result<()>) -> io::Result<()> {
    let Line { request, response } = serde_json::from_slice(line)?;
    let body = match (response.result, response.error) {
        (Some(_), Some(_)) => return Err(invalid("an answer has a result and an error")),
        (_, Some(error)) => Recorded::Error(error.get()),
        (result, None) => Recorded::Result(result.map_or("null", RawValue::get)),
    };
    f(Pair {
        method: &request.method,
        params: request.params.as_deref().unwrap_or_default(),
        body,
    })
}

fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
