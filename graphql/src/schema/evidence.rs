//! How we know a number, and enumerations whose words are stored as text.

/// An enumeration of the API over words that are stored as text: `word` gives the stored one, `of` reads it back.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, async_graphql::Enum)]
        pub(crate) enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl $name {
            /// The stored word.
            pub(crate) fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// What a stored word means; `None` for one that this version does not know.
            pub(crate) fn of(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// How we know a number. What is reported off chain is stored beside the chain's and compared, never mixed in.
    Evidence {
        /// Read from finalized blocks: amounts, accounts, owners, times, and the chain's own objects.
        Onchain = "onchain",
        /// Computed from on-chain rows by a rule of ours that is kept as data.
        Derived = "derived",
        /// A number that somebody published.
        OffchainReported = "offchain_reported",
    }
}
