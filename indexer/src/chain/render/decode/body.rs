//! The JSON of getTransaction, borrowed from the body.
//!
//! Fields that no row needs (logs above all) are skipped unread. A field that may be null is an `Option`; a field that must
//! be there has no default. Unknown fields are left alone: nodes add some with each release.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// `result` of getTransaction.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body<'a> {
    pub slot: u64,
    pub block_time: Option<i64>,
    #[serde(borrow)]
    pub version: Option<&'a RawValue>,
    #[serde(borrow)]
    pub transaction: &'a RawValue,
    #[serde(borrow)]
    pub meta: Option<Meta<'a>>,
}

/// `meta`: what the transaction did.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Meta<'a> {
    /// Must be there: a missing one is not a success.
    #[serde(borrow, deserialize_with = "present")]
    pub err: Option<&'a RawValue>,
    pub fee: u64,
    #[serde(borrow)]
    pub inner_instructions: Option<Vec<InnerInstructions<'a>>>,
    #[serde(borrow)]
    pub pre_token_balances: Option<Vec<Balance<'a>>>,
    #[serde(borrow)]
    pub post_token_balances: Option<Vec<Balance<'a>>>,
    #[serde(borrow)]
    pub loaded_addresses: Option<LoadedAddresses<'a>>,
    pub compute_units_consumed: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct InnerInstructions<'a> {
    pub index: usize,
    #[serde(borrow)]
    pub instructions: Vec<JsonInstruction<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JsonInstruction<'a> {
    pub program_id_index: u8,
    pub accounts: Vec<u8>,
    pub data: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Balance<'a> {
    pub account_index: u8,
    pub mint: &'a str,
    pub owner: Option<&'a str>,
    #[serde(borrow)]
    pub ui_token_amount: TokenAmount<'a>,
}

/// The amount is read from its text; `uiAmount` is a float and is not.
#[derive(Deserialize)]
pub(super) struct TokenAmount<'a> {
    pub amount: &'a str,
    pub decimals: u8,
}

#[derive(Deserialize, Default)]
pub(super) struct LoadedAddresses<'a> {
    #[serde(borrow)]
    pub writable: Vec<&'a str>,
    #[serde(borrow)]
    pub readonly: Vec<&'a str>,
}

/// `transaction` in encoding `json`.
#[derive(Deserialize)]
pub(super) struct JsonTransaction<'a> {
    #[serde(borrow)]
    pub signatures: Vec<&'a str>,
    #[serde(borrow)]
    pub message: JsonMessage<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JsonMessage<'a> {
    #[serde(borrow)]
    pub account_keys: Vec<&'a str>,
    pub header: JsonHeader,
    #[serde(borrow)]
    pub instructions: Vec<JsonInstruction<'a>>,
    pub address_table_lookups: Option<Vec<JsonLookup>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JsonHeader {
    pub num_required_signatures: u8,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JsonLookup {
    pub writable_indexes: Vec<u8>,
    pub readonly_indexes: Vec<u8>,
}

/// Reads an optional value that must be written down, as null where there is none.
fn present<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer)
}
