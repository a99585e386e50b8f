//! Messages of the market module.

use super::{FieldError, TypeName, convert};
use crate::chain::akash::model::{BidId, MessageBody};
use crate::chain::akash::proto::{MsgCreateBid, MsgCreateBidV1Beta4, MsgLease};
use prost::Message as _;

/// Versions whose ids have the same layout; `bseq` and reasons are absent before v1beta5.
const VERSIONS: [&str; 5] = ["v1beta1", "v1beta2", "v1beta3", "v1beta4", "v1beta5"];

pub(super) fn body(name: TypeName<'_>, value: &[u8]) -> Result<Option<MessageBody>, FieldError> {
    if !VERSIONS.contains(&name.version) {
        return Ok(None);
    }
    let lease = || -> Result<(BidId, i32), FieldError> {
        let message = MsgLease::decode(value)?;
        Ok((convert::bid_id(message.id)?, message.reason))
    };
    Ok(Some(match (name.name, name.version) {
        ("MsgCreateBid", "v1beta5") => create_bid(MsgCreateBid::decode(value)?)?,
        ("MsgCreateBid", "v1beta3" | "v1beta4") => create_bid_v1beta4(MsgCreateBidV1Beta4::decode(value)?)?,
        ("MsgCloseBid", _) => {
            let (id, reason) = lease()?;
            MessageBody::CloseBid { id, reason }
        }
        ("MsgCreateLease", _) => MessageBody::CreateLease { id: lease()?.0 },
        ("MsgWithdrawLease", _) => MessageBody::WithdrawLease { id: lease()?.0 },
        ("MsgCloseLease", _) => {
            let (id, reason) = lease()?;
            MessageBody::CloseLease { id, reason }
        }
        ("MsgLeaseStartReclaim", "v1beta5") => {
            let (id, reason) = lease()?;
            MessageBody::StartReclaim { id, reason }
        }
        _ => return Ok(None),
    }))
}

fn create_bid(message: MsgCreateBid) -> Result<MessageBody, FieldError> {
    Ok(MessageBody::CreateBid {
        id: convert::bid_id(message.id)?,
        price: convert::dec_coin("price", message.price)?,
        deposit: convert::deposit(message.deposit)?,
        resources_offer: convert::offers(message.resources_offer)?,
        reclamation_window_s: convert::seconds("reclamation_window", message.reclamation_window)?,
    })
}

fn create_bid_v1beta4(message: MsgCreateBidV1Beta4) -> Result<MessageBody, FieldError> {
    Ok(MessageBody::CreateBid {
        id: BidId {
            order: convert::order_id(message.order)?,
            provider: message.provider,
            bseq: 0,
        },
        price: convert::dec_coin("price", message.price)?,
        deposit: convert::legacy_deposit(message.deposit, String::new())?,
        resources_offer: convert::offers(message.resources_offer)?,
        reclamation_window_s: None,
    })
}
