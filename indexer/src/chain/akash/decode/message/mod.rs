//! Messages: type URL to body. One arm per message, grouped by module.

pub(in crate::chain::akash) mod convert;
mod deployment;
mod governance;
mod ledger;
mod market;
mod provider;

use super::error::FieldError;
use crate::chain::akash::model::{Message, MessageBody};
use cosmrs::Any;
use cosmrs::proto::cosmos::authz::v1beta1::{MsgExec, MsgExecResponse};
use cosmrs::proto::prost::Message as _;

/// Wrappers inside wrappers are followed this deep; what lies deeper is kept as `Unknown`.
pub const EXEC_MAX_DEPTH: u32 = 8;

/// A message that could not be read, with its type.
pub(super) struct Failure {
    pub(super) type_url: String,
    pub(super) source: FieldError,
}

/// A type URL in its parts: `/akash.market.v1beta5.MsgCreateBid` → `akash.market`, `v1beta5`, `MsgCreateBid`.
#[derive(Clone, Copy)]
struct TypeName<'a> {
    module: &'a str,
    version: &'a str,
    name: &'a str,
}

impl<'a> TypeName<'a> {
    fn parse(type_url: &'a str) -> Option<Self> {
        let (package, name) = type_url.strip_prefix('/')?.rsplit_once('.')?;
        let (module, version) = package.rsplit_once('.')?;
        Some(Self { module, version, name })
    }
}

/// Messages of a transaction with their places inside wrappers.
#[derive(Default)]
pub(super) struct Unfolded {
    /// In order of execution.
    pub(super) list: Vec<Message>,
    /// For each of them its index within each wrapper, outermost first; empty for a plain message.
    pub(super) paths: Vec<Vec<u32>>,
}

impl Unfolded {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self {
            list: Vec::with_capacity(capacity),
            paths: Vec::with_capacity(capacity),
        }
    }

    /// Running number of the message at a place.
    pub(super) fn inner_index(&self, msg_index: u32, path: &[u32]) -> Option<u32> {
        let start = self.list.partition_point(|message| message.msg_index < msg_index);
        let same = self.list[start..]
            .iter()
            .take_while(|message| message.msg_index == msg_index);
        let mut places = same.zip(&self.paths[start..]);
        let found = places.find(|(_, other)| other.as_slice() == path);
        found.map(|(message, _)| message.inner_index)
    }
}

/// Appends an outermost message, or the messages inside it where it is a wrapper.
///
/// `answer` is the message's answer, empty where the chain gave none. `tolerant`: the transaction failed,
/// so a body that cannot be read becomes `Unknown` instead of an error.
pub(super) fn unfold(
    out: &mut Unfolded,
    any: Any,
    msg_index: u32,
    answer: Vec<u8>,
    tolerant: bool,
) -> Result<(), Failure> {
    Unfold {
        out,
        msg_index,
        path: Vec::new(),
        inner_index: 0,
        tolerant,
    }
    .message(any, answer, 0)
}

/// State of unfolding one outermost message.
struct Unfold<'o> {
    out: &'o mut Unfolded,
    path: Vec<u32>,
    msg_index: u32,
    inner_index: u32,
    tolerant: bool,
}

impl Unfold<'_> {
    fn message(&mut self, any: Any, answer: Vec<u8>, depth: u32) -> Result<(), Failure> {
        if any.type_url == "/cosmos.authz.v1beta1.MsgExec" && depth < EXEC_MAX_DEPTH {
            match MsgExec::decode(any.value.as_slice()) {
                Ok(exec) => return self.exec(exec, &answer, depth),
                Err(_) if self.tolerant => {}
                Err(source) => {
                    return Err(Failure {
                        type_url: any.type_url,
                        source: source.into(),
                    });
                }
            }
        }
        let body = match body(&any, self.msg_index, depth) {
            Err(_) if self.tolerant => MessageBody::Unknown { value: any.value },
            Err(source) => {
                return Err(Failure {
                    type_url: any.type_url,
                    source,
                });
            }
            Ok(Some(body)) => body,
            Ok(None) => MessageBody::Unknown { value: any.value },
        };
        self.out.paths.push(self.path.clone());
        self.out.list.push(Message {
            msg_index: self.msg_index,
            inner_index: self.inner_index,
            type_url: any.type_url,
            body,
            response: answer,
        });
        self.inner_index = self.inner_index.saturating_add(1);
        Ok(())
    }

    fn exec(&mut self, exec: MsgExec, answer: &[u8], depth: u32) -> Result<(), Failure> {
        let mut answers = MsgExecResponse::decode(answer).unwrap_or_default().results.into_iter();
        for (index, any) in (0u32..).zip(exec.msgs) {
            self.path.push(index);
            self.message(any, answers.next().unwrap_or_default(), depth + 1)?;
            self.path.pop();
        }
        Ok(())
    }
}

/// The body of a message that is no wrapper; nothing where the type is unknown.
fn body(any: &Any, msg_index: u32, depth: u32) -> Result<Option<MessageBody>, FieldError> {
    let Some(name) = TypeName::parse(&any.type_url) else {
        return Ok(None);
    };
    let value = any.value.as_slice();
    match name.module {
        _ if name.name == "MsgUpdateParams" => Ok(Some(MessageBody::UpdateParams { value: value.to_vec() })),
        "akash.deployment" => deployment::body(name, value),
        "akash.market" => market::body(name, value),
        "akash.provider" | "akash.audit" => provider::body(name, value),
        "akash.escrow" | "akash.bme" | "akash.oracle" => ledger::body(name, value),
        "akash.cert" => Ok(Some(MessageBody::Bystander)),
        // A wrapper that comes here lies too deep to be followed.
        "cosmos.authz" if name.name == "MsgExec" => Ok(None),
        "cosmos.gov" => governance::body(name, value, msg_index, depth),
        module if bystander(module) => Ok(Some(MessageBody::Bystander)),
        _ => Ok(None),
    }
}

/// Modules of the Cosmos SDK and IBC that change nothing we index by their messages.
fn bystander(module: &str) -> bool {
    const MODULES: [&str; 15] = [
        "cosmos.auth",
        "cosmos.authz",
        "cosmos.bank",
        "cosmos.consensus",
        "cosmos.crisis",
        "cosmos.distribution",
        "cosmos.evidence",
        "cosmos.feegrant",
        "cosmos.mint",
        "cosmos.params",
        "cosmos.slashing",
        "cosmos.staking",
        "cosmos.upgrade",
        "cosmos.vesting",
        "cosmwasm.wasm",
    ];
    MODULES.contains(&module) || module.starts_with("ibc.")
}
