//! The command line's shape. What a command does is in `commands/`.

use crate::measure::kernels::timed::Data;
use crate::network::Endpoint;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use gridproof_probe_kernels::Arch;
use gridproof_probe_protocol::report::Mode;
use std::path::PathBuf;
use std::str::FromStr;

/// Exit codes, for the end of `--help`.
const EXIT_CODES: &str = "Exit codes: 0 measured and nothing contradicts the claim, 64 wrong usage, \
65 not the claimed model or faulty, 69 no driver, no GPU, or one that hung or was lost, 70 internal error, 130 Ctrl-C.";

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "gridproof-probe",
    version,
    about = "Checks that a GPU is the model it is sold as, and as fast: needs nothing but the NVIDIA driver",
    after_help = EXIT_CODES,
    max_term_width = 110,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// All commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Measure the GPUs of this machine and judge them
    Run(Run),
    /// Print a report that was written before, and judge it again
    Explain(Explain),
    /// Show the table of GPU models that verdicts refer to
    Models(Models),
    /// Run every kernel once, small, and compare it with its model on the CPU; or time one kernel
    Kernels(Kernels),
    /// Print a completion script for a shell
    Completions(Completions),
    /// What `run` starts to touch the driver; its protocol is private
    #[command(hide = true)]
    Worker,
}

/// `gridproof-probe run`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  gridproof-probe run                                   all GPUs, about 40 seconds each
  gridproof-probe run --full --output report.json       about three minutes each; the report goes to a file
  gridproof-probe run --device 0 --claim h100-sxm       one GPU, judged as the model it is sold as
  gridproof-probe run --json | jq '.gpus[].verdict'     the report on standard output
  gridproof-probe run --verifier https://verifier.example.org:9443
                                                        and the way to a verifier

Nothing leaves this machine without --verifier, and with it only bytes of no meaning.")]
pub(crate) struct Run {
    /// About 40 seconds a GPU [default]
    #[arg(long, overrides_with = "full")]
    pub(crate) quick: bool,
    /// About three minutes a GPU: longer runs, larger exact products
    #[arg(long, overrides_with = "quick", env = "GRIDPROOF_PROBE_FULL")]
    pub(crate) full: bool,
    /// GPU to measure: its number in CUDA_VISIBLE_DEVICES order, or `all`
    #[arg(long, value_name = "N|all", default_value = "all", env = "GRIDPROOF_PROBE_DEVICE")]
    pub(crate) device: DeviceChoice,
    /// Model that the GPUs are sold as (`gridproof-probe models` lists them) [default: what the driver says]
    #[arg(long, value_name = "MODEL", env = "GRIDPROOF_PROBE_CLAIM")]
    pub(crate) claim: Option<String>,
    /// Print the report as JSON instead of text
    #[arg(long, env = "GRIDPROOF_PROBE_JSON")]
    pub(crate) json: bool,
    /// Write the report as JSON to this file, whole or not at all
    #[arg(long, value_name = "FILE", env = "GRIDPROOF_PROBE_OUTPUT")]
    pub(crate) output: Option<PathBuf>,
    /// Measure latency and bandwidth to this verifier: https://HOST[:PORT]; http:// on loopback only
    #[arg(long, value_name = "URL", env = "GRIDPROOF_PROBE_VERIFIER")]
    pub(crate) verifier: Option<Endpoint>,
    /// Leave out the copies between GPUs
    #[arg(long, env = "GRIDPROOF_PROBE_NO_LINKS")]
    pub(crate) no_links: bool,
    /// Leave out the run of all GPUs at once
    #[arg(long, env = "GRIDPROOF_PROBE_NO_TOGETHER")]
    pub(crate) no_together: bool,
    /// Show no progress on standard error
    #[arg(long, short, env = "GRIDPROOF_PROBE_QUIET")]
    pub(crate) quiet: bool,
}

impl Run {
    /// How much is measured: a typed `--quick` outranks `GRIDPROOF_PROBE_FULL`.
    pub(crate) fn mode(&self) -> Mode {
        if self.full && !self.quick {
            Mode::Full
        } else {
            Mode::Quick
        }
    }
}

/// `gridproof-probe explain`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  gridproof-probe explain report.json
  ssh gpu-host gridproof-probe run --json | gridproof-probe explain -

Exits 65 when the report was changed after it was judged, when a GPU is not the claimed model, or is faulty.")]
pub(crate) struct Explain {
    /// Report as `run --json` or `--output` wrote it; `-` reads standard input
    #[arg(value_name = "FILE|-")]
    pub(crate) report: PathBuf,
    /// Print the new verdicts as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `gridproof-probe models`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  gridproof-probe models
  gridproof-probe models --json | jq 'keys'")]
pub(crate) struct Models {
    /// Print JSON, with the source of every number
    #[arg(long)]
    pub(crate) json: bool,
}

/// `gridproof-probe kernels`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  gridproof-probe kernels                               all kernels of the GPU's image, one line each
  gridproof-probe kernels --only gemm --large           the products, those of integers also at 2048 x 2048 x 2048
  gridproof-probe kernels --image compute_80            the intermediate code, which the driver compiles first
  gridproof-probe kernels --json --output kernels.json
  gridproof-probe kernels --time bf16 --size 8192 --seconds 2 --json
  gridproof-probe kernels --time read --blocks-per-sm 8

A kernel that breaks its process or hangs is named, and the others are checked in a new process.
Exit codes: 0 every kernel of the image is right, 65 one is wrong or does not end, 69 no driver, no GPU, or one that was lost.")]
pub(crate) struct Kernels {
    /// GPU: its number in CUDA_VISIBLE_DEVICES order
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) device: u32,
    /// Only kernels whose name has this text in it
    #[arg(long, value_name = "PATTERN", conflicts_with = "time")]
    pub(crate) only: Option<String>,
    /// Images of this architecture instead of the best that loads, such as compute_80
    #[arg(long, value_name = "ARCH", conflicts_with = "time")]
    pub(crate) image: Option<Arch>,
    /// Compare exact products at 2048 x 2048 x 2048, too
    #[arg(long, conflicts_with = "time")]
    pub(crate) large: bool,
    /// Time one kernel instead: the product of a precision, or a kernel that moves memory
    #[arg(long, value_name = "KERNEL")]
    pub(crate) time: Option<TimedKernel>,
    /// With --time: side of the product [default: 8192, fp64 4096], or bytes of a buffer [default: 4000000000]
    #[arg(long, value_name = "N", requires = "time", value_parser = clap::value_parser!(u64).range(1..=1 << 40))]
    pub(crate) size: Option<u64>,
    /// With --time: for so long, after a second of warm-up
    #[arg(long, value_name = "S", default_value = "2", requires = "time", value_parser = seconds)]
    pub(crate) seconds: f64,
    /// With --time: data of a product
    #[arg(long, value_name = "DATA", default_value = "normal", requires = "time")]
    pub(crate) data: Data,
    /// With --time read: blocks a multiprocessor [default: 4]
    #[arg(long, value_name = "N", requires = "time", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) blocks_per_sm: Option<u32>,
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
    /// Write the JSON to this file, whole or not at all
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Show no progress on standard error
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// A kernel that can be timed alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "lowercase")]
pub(crate) enum TimedKernel {
    /// bf16 product
    Bf16,
    /// fp16 product
    Fp16,
    /// 8-bit float product
    Fp8,
    /// 8-bit integer product
    Int8,
    /// tf32 product
    Tf32,
    /// fp64 product
    Fp64,
    /// reading memory
    Read,
    /// writing memory
    Write,
    /// copying memory
    Copy,
    /// a = b + k c over memory
    Triad,
}

/// A time that a kernel can be repeated for.
fn seconds(text: &str) -> Result<f64, String> {
    const MOST: f64 = 120.0;
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value <= MOST => Ok(value),
        _ => Err(format!("a time is a number of seconds up to {MOST:.0}")),
    }
}

/// `gridproof-probe completions`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:
  gridproof-probe completions bash > ~/.local/share/bash-completion/completions/gridproof-probe")]
pub(crate) struct Completions {
    /// Shell
    pub(crate) shell: Shell,
}

/// Which GPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeviceChoice {
    /// Every one that the driver shows.
    All,
    /// The one of this ordinal.
    One(u32),
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self::All);
        }
        text.parse()
            .map(Self::One)
            .map_err(|_| "a GPU is a number from 0, in the order of CUDA_VISIBLE_DEVICES, or `all`".to_owned())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use clap::CommandFactory;

    fn run(arguments: &[&str]) -> Result<Run, clap::Error> {
        let line = ["gridproof-probe", "run"].iter().chain(arguments);
        match Cli::try_parse_from(line)?.command {
            Command::Run(run) => Ok(run),
            other => panic!("not a run: {other:?}"),
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn quick_is_the_default_and_the_last_of_both_wins() {
        assert_eq!(run(&[]).unwrap().mode(), Mode::Quick);
        assert_eq!(run(&["--full"]).unwrap().mode(), Mode::Full);
        assert_eq!(run(&["--quick", "--full"]).unwrap().mode(), Mode::Full);
        assert_eq!(run(&["--full", "--quick"]).unwrap().mode(), Mode::Quick);
    }

    #[test]
    fn a_device_is_a_number_or_all() {
        assert_eq!(run(&[]).unwrap().device, DeviceChoice::All);
        assert_eq!(run(&["--device", "3"]).unwrap().device, DeviceChoice::One(3));
        for wrong in ["-1", "0x1", "one", "", "4294967296"] {
            assert!(run(&["--device", wrong]).is_err(), "{wrong:?} is no device");
        }
    }

    #[test]
    fn a_verifier_is_reached_by_https_except_on_this_machine() {
        assert!(run(&["--verifier", "https://verifier.example.org"]).is_ok());
        assert!(run(&["--verifier", "http://127.0.0.1:9443"]).is_ok());
        assert!(run(&["--verifier", "http://verifier.example.org"]).is_err());
    }
}
