//! Classes of transfers in situations that no recording has.

use crate::chain::akash::facts::escrow_transfers::rows;
use crate::chain::akash::facts::{BME, DISTRIBUTION, ESCROW};
use crate::chain::akash::model::{
    BidId, Block, Coin, DeploymentId, Deposit, Event, EventBody, GroupId, Header, Message, MessageBody, OrderId, Phase,
    Tx,
};
use time::OffsetDateTime;

fn bid(owner: &str, provider: &str) -> BidId {
    let deployment = DeploymentId {
        owner: owner.to_owned(),
        dseq: 1,
    };
    let order = OrderId {
        group: GroupId { deployment, gseq: 1 },
        oseq: 1,
    };
    BidId {
        order,
        provider: provider.to_owned(),
        bseq: 0,
    }
}

fn moved(sender: &str, recipient: &str, amount: i128) -> EventBody {
    let coin = Coin {
        denom: "uact".to_owned(),
        amount,
    };
    EventBody::Transfer {
        recipient: recipient.to_owned(),
        sender: sender.to_owned(),
        amount: vec![coin],
    }
}

fn paid(recipient: &str, amount: i128) -> EventBody {
    moved(ESCROW, recipient, amount)
}

fn lease_closed(owner: &str, provider: &str) -> EventBody {
    EventBody::LeaseClosed {
        id: bid(owner, provider),
        reason: String::new(),
    }
}

fn bid_closed(owner: &str, provider: &str) -> EventBody {
    EventBody::BidClosed {
        id: bid(owner, provider),
    }
}

fn deployment_closed(owner: &str) -> EventBody {
    EventBody::DeploymentClosed {
        id: bid(owner, "").order.group.deployment,
    }
}

fn close_deployment(owner: &str) -> MessageBody {
    MessageBody::CloseDeployment {
        id: bid(owner, "").order.group.deployment,
    }
}

fn header() -> Header {
    Header {
        chain_id: "test".to_owned(),
        height: 9,
        time: OffsetDateTime::UNIX_EPOCH,
        hash: String::new(),
        parent_hash: String::new(),
        num_txs: 1,
        proposer: String::new(),
    }
}

/// Classes of the transfers of one transaction: each message with its events.
fn in_tx(parts: Vec<(MessageBody, Vec<EventBody>)>) -> Vec<String> {
    let (mut messages, mut events) = (Vec::new(), Vec::new());
    for (inner_index, (body, bodies)) in (0u32..).zip(parts) {
        messages.push(Message {
            msg_index: 0,
            inner_index,
            type_url: String::new(),
            body,
            response: Vec::new(),
        });
        for body in bodies {
            let event_index = u32::try_from(events.len()).unwrap();
            let phase = Phase::Tx {
                tx_index: 0,
                msg_index: Some(0),
            };
            events.push(Event {
                event_index,
                phase,
                inner_index: Some(inner_index),
                body,
            });
        }
    }
    let tx = Tx {
        index: 0,
        hash: String::new(),
        code: 0,
        codespace: String::new(),
        gas_wanted: 0,
        gas_used: 0,
        fee: Vec::new(),
        fee_payer: String::new(),
        messages,
        events,
    };
    classes(&Block {
        header: header(),
        txs: vec![tx],
        events: Vec::new(),
    })
}

fn in_block(phase: Phase, bodies: Vec<EventBody>) -> Vec<String> {
    let event = |(event_index, body)| Event {
        event_index,
        phase,
        inner_index: None,
        body,
    };
    let events = (0u32..).zip(bodies).map(event).collect();
    classes(&Block {
        header: header(),
        txs: Vec::new(),
        events,
    })
}

fn classes(block: &Block) -> Vec<String> {
    rows(block).into_iter().map(|(_, row)| row.class).collect()
}

#[test]
fn a_provider_that_is_its_own_tenant_is_paid_before_it_is_refunded() {
    let events = vec![
        paid("self", 10),
        paid("self", 20),
        deployment_closed("self"),
        paid("self", 5),
        bid_closed("self", "self"),
        lease_closed("self", "self"),
    ];
    let got = in_tx(vec![(close_deployment("self"), events)]);
    assert_eq!(got, ["lease_payout", "deployment_refund", "bid_refund"]);
}

#[test]
fn with_a_take_fee_only_what_follows_it_is_a_payout_to_an_own_tenant() {
    // Before v1.0.0 the refund comes first.
    let events = vec![
        paid("self", 20),
        paid(DISTRIBUTION, 1),
        paid("self", 10),
        deployment_closed("self"),
        lease_closed("self", "self"),
    ];
    let got = in_tx(vec![(close_deployment("self"), events)]);
    assert_eq!(got, ["deployment_refund", "take_fee", "lease_payout"]);
    let after = vec![
        paid(DISTRIBUTION, 1),
        paid("self", 10),
        paid("self", 20),
        deployment_closed("self"),
        lease_closed("self", "self"),
    ];
    let got = in_tx(vec![(close_deployment("self"), after)]);
    assert_eq!(got, ["take_fee", "lease_payout", "deployment_refund"]);
}

#[test]
fn messages_in_one_wrapper_do_not_explain_each_others_transfers() {
    let lease = bid("tenant", "winner");
    let price = crate::chain::akash::model::DecCoin {
        denom: "uact".to_owned(),
        amount: crate::chain::akash::dec::Dec::ZERO,
    };
    let create = MessageBody::CreateLease { id: lease.clone() };
    let created = vec![
        EventBody::LeaseCreated {
            id: lease.clone(),
            price,
        },
        paid("loser", 5),
    ];
    let withdraw = MessageBody::WithdrawLease {
        id: bid("tenant", "loser"),
    };
    let got = in_tx(vec![(create, created), (withdraw, vec![paid("loser", 7)])]);
    assert_eq!(got, ["bid_refund", "lease_payout"]);
}

#[test]
fn deposits_follow_their_message() {
    let coin = Coin {
        denom: "uact".to_owned(),
        amount: 3,
    };
    let deposit = Deposit {
        amount: coin,
        sources: Vec::new(),
        depositor: None,
    };
    let into = |scope| MessageBody::AccountDeposit {
        signer: "tenant".to_owned(),
        scope,
        xid: "tenant/1".to_owned(),
        deposit: deposit.clone(),
    };
    let enter = || vec![moved("granter", ESCROW, 3)];
    let got = in_tx(vec![
        (into(1), enter()),
        (into(2), enter()),
        (into(9), enter()),
        (MessageBody::Bystander, enter()),
    ]);
    assert_eq!(
        got,
        ["deployment_deposit", "bid_deposit", "unclassified", "unclassified"]
    );
}

#[test]
fn a_deposit_on_a_debt_pays_the_provider_and_returns_the_rest_to_who_paid_it() {
    let coin = Coin {
        denom: "uact".to_owned(),
        amount: 9,
    };
    let message = MessageBody::AccountDeposit {
        signer: "friend".to_owned(),
        scope: 1,
        xid: "tenant/1".to_owned(),
        deposit: Deposit {
            amount: coin,
            sources: Vec::new(),
            depositor: None,
        },
    };
    let events = vec![
        moved("friend", ESCROW, 9),
        paid("provider", 4),
        paid("friend", 3),
        paid("tenant", 2),
    ];
    let got = in_tx(vec![(message, events)]);
    assert_eq!(
        got,
        [
            "deployment_deposit",
            "lease_payout",
            "deployment_refund",
            "deployment_refund"
        ]
    );
}

#[test]
fn transfers_between_modules_outside_transactions_are_migrations() {
    let migration = vec![
        moved(ESCROW, BME, 9),
        moved(BME, ESCROW, 8),
        moved(DISTRIBUTION, ESCROW, 7),
    ];
    assert_eq!(in_block(Phase::End, migration), ["migration"; 3]);
    let repair = vec![
        paid("provider", 5),
        bid_closed("tenant", "provider"),
        moved("somebody", ESCROW, 1),
    ];
    assert_eq!(in_block(Phase::Begin, repair), ["bid_refund", "unclassified"]);
}

#[test]
fn a_refund_must_be_of_the_bid_that_closes_next() {
    let events = vec![
        paid("other", 5),
        bid_closed("tenant", "provider"),
        lease_closed("tenant", "provider"),
    ];
    let close = MessageBody::CloseLease {
        id: bid("tenant", "provider"),
        reason: 0,
    };
    assert_eq!(in_tx(vec![(close, events)]), ["deployment_refund"]);
}
