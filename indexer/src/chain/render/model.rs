//! What the decoder gives: transactions of one slot, whatever their encoding and version.

use crate::source::RawWindow;

/// What was served of one slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The slot.
    pub slot: u64,
    /// Time of its block, seconds since the Unix epoch; nothing where it has no transaction and no node knew the time.
    pub block_time: Option<i64>,
    /// What was asked for the range that ends here.
    pub window: Option<RawWindow>,
    /// Transactions in the order of their signatures.
    pub transactions: Vec<Transaction>,
}

/// How a transaction is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// No version.
    Legacy,
    /// With lookup tables.
    V0,
    /// SIMD-0385: no lookup tables, signatures behind the message.
    V1,
}

impl Version {
    /// As in rows: −1 legacy, else the number.
    pub const fn number(self) -> i8 {
        match self {
            Self::Legacy => -1,
            Self::V0 => 0,
            Self::V1 => 1,
        }
    }
}

/// One transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// First signature, base58.
    pub signature: String,
    /// Time of its block, seconds since the Unix epoch.
    pub block_time: i64,
    /// Position in its block, where the source knows it.
    pub tx_index: Option<u32>,
    /// Layout.
    pub version: Version,
    /// Why it failed, as compact JSON. A failed transaction has paid its fee and done nothing else.
    pub error: Option<String>,
    /// Fee in lamports.
    pub fee: u64,
    /// Compute units, where the node says.
    pub compute_units: Option<u64>,
    /// Accounts: static, then loaded writable, then loaded readonly. Every index points into this list; the first pays.
    pub keys: Vec<String>,
    /// How many of the first keys signed.
    pub signers: usize,
    /// Instructions of token and memo programs in the order in which they ran. Of a failed transaction: top-level only.
    pub instructions: Vec<Instruction>,
    /// Token balances before; of a failed transaction none.
    pub before: Vec<TokenBalance>,
    /// Token balances after; of a failed transaction none.
    pub after: Vec<TokenBalance>,
}

impl Transaction {
    /// The account that pays the fee.
    pub fn fee_payer(&self) -> &str {
        self.keys.first().map_or("", String::as_str)
    }

    /// All memos, joined by a line feed. Bytes that are no text are replaced.
    pub fn memo(&self) -> String {
        let memos = self.instructions.iter().filter(|one| one.program == Program::Memo);
        let texts: Vec<_> = memos.map(|memo| String::from_utf8_lossy(&memo.data)).collect();
        texts.join("\n")
    }
}

/// Programs whose instructions are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// SPL Token.
    Token,
    /// Token-2022.
    Token2022,
    /// Memo, any of its three addresses.
    Memo,
}

impl Program {
    /// The program at an address, if it is one of those.
    pub fn at(address: &str) -> Option<Self> {
        match address {
            "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA" => Some(Self::Token),
            "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb" => Some(Self::Token2022),
            "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr"
            | "Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo"
            | "Memo4c2pN8afCj432Lb7RMVKi9PbQnnW7ewFFaV3oAH" => Some(Self::Memo),
            _ => None,
        }
    }

    /// The name, as in rows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token => "spl-token",
            Self::Token2022 => "token-2022",
            Self::Memo => "spl-memo",
        }
    }
}

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Index of the top-level instruction.
    pub outer: u16,
    /// Index within its list of inner instructions, if it is one of those.
    pub inner: Option<u16>,
    /// The program.
    pub program: Program,
    /// Accounts, as indexes into the transaction's keys: each is within them.
    pub accounts: Vec<u8>,
    /// Its data.
    pub data: Vec<u8>,
}

/// What a token account held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenBalance {
    /// The token account, as index into the transaction's keys.
    pub account: u8,
    /// Its mint.
    pub mint: String,
    /// Its owner; empty where the node does not say.
    pub owner: String,
    /// Base units.
    pub amount: u64,
    /// Decimals of the mint.
    pub decimals: u8,
}
