//! Why a block could not be decoded.

use crate::chain::akash::dec::DecError;

/// Which of the three bodies of a height an error speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// An element of `/blockchain`'s `block_metas`.
    Meta,
    /// `/block`.
    Block,
    /// `/block_results`.
    Results,
}

impl std::fmt::Display for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Meta => "block meta",
            Self::Block => "block",
            Self::Results => "block results",
        })
    }
}

/// A height that cannot be decoded: its range stops here and is quarantined, no row of it is written.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The body is larger than any honest node serves.
    #[error("height {height}: the {body} has {bytes} bytes, the limit is {limit}")]
    TooLarge {
        /// Height.
        height: u64,
        /// Body.
        body: Body,
        /// Its size.
        bytes: usize,
        /// Limit.
        limit: usize,
    },
    /// The body is no JSON at all, such as the HTML page of a proxy.
    #[error("height {height}: the {body} is not JSON, it begins with {start:?}; fetch it from another endpoint")]
    NotJson {
        /// Height.
        height: u64,
        /// Body.
        body: Body,
        /// First characters.
        start: String,
    },
    /// The body ends too early.
    #[error("height {height}: the {body} is cut off after {bytes} bytes; fetch it again")]
    Truncated {
        /// Height.
        height: u64,
        /// Body.
        body: Body,
        /// Its size.
        bytes: usize,
    },
    /// The body is JSON of another shape.
    #[error("height {height}: the {body} does not have the shape of a CometBFT answer")]
    Shape {
        /// Height.
        height: u64,
        /// Body.
        body: Body,
        /// Where it departs.
        #[source]
        source: serde_json::Error,
    },
    /// The node answered with an error instead of a block.
    #[error("height {height}: the node answered the {body} with error {code}: {message}")]
    Rpc {
        /// Height.
        height: u64,
        /// Body.
        body: Body,
        /// JSON-RPC code.
        code: i64,
        /// Message and data.
        message: String,
    },
    /// A part that must be there is not.
    #[error("height {height}: the {body} lacks {what}")]
    Missing {
        /// Height.
        height: u64,
        /// Body.
        body: Body,
        /// What is absent.
        what: &'static str,
    },
    /// A body belongs to another height.
    #[error("height {height}: the {body} is that of height {got}")]
    WrongHeight {
        /// Height asked for.
        height: u64,
        /// Body.
        body: Body,
        /// Its height.
        got: u64,
    },
    /// Meta and block disagree about the chain.
    #[error("height {height}: the block is of chain {got:?}, its meta of {expected:?}")]
    WrongChain {
        /// Height.
        height: u64,
        /// Chain of the meta.
        expected: String,
        /// Chain of the block.
        got: String,
    },
    /// Meta and block have different hashes.
    #[error("height {height}: the block's hash is {got}, its meta says {expected}")]
    WrongBlock {
        /// Height.
        height: u64,
        /// Hash in the meta.
        expected: String,
        /// Hash in the block.
        got: String,
    },
    /// Header, block and results disagree about the number of transactions.
    #[error("height {height}: the header counts {header} transactions, the block has {block}, the results {results}")]
    TxCount {
        /// Height.
        height: u64,
        /// `num_txs` of the meta.
        header: usize,
        /// Transactions in the block.
        block: usize,
        /// Results.
        results: usize,
    },
    /// The transactions are not those that the header commits to.
    #[error("height {height}: the transactions hash to {computed}, the header says {expected}")]
    DataHash {
        /// Height.
        height: u64,
        /// `data_hash` of the header.
        expected: String,
        /// Merkle root of what was served.
        computed: String,
    },
    /// An event that a chain emits once at most comes twice.
    #[error(
        "height {height}: {what} is announced a second time by event {event_index}; fetch it from another endpoint"
    )]
    DuplicateEvent {
        /// Height.
        height: u64,
        /// Index of the second one within its list.
        event_index: u32,
        /// What was announced.
        what: &'static str,
    },
    /// A field of the header or of a result has an impossible value.
    #[error("height {height}: {body}")]
    Field {
        /// Height.
        height: u64,
        /// Body.
        body: Body,
        /// The field.
        #[source]
        source: FieldError,
    },
    /// A successful transaction cannot be read.
    #[error("height {height}, transaction {tx_index}: cannot be read")]
    Tx {
        /// Height.
        height: u64,
        /// Transaction.
        tx_index: u32,
        /// Why.
        #[source]
        source: FieldError,
    },
    /// A message of a type that we know does not have the layout that we know.
    #[error("height {height}, transaction {tx_index}, message {msg_index}: {type_url} has an unexpected layout")]
    Message {
        /// Height.
        height: u64,
        /// Transaction.
        tx_index: u32,
        /// Outermost message.
        msg_index: u32,
        /// Type.
        type_url: String,
        /// Why.
        #[source]
        source: FieldError,
    },
    /// An event of a type that we know does not have the attributes that we know.
    #[error("height {height}, event {event_index} (transaction {tx_index:?}): {kind} has unexpected attributes")]
    Event {
        /// Height.
        height: u64,
        /// Transaction, if it is in one.
        tx_index: Option<u32>,
        /// Position in its list.
        event_index: u32,
        /// Type.
        kind: String,
        /// Why.
        #[source]
        source: FieldError,
    },
}

/// Longest piece of hostile text that an error repeats, in characters.
const QUOTED_CHARS: usize = 80;

/// What is wrong with one field.
#[derive(Debug, thiserror::Error)]
pub enum FieldError {
    /// It is absent.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// It has an impossible value.
    #[error("{field} is not {expected}: {value:?}")]
    Invalid {
        /// Field.
        field: &'static str,
        /// What was expected.
        expected: &'static str,
        /// Beginning of the value.
        value: String,
    },
    /// It is no decimal that fits.
    #[error("{field} is no usable decimal")]
    Decimal {
        /// Field.
        field: &'static str,
        /// Why.
        #[source]
        source: DecError,
    },
    /// Typed attribute values are JSON; this one is not of the shape that its type has.
    #[error("{field} has an unexpected shape")]
    Json {
        /// Field.
        field: &'static str,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// Base64 was promised.
    #[error("{field} is not base64")]
    Base64 {
        /// Field.
        field: &'static str,
        /// Why.
        #[source]
        source: base64::DecodeError,
    },
    /// Protobuf of an Akash message.
    #[error("not the expected protobuf message")]
    Protobuf(#[from] prost::DecodeError),
    /// Protobuf of a Cosmos wrapper.
    #[error("not the expected protobuf message")]
    CosmosProtobuf(#[from] cosmrs::proto::prost::DecodeError),
}

impl FieldError {
    /// An impossible value, quoted up to a limit.
    pub(in crate::chain::akash) fn invalid(field: &'static str, expected: &'static str, value: &str) -> Self {
        Self::Invalid {
            field,
            expected,
            value: value.chars().take(QUOTED_CHARS).collect(),
        }
    }
}

/// Two headers that do not follow each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The same height twice.
    #[error("height {height} comes twice")]
    Duplicate {
        /// Height.
        height: u64,
    },
    /// The second is not the next height.
    #[error("height {next} follows height {prev}")]
    Gap {
        /// First.
        prev: u64,
        /// Second.
        next: u64,
    },
    /// The second belongs to another chain.
    #[error("height {height}: chain {next:?} follows chain {prev:?}")]
    Chain {
        /// Second height.
        height: u64,
        /// Chain of the first.
        prev: String,
        /// Chain of the second.
        next: String,
    },
    /// The second was built on another block.
    #[error("height {height} was built on block {parent_hash}, but the block before has hash {hash}")]
    Parent {
        /// Second height.
        height: u64,
        /// What it names as its parent.
        parent_hash: String,
        /// Hash of the first.
        hash: String,
    },
}
