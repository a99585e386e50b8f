//! Why a slot could not be decoded. Each stops its range: nothing of it is known then.

/// A body that cannot be trusted, and where.
#[derive(Debug, thiserror::Error)]
#[error("slot {slot}{}: {fault}", in_transaction(.signature))]
pub struct DecodeError {
    /// The slot.
    pub slot: u64,
    /// The transaction; nothing where the window is meant.
    pub signature: Option<String>,
    /// What is wrong.
    #[source]
    pub fault: Fault,
}

fn in_transaction(signature: &Option<String>) -> String {
    signature
        .as_ref()
        .map(|signature| format!(", transaction {}", signature.chars().take(96).collect::<String>()))
        .unwrap_or_default()
}

/// What is wrong with a body.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Not the JSON that it should be.
    #[error("the body is not a getTransaction result in encoding json or base64 ({0}); ask another node")]
    Json(#[source] serde_json::Error),
    /// A body or a part of it that is larger than any honest one.
    #[error("{what}: {size} is over the limit of {limit}; ask another node")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// How large it is.
        size: usize,
        /// How large it may be.
        limit: usize,
    },
    /// The node does not have what is asked for.
    #[error("{0} is null or missing: the node does not know it, and unknown is not zero; ask a node with full history")]
    Unknown(&'static str),
    /// The body is of another slot.
    #[error("the body is of slot {0}; the node answered something else than it was asked")]
    OtherSlot(u64),
    /// The body is of another transaction.
    #[error("the body is of transaction {0}; the node answered something else than it was asked")]
    OtherSignature(String),
    /// The body has another time.
    #[error("the body says block time {body}, the listing {listed}; ask another node")]
    OtherTime {
        /// In the body.
        body: i64,
        /// Beside it.
        listed: i64,
    },
    /// A time that no block has.
    #[error("{0} is no time of a block")]
    Time(i64),
    /// The same transaction twice.
    #[error("the transaction is in the slot twice; its rows would count twice")]
    Duplicate,
    /// A version that this decoder does not know. Never a reason to skip.
    #[error("version {0} of transactions is not known; update gridproof, then index the range again")]
    Version(String),
    /// The body says one version, the bytes another.
    #[error("the body says version {said}, its bytes are version {found}; ask another node")]
    OtherVersion {
        /// In the body.
        said: i8,
        /// In the bytes.
        found: i8,
    },
    /// An encoding that was not asked for.
    #[error("encoding {0} is not read; ask for json or base64")]
    Encoding(String),
    /// Bytes of a transaction that end early or have a rest.
    #[error("the transaction's bytes are broken at {what} (byte {at}); ask another node")]
    Wire {
        /// Which part.
        what: &'static str,
        /// Offset.
        at: usize,
    },
    /// A text that should be base58 or base64 of a certain length.
    #[error("{what} is malformed: `{text}`; ask another node")]
    Text {
        /// Which field.
        what: &'static str,
        /// Its beginning.
        text: String,
    },
    /// An index that points nowhere.
    #[error("{what} {index} is out of range ({len}); ask another node")]
    Index {
        /// What it should point to.
        what: &'static str,
        /// The index.
        index: usize,
        /// How many there are.
        len: usize,
    },
    /// Something listed twice.
    #[error("{what} {index} is listed twice; ask another node")]
    Twice {
        /// What.
        what: &'static str,
        /// Its index.
        index: usize,
    },
    /// An amount that is not an integer of 64 bits.
    #[error("`{0}` is not an amount in base units; ask another node")]
    Amount(String),
    /// Lookup tables and loaded addresses that do not fit.
    #[error("lookup tables load {expected} addresses, the body lists {found}; ask another node")]
    Loaded {
        /// What the message asks for.
        expected: usize,
        /// What the metadata has.
        found: usize,
    },
    /// A header that cannot be true.
    #[error("{signers} signers, {signatures} signatures and {keys} static accounts do not fit; ask another node")]
    Header {
        /// Required signatures.
        signers: usize,
        /// Signatures there.
        signatures: usize,
        /// Static accounts.
        keys: usize,
    },
    /// An error and an effect.
    #[error("the transaction failed, yet the balance of account {0} changed; ask another node")]
    FailedButMoved(String),
    /// A window that does not fit its slot.
    #[error("the window runs from {from} to {to}; it must end in its own slot")]
    Window {
        /// First slot.
        from: u64,
        /// Last slot.
        to: u64,
    },
}

/// The beginning of a hostile text, for a message.
pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(48).collect()
}
