//! One round of questions with what was answered: the document that is archived, and what follows from it.

use super::coingecko::{self, Coin};
use super::judge::{self, Known, Rules};
use super::osmosis::Route;
use super::pyth::{self, PythFeed};
use super::tick::{Source, Tick};
use serde::{Deserialize, Serialize};

/// Form of the document.
const FORMAT: u32 = 1;
/// Largest document that is read.
pub(super) const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Something that is asked of one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Accounts on Solana, all at once. One body: slot and accounts.
    Pyth(Vec<PythFeed>),
    /// Pools on Osmosis, all of one node. Bodies: the node's status, then each pool.
    OsmosisTwap(Route),
    /// Current prices. One body.
    CoingeckoPrices(Vec<Coin>),
    /// Daily points of one coin. One body.
    CoingeckoHistory(Coin),
}

impl Question {
    /// The source that is asked.
    pub const fn source(&self) -> Source {
        match self {
            Self::Pyth(_) => Source::Pyth,
            Self::OsmosisTwap(_) => Source::OsmosisTwap,
            Self::CoingeckoPrices(_) => Source::Coingecko,
            Self::CoingeckoHistory(_) => Source::CoingeckoDaily,
        }
    }
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// Bodies as served.
    Served {
        /// Who answered, without what may be a key.
        endpoint: String,
        /// In the order that the question says.
        bodies: Vec<String>,
    },
    /// Nobody answered.
    Refused {
        /// A word for the kind of refusal, fit for a label.
        code: String,
        /// Who said what.
        reason: String,
    },
}

/// A question with its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// What was asked.
    pub question: Question,
    /// What came back.
    pub answer: Answer,
}

/// One round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Poll {
    format: u32,
    /// Our clock when the last answer was there, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// Newest height of the network that was known then; 0: none was.
    pub height: u64,
    /// The limits in force.
    pub rules: Rules,
    /// The last good prices before this round.
    pub known: Vec<Known>,
    /// What was asked and answered.
    pub asked: Vec<Asked>,
}

/// A document that is no poll.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    /// It cannot be read.
    #[error("the document is no round of prices: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// It has another form.
    #[error("the document has form {0}; this version of gridproof reads form {FORMAT}")]
    Format(u32),
    /// It is too large.
    #[error("the document has {0} bytes, more than {MAX_BYTES}")]
    TooLarge(usize),
}

impl Poll {
    /// A round that ended at `at_ms`, when the network stood at `height`.
    pub fn new(at_ms: i64, height: u64, rules: Rules, known: Vec<Known>, asked: Vec<Asked>) -> Self {
        Self {
            format: FORMAT,
            at_ms,
            height,
            rules,
            known,
            asked,
        }
    }

    /// Reads an archived round.
    pub fn from_json(document: &[u8]) -> Result<Self, PollError> {
        if document.len() > MAX_BYTES {
            return Err(PollError::TooLarge(document.len()));
        }
        let poll: Self = serde_json::from_slice(document)?;
        match poll.format {
            FORMAT => Ok(poll),
            other => Err(PollError::Format(other)),
        }
    }

    /// The document to archive.
    pub fn to_json(&self) -> Result<Vec<u8>, PollError> {
        Ok(serde_json::to_vec(self)?)
    }

    /// One tick for each asset of each question, judged, in the order of the questions.
    pub fn ticks(&self) -> Vec<Tick> {
        let mut ticks: Vec<Tick> = self.asked.iter().flat_map(Asked::ticks).collect();
        self.rules.judge(&mut ticks, &self.known, self.at_ms);
        ticks
    }

    /// The last good prices after this round.
    pub fn known_after(&self, ticks: &[Tick]) -> Vec<Known> {
        judge::known_after(&self.known, ticks, self.at_ms)
    }
}

impl Asked {
    /// What was said, not judged yet.
    fn ticks(&self) -> Vec<Tick> {
        let bodies = match &self.answer {
            Answer::Served { bodies, .. } => bodies,
            Answer::Refused { code, reason } => return self.refused(&format!("{code}: {reason}")),
        };
        let Some(first) = bodies.first() else {
            return self.refused("nothing was answered");
        };
        match &self.question {
            Question::Pyth(feeds) => pyth::ticks(feeds, first),
            Question::OsmosisTwap(route) => vec![route.tick(bodies)],
            Question::CoingeckoPrices(coins) => coingecko::ticks(coins, first),
            Question::CoingeckoHistory(coin) => coingecko::history(coin, first),
        }
    }

    fn refused(&self, reason: &str) -> Vec<Tick> {
        let reason = || reason.to_owned();
        match &self.question {
            Question::Pyth(feeds) => feeds.iter().map(|feed| feed.refused(reason())).collect(),
            Question::OsmosisTwap(route) => vec![route.refused(reason())],
            Question::CoingeckoPrices(coins) => {
                let source = self.question.source();
                coins.iter().map(|coin| coin.refused(source, reason())).collect()
            }
            Question::CoingeckoHistory(coin) => vec![coin.refused(self.question.source(), reason())],
        }
    }
}
