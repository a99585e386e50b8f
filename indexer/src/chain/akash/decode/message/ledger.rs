//! Messages of the escrow, BME and oracle modules.

use super::{FieldError, TypeName, convert};
use crate::chain::akash::decode::text;
use crate::chain::akash::model::MessageBody;
use crate::chain::akash::proto::{
    DataId, MsgAccountDeposit, MsgAddPriceEntry, MsgAddPriceEntryV1, MsgBurnMint, MsgFundVault, Timestamp,
};
use prost::Message as _;
use time::OffsetDateTime;

pub(super) fn body(name: TypeName<'_>, value: &[u8]) -> Result<Option<MessageBody>, FieldError> {
    Ok(Some(match (name.module, name.version, name.name) {
        ("akash.escrow", "v1", "MsgAccountDeposit") => account_deposit(MsgAccountDeposit::decode(value)?)?,
        ("akash.bme", "v1", "MsgBurnMint") => burn_mint(MsgBurnMint::decode(value)?, None)?,
        ("akash.bme", "v1", "MsgMintACT") => burn_mint(MsgBurnMint::decode(value)?, Some("uact"))?,
        ("akash.bme", "v1", "MsgBurnACT") => burn_mint(MsgBurnMint::decode(value)?, Some("uakt"))?,
        ("akash.bme", "v1", "MsgFundVault") => {
            let message = MsgFundVault::decode(value)?;
            MessageBody::FundVault {
                amount: convert::coin("amount", message.amount)?,
                source: message.source,
            }
        }
        ("akash.oracle", "v2", "MsgAddPriceEntry") => {
            let message = MsgAddPriceEntry::decode(value)?;
            add_price(message.signer, message.id, &message.price, message.timestamp)?
        }
        ("akash.oracle", "v1", "MsgAddPriceEntry") => {
            let message = MsgAddPriceEntryV1::decode(value)?;
            let price = convert::need("price", message.price)?;
            add_price(message.signer, message.id, &price.price, price.timestamp)?
        }
        _ => return Ok(None),
    }))
}

fn account_deposit(message: MsgAccountDeposit) -> Result<MessageBody, FieldError> {
    let id = convert::need("id", message.id)?;
    Ok(MessageBody::AccountDeposit {
        signer: message.signer,
        scope: id.scope,
        xid: id.xid,
        deposit: convert::deposit(message.deposit)?,
    })
}

/// `implied` is the denomination that the two special messages mint.
fn burn_mint(message: MsgBurnMint, implied: Option<&str>) -> Result<MessageBody, FieldError> {
    Ok(MessageBody::BurnMint {
        owner: message.owner,
        to: message.to,
        burn: convert::coin("coins_to_burn", message.coins_to_burn)?,
        mint_denom: implied.map_or(message.denom_to_mint, ToOwned::to_owned),
    })
}

fn add_price(
    signer: String,
    id: Option<DataId>,
    price: &str,
    timestamp: Option<Timestamp>,
) -> Result<MessageBody, FieldError> {
    let id = convert::need("id", id)?;
    Ok(MessageBody::AddPrice {
        signer,
        denom: id.denom,
        base_denom: id.base_denom,
        price: text::decimal_wire("price", price)?,
        timestamp: timestamp.map(time_of).transpose()?,
    })
}

fn time_of(stamp: Timestamp) -> Result<OffsetDateTime, FieldError> {
    let nanos = i128::from(stamp.seconds) * 1_000_000_000 + i128::from(stamp.nanos);
    OffsetDateTime::from_unix_timestamp_nanos(nanos)
        .map_err(|_| FieldError::invalid("timestamp", "a time", &stamp.seconds.to_string()))
}
