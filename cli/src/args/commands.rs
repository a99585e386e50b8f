//! Flags of each command.

use super::faults::{AnyFault, fault};
use clap::{Args, Subcommand};
use clap_complete::Shell;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// `gridproof up`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  gridproof up                                              follow Akash and Render from public endpoints
  gridproof up --recording testdata/akash-gridlocal-1 --recording testdata/render-world-1
                                                            index and serve two recordings
  gridproof up --or-recording testdata/akash-gridlocal-1 --or-recording testdata/render-world-1
                                                            each only where no endpoint of its kind answers")]
pub(crate) struct Up {
    /// Serve this recording instead of the configured networks (may be given several times)
    #[arg(long, value_name = "DIR", conflicts_with = "or_recording")]
    pub(crate) recording: Vec<PathBuf>,
    /// Fall back to this recording where no endpoint of a network of its kind answers (may be given several times)
    #[arg(long, value_name = "DIR")]
    pub(crate) or_recording: Vec<PathBuf>,
}

/// `gridproof index`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  gridproof index                                                        follow the configured networks
  gridproof index --recording testdata/akash-gridlocal-v12 --until-tip   index a recording and stop
  gridproof index --recording testdata/render-world-1 --until-tip        the same for Render")]
pub(crate) struct Index {
    /// Index this recording instead of the configured networks (may be given several times)
    #[arg(long, value_name = "DIR")]
    pub(crate) recording: Vec<PathBuf>,
    /// Stop when every range up to the tip is committed; exit 65 if one is quarantined
    #[arg(long)]
    pub(crate) until_tip: bool,
    /// How the built-in replay server behaves
    #[command(flatten)]
    pub(crate) manners: ReplayManners,
    /// A fault of the built-in replay server, for drills; see `gridproof replay --help` (may be given several times)
    #[arg(long, value_name = "FAULT", value_parser = fault, requires = "recording")]
    pub(crate) fault: Vec<AnyFault>,
}

/// `gridproof serve`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:
  gridproof serve --data-dir /srv/gridproof --listen 0.0.0.0:8080")]
pub(crate) struct Serve {}

/// `gridproof engine`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:
  gridproof engine --data-dir /srv/gridproof --listen 127.0.0.1:8123")]
pub(crate) struct EngineArgs {}

/// `gridproof migrate`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  gridproof migrate status
  gridproof migrate up")]
pub(crate) struct Migrate {
    /// What to do.
    #[command(subcommand)]
    pub(crate) action: MigrateAction,
}

/// Actions of `gridproof migrate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum MigrateAction {
    /// Which migrations are applied and which wait
    Status,
    /// Apply those that wait
    Up,
    /// Print the statements that `up` would run
    Plan,
    /// Compare applied migrations with the files; exit 65 if one was edited
    Verify,
}

/// `gridproof backfill`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  gridproof backfill akash --from-state                 begin with the state that a node answers, without blocks
  gridproof backfill akash --from-state --at 27800000   the same at this height, which the node must still have
  gridproof backfill --network akash --from 26063777 --to 26100000
  gridproof backfill --retry-quarantined")]
pub(crate) struct Backfill {
    /// Network [default: the only one configured]
    #[arg(value_name = "NETWORK", conflicts_with = "network")]
    pub(crate) name: Option<String>,
    /// Network, as a flag
    #[arg(long)]
    pub(crate) network: Option<String>,
    /// Ask a node for the whole state of one height and begin the state stage with it
    #[arg(long, conflicts_with_all = ["from", "to", "retry_quarantined", "recording"])]
    pub(crate) from_state: bool,
    /// Height of the state [default: a little below the newest]
    #[arg(long, value_name = "HEIGHT", requires = "from_state", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) at: Option<u64>,
    /// First height
    #[arg(long, required_unless_present_any = ["retry_quarantined", "from_state"])]
    pub(crate) from: Option<u64>,
    /// Last height
    #[arg(long, required_unless_present_any = ["retry_quarantined", "from_state"])]
    pub(crate) to: Option<u64>,
    /// Try quarantined ranges again
    #[arg(long)]
    pub(crate) retry_quarantined: bool,
    /// Fetch from this recording (its network is `rec-<chain_id>`)
    #[arg(long, value_name = "DIR")]
    pub(crate) recording: Option<PathBuf>,
}

impl Backfill {
    /// The network that was named, either way.
    pub(crate) fn network(&self) -> Option<&str> {
        self.name.as_deref().or(self.network.as_deref())
    }
}

/// `gridproof plan`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:
  gridproof plan --json")]
pub(crate) struct PlanArgs {
    /// Network [default: all]
    #[arg(long)]
    pub(crate) network: Option<String>,
    /// Plan for this recording
    #[arg(long, value_name = "DIR")]
    pub(crate) recording: Option<PathBuf>,
}

/// `gridproof status`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  gridproof status
  gridproof status --watch
  gridproof status --json")]
pub(crate) struct Status {
    /// Print again every two seconds until interrupted
    #[arg(long)]
    pub(crate) watch: bool,
}

/// `gridproof verify`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  gridproof verify                                      prove the data folder whole
  gridproof verify --against-chain --network akash      compare the followed state with what a node answers now
  gridproof verify --recording DIR --state DIR/state    index a recording, compare with the chain's own answers")]
pub(crate) struct Verify {
    /// Recording to index before comparing
    #[arg(long, value_name = "DIR")]
    pub(crate) recording: Option<PathBuf>,
    /// The chain's own answers: one folder per height; absent files are not compared
    #[arg(long, value_name = "DIR", requires = "recording")]
    pub(crate) state: Option<PathBuf>,
    /// Network to prove [default: all in the data folder; with --against-chain the only one configured]
    #[arg(long, conflicts_with = "state")]
    pub(crate) network: Option<String>,
    /// Ask a node for the state of the chain and compare it with the tables; nothing is written
    #[arg(long, conflicts_with_all = ["recording", "state"])]
    pub(crate) against_chain: bool,
    /// Height to compare [default: the last one whose state is committed]
    #[arg(long, value_name = "HEIGHT", requires = "against_chain", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) at: Option<u64>,
}

/// `gridproof reindex`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:
  gridproof reindex --network akash")]
pub(crate) struct Reindex {
    /// Network [default: all in the data folder]
    #[arg(long)]
    pub(crate) network: Option<String>,
    /// Fetch what was fetched without an address that is followed now, instead of deriving everything from the archive
    #[arg(long, requires = "network")]
    pub(crate) refetch: bool,
    /// Fetch it from this recording
    #[arg(long, value_name = "DIR", requires = "refetch")]
    pub(crate) recording: Option<PathBuf>,
}

/// `gridproof replay`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  gridproof replay testdata/akash-gridlocal-1 --listen 127.0.0.1:26657
  gridproof replay testdata/akash-gridlocal-1 --rate 20 --latency 150ms --errors 0.05
  gridproof replay testdata/akash-gridlocal-1 --grpc 127.0.0.1:9090      its state, too, for --from-state
  gridproof replay testdata/akash-gridlocal-1 --grpc 127.0.0.1:9090 --fault state:truncated@Leases
  gridproof replay testdata/render-world-1 --tip-rate 4 --fault getTransaction:null@0.1 --fault any:429@x3

Faults of a recording of Akash: chain-id:ID, truncated:H, html:H, missing-results:H, duplicate-events:H,
parent-mismatch:H, other-hash:H, pruned-below:H, lying-tip:H, no-websocket (H: a height).

A recording of Akash with a folder `state` is served as query services, too: the REST gateway beside the RPC, gRPC where
--grpc says. Their faults: state:KIND, of one method state:KIND@METHOD. KIND is repeat-key, cycle-key, ignore-limit,
garbage, other-height, no-height, truncated, repeated-object, empty-page, wrong-total, silent, cut, unimplemented,
other-chain, pruned, slow-MS, unavailable-N or rate-limited-N (the first N requests).

Faults of a recording of Render: METHOD:KIND[@HOW-OFTEN], lag:SLOTS, genesis:HASH. METHOD is a method or `any`.
KIND is 429, retry-after-SECONDS, 403, html, truncated (by the transport); null, reversed, duplicated, overlapping,
short, no-balances, no-time (in the answer); or an error code: -32001 -32004 -32005 -32007 -32009 -32010 -32011
-32014 -32015 -32016 -32019 -32020 -32021 -32603. HOW-OFTEN is a share such as 0.1, or the first so many calls
such as x3; without it, always.")]
pub(crate) struct Replay {
    /// Recording or archive folder
    pub(crate) folder: PathBuf,
    /// How the server behaves
    #[command(flatten)]
    pub(crate) manners: ReplayManners,
    /// Serve the state of a recording of Akash over gRPC (HTTP/2 without TLS) here
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) grpc: Option<SocketAddr>,
    /// A fault of the server, for drills, such as `html:40` or `getTransaction:null@0.1` (may be given several times)
    #[arg(long, value_name = "FAULT", value_parser = fault)]
    pub(crate) fault: Vec<AnyFault>,
}

/// How a replay server behaves: as good or bad an endpoint as asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Args)]
pub(crate) struct ReplayManners {
    /// Requests a second before the replay server answers 429
    #[arg(long, value_name = "N", env = "GRIDPROOF_REPLAY_RATE")]
    pub(crate) rate: Option<u32>,
    /// Delay of each of the replay server's answers, such as `150ms`
    #[arg(long, value_name = "TIME", value_parser = duration, env = "GRIDPROOF_REPLAY_LATENCY")]
    pub(crate) latency: Option<Duration>,
    /// Share of the replay server's answers that are errors, 0 to 1
    #[arg(long, value_name = "SHARE", value_parser = share, env = "GRIDPROOF_REPLAY_ERRORS")]
    pub(crate) errors: Option<f64>,
    /// Begin at the first height and let the tip move so many blocks a second (Render: slots with a transaction)
    #[arg(long, value_name = "N", value_parser = blocks_a_second, env = "GRIDPROOF_REPLAY_TIP_RATE")]
    pub(crate) tip_rate: Option<f64>,
    /// Seed of the replay server's random choices
    #[arg(long, value_name = "N", default_value_t = 0, env = "GRIDPROOF_REPLAY_SEED")]
    pub(crate) seed: u64,
}

/// `gridproof doctor`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:
  gridproof doctor --json")]
pub(crate) struct Doctor {}

/// `gridproof config`.
#[derive(Clone, Debug, Args)]
pub(crate) struct ConfigArgs {
    /// What to do.
    #[command(subcommand)]
    pub(crate) action: ConfigAction,
}

/// Actions of `gridproof config`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum ConfigAction {
    /// Print the configuration in force
    #[command(after_help = "Example:
  gridproof config show --origin")]
    Show {
        /// Say where each value came from
        #[arg(long)]
        origin: bool,
    },
}

/// `gridproof completions`.
#[derive(Clone, Copy, Debug, Args)]
#[command(after_help = "Example:
  gridproof completions bash > /etc/bash_completion.d/gridproof")]
pub(crate) struct Completions {
    /// Shell
    pub(crate) shell: Shell,
}

/// Parses `150ms`, `2s` or `1m`.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a time: write a number with `ms`, `s` or `m`, such as 150ms");
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(split);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let factor_ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => return Err(wrong()),
    };
    number
        .checked_mul(factor_ms)
        .map(Duration::from_millis)
        .ok_or_else(wrong)
}

/// Parses a speed above zero.
fn blocks_a_second(text: &str) -> Result<f64, String> {
    let wrong = || format!("`{text}` is no speed: write blocks a second, 0.001 to 1000, such as 4");
    text.parse()
        .ok()
        .filter(|rate| (0.001..=1000.0).contains(rate))
        .ok_or_else(wrong)
}

/// Parses a share of 0 to 1.
fn share(text: &str) -> Result<f64, String> {
    let wrong = || format!("`{text}` is not a share: write a number from 0 to 1, such as 0.05");
    text.parse()
        .ok()
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn times_need_a_unit() {
        assert_eq!(duration("150ms").unwrap(), Duration::from_millis(150));
        assert_eq!(duration("2s").unwrap(), Duration::from_secs(2));
        assert!(duration("2").is_err());
        assert!(duration("s").is_err());
        assert!(duration("99999999999999999999s").is_err());
    }

    #[test]
    fn shares_are_within_one() {
        assert_eq!(share("0.05").unwrap(), 0.05);
        assert!(share("1.5").is_err());
        assert!(share("NaN").is_err());
    }
}
