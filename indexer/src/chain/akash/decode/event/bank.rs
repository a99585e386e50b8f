//! Plain events of the Cosmos SDK: bank, mint, fee, governance.

use super::{Attributes, FieldError};
use crate::chain::akash::decode::text;
use crate::chain::akash::model::EventBody;

pub(super) fn transfer(attributes: &Attributes<'_, '_>) -> Result<EventBody, FieldError> {
    Ok(EventBody::Transfer {
        recipient: attributes.need("recipient")?.to_owned(),
        // The first versions named the sender in a `message` event only.
        sender: attributes.first("sender").unwrap_or_default().to_owned(),
        amount: text::coins("amount", attributes.need("amount")?)?,
    })
}

pub(super) fn coinbase(attributes: &Attributes<'_, '_>) -> Result<EventBody, FieldError> {
    Ok(EventBody::Coinbase {
        minter: attributes.need("minter")?.to_owned(),
        amount: text::coins("amount", attributes.need("amount")?)?,
    })
}

pub(super) fn burn(attributes: &Attributes<'_, '_>) -> Result<EventBody, FieldError> {
    Ok(EventBody::Burn {
        burner: attributes.need("burner")?.to_owned(),
        amount: text::coins("amount", attributes.need("amount")?)?,
    })
}

pub(super) fn mint(attributes: &Attributes<'_, '_>) -> Result<EventBody, FieldError> {
    let decimal = |key: &'static str| -> Result<String, FieldError> {
        let value = attributes.need(key)?;
        let digit = |byte: u8| byte.is_ascii_digit() || byte == b'.';
        if value.is_empty() || value.len() > 80 || !value.bytes().all(digit) {
            return Err(FieldError::invalid(key, "a decimal", value));
        }
        Ok(value.to_owned())
    };
    Ok(EventBody::Mint {
        bonded_ratio: decimal("bonded_ratio")?,
        inflation: decimal("inflation")?,
        annual_provisions: decimal("annual_provisions")?,
        amount: text::amount("amount", attributes.need("amount")?)?,
    })
}

/// `tx` events come in three kinds; only the one with the fee is of interest.
pub(super) fn fee(attributes: &Attributes<'_, '_>) -> Result<Option<EventBody>, FieldError> {
    let Some(fee) = attributes.first("fee") else {
        return Ok(None);
    };
    let payer = attributes.first("fee_payer").unwrap_or_default().to_owned();
    Ok(Some(EventBody::Fee {
        fee: text::coins("fee", fee)?,
        payer,
    }))
}

/// A proposal's id with its outcome; `result` where the event has none of its own. The second event of
/// a submission (`voting_period_start`) has no id of its own and is left alone.
pub(super) fn proposal(attributes: &Attributes<'_, '_>, result: Option<&str>) -> Result<Option<EventBody>, FieldError> {
    let Some(id) = attributes.first("proposal_id") else {
        return Ok(None);
    };
    let result = match result {
        Some(result) => result,
        None => attributes.need("proposal_result")?,
    };
    Ok(Some(EventBody::Proposal {
        id: text::unsigned("proposal_id", id)?,
        result: result.to_owned(),
    }))
}
