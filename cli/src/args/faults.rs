//! `--fault`: how a replay server is told to be wrong, in the words of the chain that it replays.

use crate::exit::Failure;
use gridproof_indexer::source::replay::{Fault, STATE_FAULTS, StateFault};
use gridproof_indexer::source::solana::replay::{SOLANA_FAULTS, SolanaFault};

/// A fault of either kind of replay server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum AnyFault {
    /// Of a CometBFT endpoint.
    Akash(Fault),
    /// Of the query services beside it.
    State(StateFault),
    /// Of a Solana endpoint.
    Render(SolanaFault),
}

/// The faults of a CometBFT endpoint.
const COMET_FAULTS: &str = "use chain-id:ID, truncated:H, html:H, missing-results:H, duplicate-events:H, \
                            parent-mismatch:H, other-hash:H, pruned-below:H, lying-tip:H or no-websocket";

/// Parses a fault: that of Akash is a name, and for most a height; that of Render has its own grammar.
pub(super) fn fault(text: &str) -> Result<AnyFault, String> {
    let (name, rest) = text.split_once(':').unwrap_or((text, ""));
    let height = || {
        rest.parse()
            .map_err(|_| format!("`{text}`: write a height after the colon, such as {name}:40"))
    };
    let comet = match name {
        "chain-id" if !rest.is_empty() => Ok(Fault::ChainId(rest.to_owned())),
        "truncated" => height().map(Fault::Truncated),
        "html" => height().map(Fault::Html),
        "missing-results" => height().map(Fault::MissingResults),
        "duplicate-events" => height().map(Fault::DuplicateEvents),
        "parent-mismatch" => height().map(Fault::ParentMismatch),
        "other-hash" => height().map(Fault::OtherHash),
        "pruned-below" => height().map(Fault::Floor),
        "lying-tip" => height().map(Fault::LyingTip),
        "no-websocket" => Ok(Fault::NoWebsocket),
        "state" => return text.parse().map(AnyFault::State),
        _ => {
            let none = |_| {
                format!(
                    "`{text}` is no fault. Akash: {COMET_FAULTS}. Its query services: {STATE_FAULTS}. Render: \
                     {SOLANA_FAULTS}"
                )
            };
            return text.parse().map(AnyFault::Render).map_err(none);
        }
    };
    comet.map(AnyFault::Akash)
}

/// The faults of a CometBFT endpoint among these.
pub(crate) fn of_akash(faults: &[AnyFault]) -> Vec<Fault> {
    let pick = |fault: &AnyFault| match fault {
        AnyFault::Akash(fault) => Some(fault.clone()),
        AnyFault::State(_) | AnyFault::Render(_) => None,
    };
    faults.iter().filter_map(pick).collect()
}

/// The faults of query services among these.
pub(crate) fn of_state(faults: &[AnyFault]) -> Vec<StateFault> {
    let pick = |fault: &AnyFault| match fault {
        AnyFault::State(fault) => Some(fault.clone()),
        AnyFault::Akash(_) | AnyFault::Render(_) => None,
    };
    faults.iter().filter_map(pick).collect()
}

/// The faults of a Solana endpoint among these.
pub(crate) fn of_render(faults: &[AnyFault]) -> Vec<SolanaFault> {
    let pick = |fault: &AnyFault| match fault {
        AnyFault::Render(fault) => Some(fault.clone()),
        AnyFault::Akash(_) | AnyFault::State(_) => None,
    };
    faults.iter().filter_map(pick).collect()
}

/// What of recordings is served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kinds {
    /// Blocks of Akash.
    pub(crate) akash: bool,
    /// The state of Akash beside its blocks.
    pub(crate) state: bool,
    /// Render.
    pub(crate) render: bool,
}

/// Refuses faults that nothing of what is served could have.
pub(crate) fn check(faults: &[AnyFault], served: Kinds) -> Result<(), Failure> {
    for fault in faults {
        let (is_served, what, text) = match fault {
            AnyFault::Akash(fault) => (served.akash, "a recording of Akash", format!("{fault:?}")),
            AnyFault::State(fault) => (served.state, "the state in a recording of Akash", fault.to_string()),
            AnyFault::Render(fault) => (served.render, "a recording of Render", fault.to_string()),
        };
        if !is_served {
            return Err(Failure::usage(format!(
                "--fault {text} is a fault of {what}, and none is served; see `gridproof replay --help`"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_fault_is_read_in_the_words_of_its_chain() {
        assert_eq!(fault("html:40").unwrap(), AnyFault::Akash(Fault::Html(40)));
        assert_eq!(fault("lag:9").unwrap(), AnyFault::Render(SolanaFault::Lag(9)));
        assert!(matches!(fault("getTransaction:null@0.1").unwrap(), AnyFault::Render(_)));
        let none = fault("gremlins").unwrap_err();
        assert!(none.contains("chain-id:ID") && none.contains("METHOD:KIND"), "{none}");
        assert!(fault("html:x").unwrap_err().contains("html:40"));
    }

    #[test]
    fn a_fault_that_nothing_can_have_is_refused() {
        let faults = [fault("html:40").unwrap(), fault("lag:9").unwrap()];
        let both = Kinds {
            akash: true,
            render: true,
            state: false,
        };
        assert!(check(&faults, both).is_ok());
        let akash = Kinds { render: false, ..both };
        assert!(check(&faults, akash).unwrap_err().to_string().contains("lag:9"));
        assert!(check(&faults, Kinds { akash: false, ..both }).is_err());
        assert_eq!(
            (
                of_akash(&faults).len(),
                of_render(&faults).len(),
                of_state(&faults).len()
            ),
            (1, 1, 0)
        );
    }

    #[test]
    fn a_fault_of_query_services_needs_a_state_that_is_served() {
        let faults = [fault("state:garbage@Leases").unwrap()];
        assert_eq!(of_state(&faults).len(), 1);
        let blocks = Kinds {
            akash: true,
            ..Kinds::default()
        };
        assert!(
            check(&faults, blocks)
                .unwrap_err()
                .to_string()
                .contains("state:garbage@Leases")
        );
        assert!(check(&faults, Kinds { state: true, ..blocks }).is_ok());
        assert!(fault("state:gremlins").unwrap_err().contains("state:KIND"));
    }
}
