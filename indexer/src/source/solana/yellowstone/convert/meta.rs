//! The outcome of a streamed transaction, checked.

use serde::Serialize;
use yellowstone_grpc_proto::prelude::{self as proto, TransactionStatusMeta};

use super::failure::Failure;
use super::message::Message;
use super::{ConvertError, MAX_INNER, MAX_KEYS, MAX_LOG_LINES, address, at_most, base58_key, below, data_fits};

/// An outcome whose indexes and amounts are right.
pub(super) struct Meta<'a> {
    pub(super) status: &'a TransactionStatusMeta,
    pub(super) failure: Option<Failure>,
    pub(super) pre_tokens: Vec<TokenBalance<'a>>,
    pub(super) post_tokens: Vec<TokenBalance<'a>>,
    /// Absent: the node did not record them.
    pub(super) inner: Option<&'a [proto::InnerInstructions]>,
    /// Absent: the node did not record them.
    pub(super) logs: Option<&'a [String]>,
    pub(super) returned: Option<Returned<'a>>,
}

/// A token account's balance as the RPC prints it. The floating-point amount is left out on purpose.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TokenBalance<'a> {
    account_index: u32,
    mint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    program_id: Option<&'a str>,
    ui_token_amount: Amount<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Amount<'a> {
    amount: &'a str,
    decimals: u8,
    ui_amount: Option<()>,
    ui_amount_string: &'a str,
}

/// What the last program returned.
pub(super) struct Returned<'a> {
    pub(super) program: String,
    pub(super) data: &'a [u8],
}

impl<'a> Meta<'a> {
    pub(super) fn read(status: &'a TransactionStatusMeta, message: &Message<'_>) -> Result<Self, ConvertError> {
        let keys = message.key_count();
        if status.pre_balances.len() != keys || status.post_balances.len() != keys {
            return Err(ConvertError::Contradiction(
                "there are not as many lamport balances as account keys",
            ));
        }
        at_most("log lines", status.log_messages.len(), MAX_LOG_LINES)?;
        check_inner(&status.inner_instructions, message)?;
        let logs_kept = !status.log_messages_none;
        let inner_kept = !status.inner_instructions_none;
        if !logs_kept && !status.log_messages.is_empty() || !inner_kept && !status.inner_instructions.is_empty() {
            return Err(ConvertError::Contradiction(
                "a list that is marked as not recorded has elements",
            ));
        }
        Ok(Self {
            failure: status.err.as_ref().map(|error| Failure::read(&error.err)),
            pre_tokens: token_balances(&status.pre_token_balances, keys)?,
            post_tokens: token_balances(&status.post_token_balances, keys)?,
            inner: inner_kept.then_some(&status.inner_instructions[..]),
            logs: logs_kept.then_some(&status.log_messages[..]),
            returned: returned(status)?,
            status,
        })
    }

    pub(super) fn failure_is_unknown(&self) -> bool {
        self.failure.as_ref().is_some_and(|failure| !failure.known)
    }

    /// Empty lists look the same as lists that the node did not record.
    pub(super) fn lists_no_token_balance(&self) -> bool {
        self.pre_tokens.is_empty() && self.post_tokens.is_empty()
    }

    /// Indexes of the programs of the inner instructions.
    pub(super) fn inner_programs(&self) -> impl Iterator<Item = u32> {
        let lists = self.inner.into_iter().flatten();
        lists.flat_map(|list| list.instructions.iter().map(|i| i.program_id_index))
    }
}

fn check_inner(lists: &[proto::InnerInstructions], message: &Message<'_>) -> Result<(), ConvertError> {
    at_most("lists of inner instructions", lists.len(), message.instructions.len())?;
    let all: usize = lists.iter().map(|list| list.instructions.len()).sum();
    at_most("inner instructions", all, MAX_INNER)?;
    data_fits(
        lists
            .iter()
            .flat_map(|list| list.instructions.iter().map(|i| &i.data[..])),
    )?;
    let keys = message.key_count();
    for list in lists {
        below("top-level instruction", list.index, message.instructions.len())?;
        for instruction in &list.instructions {
            below("program", instruction.program_id_index, keys)?;
            for account in &instruction.accounts {
                below("account", *account, keys)?;
            }
        }
    }
    Ok(())
}

fn token_balances(raw: &[proto::TokenBalance], keys: usize) -> Result<Vec<TokenBalance<'_>>, ConvertError> {
    at_most("token balances", raw.len(), MAX_KEYS)?;
    raw.iter().map(|balance| token_balance(balance, keys)).collect()
}

fn token_balance(raw: &proto::TokenBalance, keys: usize) -> Result<TokenBalance<'_>, ConvertError> {
    below("account of a token balance", raw.account_index, keys)?;
    let amount = raw
        .ui_token_amount
        .as_ref()
        .ok_or(ConvertError::Missing("a token amount"))?;
    let decimals = u8::try_from(amount.decimals).map_err(|_| ConvertError::Index {
        what: "decimals",
        index: amount.decimals.into(),
        of: 256,
    })?;
    Ok(TokenBalance {
        account_index: raw.account_index,
        mint: address("a mint", &raw.mint)?,
        owner: optional_address("an owner", &raw.owner)?,
        program_id: optional_address("a token program", &raw.program_id)?,
        ui_token_amount: Amount {
            amount: base_units(&amount.amount)?,
            decimals,
            ui_amount: None,
            ui_amount_string: &amount.ui_amount_string,
        },
    })
}

/// Protobuf has no absent text: the RPC leaves out what is empty here.
fn optional_address<'a>(what: &'static str, text: &'a str) -> Result<Option<&'a str>, ConvertError> {
    if text.is_empty() {
        return Ok(None);
    }
    address(what, text).map(Some)
}

/// A u64 in the one way in which nodes write it.
fn base_units(text: &str) -> Result<&str, ConvertError> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain && text.parse::<u64>().is_ok() {
        return Ok(text);
    }
    Err(ConvertError::Text {
        what: "a token amount",
        expected: "a whole number of base units",
    })
}

fn returned(status: &TransactionStatusMeta) -> Result<Option<Returned<'_>>, ConvertError> {
    let Some(data) = status.return_data.as_ref().filter(|_| !status.return_data_none) else {
        return Ok(None);
    };
    Ok(Some(Returned {
        program: base58_key("the program that returned data", &data.program_id)?,
        data: &data.data,
    }))
}
