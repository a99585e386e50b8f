//! A transaction's message, whatever its encoding.

use super::body::{JsonInstruction, JsonTransaction};
use super::error::{Fault, excerpt};
use super::limits::{MAX_DATA_CHARS, MAX_KEYS, MAX_SIGNATURES};
use crate::chain::render::model::Version;
use crate::chain::render::text::{is_address, is_signature};

/// What the signers signed.
pub(super) struct Message<'a> {
    pub version: Version,
    /// Base58; the first names the transaction.
    pub signature: String,
    /// Static accounts, base58.
    pub keys: Vec<String>,
    pub signers: usize,
    pub calls: Vec<Call<'a>>,
    /// How many writable and readonly addresses the lookup tables add.
    pub lookups: (usize, usize),
}

/// One instruction, its data not yet decoded: most belong to programs that nobody here reads.
pub(super) struct Call<'a> {
    pub program: usize,
    pub accounts: Vec<u8>,
    pub data: Data<'a>,
}

pub(super) enum Data<'a> {
    Base58(&'a str),
    Bytes(Vec<u8>),
}

impl Data<'_> {
    pub(super) fn bytes(self) -> Result<Vec<u8>, Fault> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Base58(text) => {
                at_most("instruction data", text.len(), MAX_DATA_CHARS)?;
                bs58::decode(text).into_vec().map_err(|_| Fault::Text {
                    what: "instruction data",
                    text: excerpt(text),
                })
            }
        }
    }
}

impl<'a> From<JsonInstruction<'a>> for Call<'a> {
    fn from(instruction: JsonInstruction<'a>) -> Self {
        Self {
            program: usize::from(instruction.program_id_index),
            accounts: instruction.accounts,
            data: Data::Base58(instruction.data),
        }
    }
}

impl<'a> Message<'a> {
    /// The message of encoding `json`. `version` is what the body says; none is what nodes say of legacy ones only.
    pub(super) fn from_json(transaction: JsonTransaction<'a>, version: Option<Version>) -> Result<Self, Fault> {
        let message = transaction.message;
        let lookups = message.address_table_lookups.unwrap_or_default();
        let version = version.unwrap_or(Version::Legacy);
        if version != Version::V0 && !lookups.is_empty() {
            return Err(Fault::OtherVersion {
                said: version.number(),
                found: Version::V0.number(),
            });
        }
        at_most("signatures", transaction.signatures.len(), MAX_SIGNATURES)?;
        if let Some(wrong) = transaction.signatures.iter().find(|text| !is_signature(text)) {
            return Err(malformed("a signature", wrong));
        }
        let signers = usize::from(message.header.num_required_signatures);
        check_header(signers, transaction.signatures.len(), message.account_keys.len())?;
        Ok(Self {
            version,
            signature: transaction.signatures[0].to_owned(),
            keys: addresses(&message.account_keys)?,
            signers,
            calls: message.instructions.into_iter().map(Call::from).collect(),
            lookups: (
                lookups.iter().map(|lookup| lookup.writable_indexes.len()).sum(),
                lookups.iter().map(|lookup| lookup.readonly_indexes.len()).sum(),
            ),
        })
    }
}

/// Signers, signatures and accounts must fit: one signature for each signer, each signer an account, and one pays.
pub(super) fn check_header(signers: usize, signatures: usize, keys: usize) -> Result<(), Fault> {
    at_most("accounts", keys, MAX_KEYS)?;
    if signers == 0 || signers != signatures || signers > keys {
        return Err(Fault::Header {
            signers,
            signatures,
            keys,
        });
    }
    Ok(())
}

/// Addresses that are checked to be some.
pub(super) fn addresses(texts: &[&str]) -> Result<Vec<String>, Fault> {
    texts
        .iter()
        .map(|text| match is_address(text) {
            true => Ok((*text).to_owned()),
            false => Err(malformed("an account key", text)),
        })
        .collect()
}

pub(super) fn malformed(what: &'static str, text: &str) -> Fault {
    Fault::Text {
        what,
        text: excerpt(text),
    }
}

pub(super) fn at_most(what: &'static str, size: usize, limit: usize) -> Result<(), Fault> {
    match size <= limit {
        true => Ok(()),
        false => Err(Fault::TooLarge { what, size, limit }),
    }
}
