//! Messages in wrappers in wrappers, and bodies that no chain would accept.

use crate::chain::akash::decode::EXEC_MAX_DEPTH;
use crate::chain::akash::decode::message::{Unfolded, unfold};
use crate::chain::akash::model::{Message, MessageBody};
use crate::chain::akash::proto::{BidId, MsgLease};
use cosmrs::Any;
use cosmrs::proto::cosmos::authz::v1beta1::{MsgExec, MsgExecResponse};
use cosmrs::proto::cosmos::gov::v1::MsgSubmitProposal;
use cosmrs::proto::prost::Message as _;

const EXEC: &str = "/cosmos.authz.v1beta1.MsgExec";
const PROPOSAL: &str = "/cosmos.gov.v1.MsgSubmitProposal";
const WITHDRAW: &str = "/akash.market.v1beta5.MsgWithdrawLease";

fn any(type_url: &str, value: Vec<u8>) -> Any {
    Any {
        type_url: type_url.to_owned(),
        value,
    }
}

fn withdraw(dseq: u64) -> Any {
    let id = BidId {
        owner: "o".to_owned(),
        dseq,
        gseq: 1,
        oseq: 1,
        provider: "p".to_owned(),
        bseq: 0,
    };
    any(
        WITHDRAW,
        prost::Message::encode_to_vec(&MsgLease {
            id: Some(id),
            reason: 0,
        }),
    )
}

fn exec(msgs: Vec<Any>) -> Any {
    any(
        EXEC,
        MsgExec {
            grantee: "g".to_owned(),
            msgs,
        }
        .encode_to_vec(),
    )
}

fn unfolded(message: Any, answer: Vec<u8>, tolerant: bool) -> Option<Unfolded> {
    let mut out = Unfolded::default();
    unfold(&mut out, message, 3, answer, tolerant).ok().map(|()| out)
}

fn list(message: Any) -> Vec<Message> {
    unfolded(message, Vec::new(), false).unwrap().list
}

fn dseq(message: &Message) -> u64 {
    let MessageBody::WithdrawLease { id } = &message.body else {
        panic!("{message:?}")
    };
    id.order.group.deployment.dseq
}

#[test]
fn messages_in_wrappers_come_in_order_of_execution_with_their_places() {
    let nested = exec(vec![withdraw(1), exec(vec![withdraw(2), withdraw(3)]), withdraw(4)]);
    let out = unfolded(nested, Vec::new(), false).unwrap();
    assert_eq!(out.list.iter().map(dseq).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(
        out.list.iter().map(|message| message.inner_index).collect::<Vec<_>>(),
        [0, 1, 2, 3]
    );
    assert!(out.list.iter().all(|message| message.msg_index == 3));
    assert_eq!(out.paths, [vec![0], vec![1, 0], vec![1, 1], vec![2]]);
    assert_eq!(out.inner_index(3, &[1, 1]), Some(2));
    assert_eq!(out.inner_index(2, &[1, 1]), None);
}

#[test]
fn answers_in_wrappers_go_with_their_messages() {
    let inner = MsgExecResponse {
        results: vec![b"two".to_vec()],
    }
    .encode_to_vec();
    let answer = MsgExecResponse {
        results: vec![b"one".to_vec(), inner],
    }
    .encode_to_vec();
    let message = exec(vec![withdraw(1), exec(vec![withdraw(2), withdraw(3)])]);
    let out = unfolded(message, answer, false).unwrap();
    let answers: Vec<&[u8]> = out.list.iter().map(|message| message.response.as_slice()).collect();
    assert_eq!(answers, [&b"one"[..], b"two", b""]);
}

#[test]
fn wrappers_beyond_the_limit_are_kept_as_unknown() {
    let nest = |depth| (0..depth).fold(withdraw(9), |message, _| exec(vec![message]));
    assert_eq!(dseq(&list(nest(EXEC_MAX_DEPTH))[0]), 9);
    let beyond = list(nest(EXEC_MAX_DEPTH + 1));
    assert_eq!(beyond.len(), 1);
    assert_eq!(beyond[0].type_url, EXEC);
    assert!(matches!(&beyond[0].body, MessageBody::Unknown { value } if !value.is_empty()));
    let far = list(nest(2_000));
    assert!(matches!(far[0].body, MessageBody::Unknown { .. }));
}

#[test]
fn proposals_in_proposals_end_at_the_same_limit() {
    let propose = |message| {
        any(
            PROPOSAL,
            MsgSubmitProposal {
                messages: vec![message],
                ..Default::default()
            }
            .encode_to_vec(),
        )
    };
    let mut message = list((0..2_000).fold(withdraw(9), |message, _| propose(message))).remove(0);
    let mut levels = 0;
    while let MessageBody::SubmitProposal { mut messages, .. } = message.body {
        message = messages.remove(0);
        levels += 1;
    }
    assert_eq!(levels, EXEC_MAX_DEPTH);
    assert!(matches!(message.body, MessageBody::Unknown { .. }));
}

#[test]
fn a_known_type_with_a_foreign_body_stops_the_block_unless_the_transaction_failed() {
    for body in [vec![0xff; 40], Vec::new(), vec![0x0a, 0x7f]] {
        assert!(
            unfolded(any(WITHDRAW, body.clone()), Vec::new(), false).is_none(),
            "{body:?}"
        );
        let kept = unfolded(any(WITHDRAW, body.clone()), Vec::new(), true)
            .unwrap()
            .list
            .remove(0);
        assert_eq!(kept.body, MessageBody::Unknown { value: body });
    }
}

#[test]
fn types_of_other_versions_and_modules_are_kept_as_unknown() {
    for type_url in [
        "/akash.market.v2beta1.MsgCreateBid",
        "/akash.deployment.v1beta5.MsgCreateDeployment",
        "/akash.verification.v1.MsgAttest",
        "/akash.deployment.v1beta1.MsgCreateDeployment",
        "akash.market.v1beta5.MsgWithdrawLease",
        "/nothing",
        "",
    ] {
        let message = list(any(type_url, vec![1, 2, 3])).remove(0);
        assert_eq!(
            message.body,
            MessageBody::Unknown { value: vec![1, 2, 3] },
            "{type_url}"
        );
    }
    assert_eq!(
        list(any("/cosmos.bank.v1beta1.MsgSend", vec![1])).remove(0).body,
        MessageBody::Bystander
    );
    let params = list(any("/akash.take.v1.MsgUpdateParams", vec![7])).remove(0);
    assert_eq!(params.body, MessageBody::UpdateParams { value: vec![7] });
}
