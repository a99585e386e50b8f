//! How a replayed query node behaves: a good one by default, a bad one where a test or a drill asks for it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::super::options::TipPolicy;

/// One way in which a query node can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateFaultKind {
    /// Every page is the first one, and names the same next key for ever.
    RepeatKey,
    /// The third page leads back to the second one.
    CycleKey,
    /// The limit is not looked at: one page holds everything.
    IgnoreLimit,
    /// Bytes that mean nothing.
    Garbage,
    /// Pages after the first are of the next height (a list of one page: that page).
    OtherHeight,
    /// Answers do not say of which height they are.
    NoHeight,
    /// The message ends in the middle.
    Truncated,
    /// A page begins with the object that ended the one before (a list of one page: with its last one).
    RepeatedObject,
    /// The second page is empty, and names a next key.
    EmptyPage,
    /// The total is one too many.
    WrongTotal,
    /// Each answer comes this much later.
    Slow(Duration),
    /// No answer comes at all.
    Silent,
    /// The connection ends in the middle of an answer.
    Cut,
    /// The first so many requests are answered with UNAVAILABLE or 503.
    Unavailable(u32),
    /// The first so many requests are answered with RESOURCE_EXHAUSTED or 429.
    RateLimited(u32),
    /// There is no such method.
    Unimplemented,
    /// Headers name another chain.
    OtherChain,
    /// The state of every height is pruned.
    Pruned,
}

/// A fault, of all methods or of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateFault {
    /// What is wrong.
    pub kind: StateFaultKind,
    /// The method, by its whole name or its last part; `None`: all.
    pub method: Option<String>,
}

impl StateFault {
    /// A fault of all methods.
    pub fn all(kind: StateFaultKind) -> Self {
        Self { kind, method: None }
    }

    /// A fault of one method.
    pub fn of(kind: StateFaultKind, method: &str) -> Self {
        Self {
            kind,
            method: Some(method.to_owned()),
        }
    }

    pub(super) fn concerns(&self, method: &str) -> bool {
        let is = |name: &String| method == name || method.rsplit('/').next() == Some(name);
        self.method.as_ref().is_none_or(is)
    }
}

/// The words of [`StateFaultKind`] that take no number.
const PLAIN: &[(&str, StateFaultKind)] = &[
    ("repeat-key", StateFaultKind::RepeatKey),
    ("cycle-key", StateFaultKind::CycleKey),
    ("ignore-limit", StateFaultKind::IgnoreLimit),
    ("garbage", StateFaultKind::Garbage),
    ("other-height", StateFaultKind::OtherHeight),
    ("no-height", StateFaultKind::NoHeight),
    ("truncated", StateFaultKind::Truncated),
    ("repeated-object", StateFaultKind::RepeatedObject),
    ("empty-page", StateFaultKind::EmptyPage),
    ("wrong-total", StateFaultKind::WrongTotal),
    ("silent", StateFaultKind::Silent),
    ("cut", StateFaultKind::Cut),
    ("unimplemented", StateFaultKind::Unimplemented),
    ("other-chain", StateFaultKind::OtherChain),
    ("pruned", StateFaultKind::Pruned),
];

/// The grammar of [`StateFault`], for help texts and errors.
pub const STATE_FAULTS: &str = "state:KIND or state:KIND@METHOD, KIND one of repeat-key, cycle-key, ignore-limit, \
                                garbage, other-height, no-height, truncated, repeated-object, empty-page, wrong-total, \
                                silent, cut, unimplemented, other-chain, pruned, slow-MS, unavailable-N, rate-limited-N";

impl FromStr for StateFault {
    type Err = String;

    /// Reads `state:garbage@Leases`, `state:unavailable-3`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no fault of a query node: {STATE_FAULTS}");
        let rest = text.strip_prefix("state:").ok_or_else(wrong)?;
        let (word, method) = rest.split_once('@').map_or((rest, None), |(w, m)| (w, Some(m)));
        let plain = PLAIN.iter().find(|(name, _)| *name == word).map(|(_, kind)| *kind);
        let numbered = || {
            let (name, number) = word.rsplit_once('-')?;
            let number: u32 = number.parse().ok()?;
            match name {
                "slow" => Some(StateFaultKind::Slow(Duration::from_millis(number.into()))),
                "unavailable" => Some(StateFaultKind::Unavailable(number)),
                "rate-limited" => Some(StateFaultKind::RateLimited(number)),
                _ => None,
            }
        };
        Ok(Self {
            kind: plain.or_else(numbered).ok_or_else(wrong)?,
            method: method.map(str::to_owned),
        })
    }
}

impl fmt::Display for StateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("state:")?;
        match self.kind {
            StateFaultKind::Slow(by) => write!(f, "slow-{}", by.as_millis())?,
            StateFaultKind::Unavailable(n) => write!(f, "unavailable-{n}")?,
            StateFaultKind::RateLimited(n) => write!(f, "rate-limited-{n}")?,
            kind => {
                let word = PLAIN.iter().find(|(_, k)| *k == kind).map_or("", |(name, _)| name);
                f.write_str(word)?;
            }
        }
        self.method.as_ref().map_or(Ok(()), |method| write!(f, "@{method}"))
    }
}

/// Options of a replayed query node. The default is a well-behaved node.
#[derive(Clone, Debug)]
pub struct StateOptions {
    /// How far the chain has come, for [`super::serve_state`]; elsewhere the endpoint's own tip counts.
    pub tip: TipPolicy,
    /// Blocks that the newest block is ahead of the last recorded one, once that is reached: a client that asks a
    /// little below the newest block meets the last height that has a state.
    pub lead: u64,
    /// What is wrong with the node.
    pub faults: Vec<StateFault>,
}

impl Default for StateOptions {
    fn default() -> Self {
        Self {
            tip: TipPolicy::Whole,
            lead: 10,
            faults: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_fault_is_read_as_it_is_written() {
        for text in [
            "state:garbage",
            "state:repeat-key@Leases",
            "state:slow-250@akash.escrow.v1.Query/Payments",
            "state:unavailable-3",
        ] {
            assert_eq!(text.parse::<StateFault>().unwrap().to_string(), text);
        }
        for (word, kind) in PLAIN {
            assert_eq!(format!("state:{word}").parse::<StateFault>().unwrap().kind, *kind);
        }
        for wrong in ["garbage", "state:gremlins", "state:slow-x", "state:unavailable"] {
            assert!(
                wrong.parse::<StateFault>().unwrap_err().contains("state:KIND"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_fault_concerns_its_method_by_either_name() {
        let fault: StateFault = "state:cut@Leases".parse().unwrap();
        assert!(fault.concerns("akash.market.v1beta5.Query/Leases"));
        assert!(!fault.concerns("akash.market.v1beta5.Query/Orders"));
        assert!(StateFault::all(StateFaultKind::Cut).concerns("any"));
    }
}
