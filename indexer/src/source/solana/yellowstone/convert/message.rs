//! The message of a streamed transaction, checked.

use serde::Serialize;
use yellowstone_grpc_proto::prelude::{self as proto, Transaction, TransactionStatusMeta};

use super::meta::Meta;
use super::{ConvertError, MAX_INSTRUCTIONS, MAX_KEYS, MAX_SIGNATURES, at_most, base58_key, below, data_fits, exact};

/// Programs whose instructions change token balances.
const TOKEN_PROGRAMS: [&str; 2] = [
    "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
    "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb",
];

/// Version of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Legacy,
    Number(u8),
}

impl Serialize for Version {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Legacy => serializer.serialize_str("legacy"),
            Self::Number(number) => serializer.serialize_u8(*number),
        }
    }
}

/// A message whose lengths and indexes are right.
pub(super) struct Message<'a> {
    pub(super) version: Version,
    pub(super) signatures: Vec<String>,
    pub(super) header: &'a proto::MessageHeader,
    pub(super) recent_blockhash: String,
    pub(super) static_keys: Vec<String>,
    pub(super) loaded_writable: Vec<String>,
    pub(super) loaded_readonly: Vec<String>,
    pub(super) instructions: &'a [proto::CompiledInstruction],
    pub(super) lookups: Vec<Lookup<'a>>,
    pub(super) config: Option<&'a proto::TransactionConfig>,
}

/// A use of a lookup table.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Lookup<'a> {
    account_key: String,
    writable_indexes: &'a [u8],
    readonly_indexes: &'a [u8],
}

impl<'a> Message<'a> {
    pub(super) fn read(wire: &'a Transaction, meta: &'a TransactionStatusMeta) -> Result<Self, ConvertError> {
        let message = wire.message.as_ref().ok_or(ConvertError::Missing("the message"))?;
        let header = message
            .header
            .as_ref()
            .ok_or(ConvertError::Missing("the message's header"))?;
        at_most("signatures", wire.signatures.len(), MAX_SIGNATURES)?;
        at_most("instructions", message.instructions.len(), MAX_INSTRUCTIONS)?;
        let loaded = meta.loaded_writable_addresses.len() + meta.loaded_readonly_addresses.len();
        at_most(
            "account keys",
            message.account_keys.len().saturating_add(loaded),
            MAX_KEYS,
        )?;
        let read = Self {
            version: version(message),
            signatures: signatures(&wire.signatures)?,
            header,
            recent_blockhash: base58_key("the recent blockhash", &message.recent_blockhash)?,
            static_keys: keys(&message.account_keys)?,
            loaded_writable: keys(&meta.loaded_writable_addresses)?,
            loaded_readonly: keys(&meta.loaded_readonly_addresses)?,
            instructions: &message.instructions,
            lookups: lookups(&message.address_table_lookups)?,
            config: message.config.as_ref(),
        };
        read.check_header()?;
        read.check_lookups(&message.address_table_lookups)?;
        read.check_instructions()?;
        Ok(read)
    }

    /// The first signature, which the update repeats.
    pub(super) fn signature(&self, repeated: &[u8]) -> Result<String, ConvertError> {
        let first = self
            .signatures
            .first()
            .ok_or(ConvertError::Missing("the first signature"))?;
        if bs58::encode(exact("the update's signature", repeated, 64)?).into_string() != *first {
            return Err(ConvertError::Contradiction(
                "the update's signature is not the transaction's first one",
            ));
        }
        Ok(first.clone())
    }

    /// All account keys in the order of their indexes: static, loaded writable, loaded readonly.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        let loaded = self.loaded_writable.iter().chain(&self.loaded_readonly);
        self.static_keys.iter().chain(loaded).map(String::as_str)
    }

    pub(super) fn key_count(&self) -> usize {
        self.static_keys.len() + self.loaded_writable.len() + self.loaded_readonly.len()
    }

    /// Whether a server that does not know v1 messages would have described one like this.
    pub(super) fn may_be_v1(&self) -> bool {
        self.version == Version::Number(0) && self.lookups.is_empty()
    }

    /// Whether a token program runs anywhere in the transaction.
    pub(super) fn calls_token_program(&self, meta: &Meta<'_>) -> bool {
        let outer = self.instructions.iter().map(|i| i.program_id_index);
        let called: Vec<u32> = outer.chain(meta.inner_programs()).collect();
        let is_token = |key: &str| TOKEN_PROGRAMS.contains(&key);
        let keys = self.keys().enumerate();
        keys.filter(|(_, key)| is_token(key))
            .any(|(at, _)| called.contains(&(at as u32)))
    }

    fn check_header(&self) -> Result<(), ConvertError> {
        let (header, keys) = (self.header, self.static_keys.len() as u64);
        let signers = u64::from(header.num_required_signatures);
        if signers != self.signatures.len() as u64 || signers == 0 || signers > keys {
            return Err(ConvertError::Contradiction(
                "the header's number of signatures fits neither the signatures nor the keys",
            ));
        }
        if u64::from(header.num_readonly_signed_accounts) >= signers
            || u64::from(header.num_readonly_unsigned_accounts) > keys - signers
        {
            return Err(ConvertError::Contradiction(
                "the header has more readonly accounts than accounts",
            ));
        }
        Ok(())
    }

    fn check_lookups(&self, tables: &[proto::MessageAddressTableLookup]) -> Result<(), ConvertError> {
        let asked = |of: fn(&proto::MessageAddressTableLookup) -> usize| tables.iter().map(of).sum::<usize>();
        let writable = asked(|table| table.writable_indexes.len());
        let readonly = asked(|table| table.readonly_indexes.len());
        if (writable, readonly) != (self.loaded_writable.len(), self.loaded_readonly.len()) {
            return Err(ConvertError::Contradiction(
                "the loaded addresses are not as many as the lookups ask for",
            ));
        }
        if !tables.is_empty() && self.version != Version::Number(0) {
            return Err(ConvertError::Contradiction(
                "lookup tables in a message whose version has none",
            ));
        }
        Ok(())
    }

    fn check_instructions(&self) -> Result<(), ConvertError> {
        let keys = self.key_count();
        data_fits(self.instructions.iter().map(|i| &i.data[..]))?;
        for instruction in self.instructions {
            below("program", instruction.program_id_index, keys)?;
            for account in &instruction.accounts {
                below("account", *account, keys)?;
            }
        }
        Ok(())
    }
}

fn version(message: &proto::Message) -> Version {
    match (message.versioned, &message.config) {
        (_, Some(_)) => Version::Number(1),
        (true, None) => Version::Number(0),
        (false, None) => Version::Legacy,
    }
}

fn signatures(raw: &[Vec<u8>]) -> Result<Vec<String>, ConvertError> {
    let text = |bytes: &Vec<u8>| exact("a signature", bytes, 64).map(|bytes| bs58::encode(bytes).into_string());
    raw.iter().map(text).collect()
}

fn keys(raw: &[Vec<u8>]) -> Result<Vec<String>, ConvertError> {
    raw.iter().map(|bytes| base58_key("an account key", bytes)).collect()
}

fn lookups(raw: &[proto::MessageAddressTableLookup]) -> Result<Vec<Lookup<'_>>, ConvertError> {
    at_most("lookup tables", raw.len(), MAX_KEYS)?;
    let lookup = |table| -> Result<Lookup<'_>, ConvertError> {
        let table: &proto::MessageAddressTableLookup = table;
        Ok(Lookup {
            account_key: base58_key("a lookup table", &table.account_key)?,
            writable_indexes: &table.writable_indexes,
            readonly_indexes: &table.readonly_indexes,
        })
    };
    raw.iter().map(lookup).collect()
}
