//! Why an answer of a provider is not taken.

/// Why an answer of a provider is not taken. The texts quote at most a few characters of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InventoryError {
    /// The bytes are not what they should be.
    #[error("the answer is not {what}: {why}")]
    Malformed {
        /// What was expected, such as `a status message`.
        what: &'static str,
        /// What the parser said.
        why: String,
    },
    /// A quantity that Kubernetes would not read either.
    #[error("{at}: {text:?} is no quantity: {why}")]
    Quantity {
        /// Which field.
        at: String,
        /// The text, clipped.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A number that no machine has, or that does not fit.
    #[error("{at} does not fit: {limit} is the most that is taken")]
    Overflow {
        /// Which field.
        at: String,
        /// The limit.
        limit: u64,
    },
    /// More of something than a provider can have.
    #[error("{got} {what}: {limit} are the most that is taken")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many.
        got: usize,
        /// The limit.
        limit: usize,
    },
}

impl InventoryError {
    /// As tables store it.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "malformed",
            Self::Quantity { .. } => "bad_quantity",
            Self::Overflow { .. } => "overflow",
            Self::TooMany { .. } => "too_many",
        }
    }
}
