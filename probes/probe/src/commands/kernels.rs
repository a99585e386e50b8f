//! `gridproof-probe kernels`.

use super::run::{stopped, with_print};
use crate::cli::{Kernels, TimedKernel};
use crate::exit::{Code, Failure, Outcome};
use crate::explain::plain;
use crate::measure::kernels::timed::{Data, Order, Timing, Work};
use crate::measure::kernels::{Checked, Ending};
use crate::output::{self, Destination};
use crate::supervise::{self, Interrupt, KernelOutcome, Stop, WorkerCommand, one_job};
use crate::worker::kernels::Selection;
use crate::worker::wire::{Event, Job};
use anyhow::Context;
use gridproof_probe_protocol::report::Precision;
use gridproof_probe_protocol::samples::Unit;
use serde::Serialize;

/// Name of this form of the JSON.
const SCHEMA: &str = "gridproof.probe.kernels.v1";
/// Most of a text of the driver that is printed, characters.
const SHOWN: usize = 300;

/// Checks all kernels, or times one.
pub(crate) fn run(args: &Kernels) -> Outcome {
    let destination = args.output.as_deref().map(Destination::prepare).transpose()?;
    let interrupt = Interrupt::listen().context("cannot listen to signals")?;
    let command = WorkerCommand::own().context("cannot find this executable")?;
    match args.time {
        Some(kernel) => time(args, kernel, (&command, &interrupt), destination.as_ref()),
        None => check(args, (&command, &interrupt), destination.as_ref()),
    }
}

/// The answer as JSON.
#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    probe_version: &'static str,
    gpu: &'a str,
    capability: (i32, i32),
    multiprocessors: u32,
    cuda_version: i32,
    images: &'a [String],
    opening_seconds: f64,
    kernels: Vec<Line<'a>>,
}

/// One kernel.
#[derive(Serialize)]
struct Line<'a> {
    kernel: &'a str,
    image: &'a str,
    shapes: Vec<&'a str>,
    verdict: Verdict,
    /// The first difference with its shape, the driver's error, or why it was not run.
    difference: Option<String>,
    seconds: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Right,
    Wrong,
    Failed,
    NotRun,
}

impl Verdict {
    fn text(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Wrong => "WRONG",
            Self::Failed => "FAILED",
            Self::NotRun => "not run",
        }
    }
}

fn line(checked: &Checked) -> Line<'_> {
    let (verdict, difference, shapes) = match &checked.ending {
        Ending::Ran { cases } => {
            let wrong = cases.iter().find_map(|case| {
                let difference = case.difference.as_ref()?;
                Some(format!("{}: {}", case.shape, plain(difference, SHOWN)))
            });
            let verdict = match (&wrong, cases.is_empty()) {
                (Some(_), _) => Verdict::Wrong,
                // A kernel of which nothing was compared is not right.
                (None, true) => Verdict::NotRun,
                (None, false) => Verdict::Right,
            };
            (verdict, wrong, cases.iter().map(|case| case.shape.as_str()).collect())
        }
        Ending::Failed { error } => (Verdict::Failed, Some(plain(error, SHOWN)), Vec::new()),
        Ending::NotRun { reason } => (Verdict::NotRun, Some(plain(reason, SHOWN)), Vec::new()),
    };
    Line {
        kernel: &checked.kernel,
        image: &checked.image,
        shapes,
        verdict,
        difference,
        seconds: checked.seconds,
    }
}

fn check(args: &Kernels, with: (&WorkerCommand, &Interrupt), file: Option<&Destination>) -> Outcome {
    let selection = Selection {
        device: args.device,
        image: args.image,
        only: args.only.clone(),
        large: args.large,
        done: Vec::new(),
    };
    let mut display = supervise::display(args.quiet);
    let outcome = supervise::check_kernels(&selection, with, display.as_mut()).map_err(stopped)?;
    let KernelOutcome {
        planned: Some(planned),
        kernels,
        trouble,
    } = &outcome
    else {
        let trouble = outcome
            .trouble
            .ok_or_else(|| anyhow::anyhow!("a check without an answer"))?;
        return Err(stopped(Stop::Trouble(trouble)));
    };
    if planned.kernels.is_empty() {
        return Err(Failure::Usage(format!(
            "--only {}: no kernel has this in its name; leave it out to see all names",
            plain(args.only.as_deref().unwrap_or_default(), 48)
        )));
    }
    let answer = Answer {
        schema: SCHEMA,
        probe_version: env!("CARGO_PKG_VERSION"),
        gpu: &planned.gpu,
        capability: planned.capability,
        multiprocessors: planned.multiprocessors,
        cuda_version: planned.cuda_version,
        images: &planned.images,
        opening_seconds: planned.opening_seconds,
        kernels: kernels.iter().map(line).collect(),
    };
    hand_over(args, file, &answer, || text(&answer))?;
    let verdicts: Vec<Verdict> = answer.kernels.iter().map(|line| line.verdict).collect();
    let reached_all = trouble.is_none() || kernels.iter().all(|checked| !is_unreached(checked, &planned.kernels));
    if let (Some(trouble), false) = (trouble, reached_all) {
        eprintln!("error: {}", with_print(trouble));
    }
    Ok(code(&verdicts, reached_all))
}

/// Whether a kernel was left because the processes ended, not because the image has none.
fn is_unreached(checked: &Checked, planned: &[String]) -> bool {
    matches!(&checked.ending, Ending::NotRun { .. }) && checked.image.is_empty() && planned.contains(&checked.kernel)
}

/// What is wrong outranks what was not reached; a kernel that failed while all others were reached is itself at fault.
fn code(verdicts: &[Verdict], reached_all: bool) -> Code {
    if verdicts.contains(&Verdict::Wrong) || (reached_all && verdicts.contains(&Verdict::Failed)) {
        Code::Data
    } else if reached_all && verdicts.contains(&Verdict::Right) {
        Code::Ok
    } else {
        Code::Unavailable
    }
}

fn text(answer: &Answer<'_>) -> String {
    let (major, minor) = answer.capability;
    let mut lines = vec![format!(
        "{}, compute capability {major}.{minor}, {} multiprocessors, driver for CUDA {}.{}; {} loaded in {:.1} s",
        plain(answer.gpu, 96),
        answer.multiprocessors,
        answer.cuda_version / 1000,
        answer.cuda_version % 1000 / 10,
        answer.images.join(", "),
        answer.opening_seconds
    )];
    for line in &answer.kernels {
        let mut text = format!("{:<8} {:<18} {:<20}", line.verdict.text(), line.kernel, line.image);
        match &line.difference {
            Some(difference) => text.push_str(difference),
            None => text.push_str(&line.shapes.join("; ")),
        }
        lines.push(text.trim_end().to_owned());
    }
    let count = |verdict| answer.kernels.iter().filter(|line| line.verdict == verdict).count();
    lines.push(format!(
        "{} right, {} wrong, {} failed, {} not run",
        count(Verdict::Right),
        count(Verdict::Wrong),
        count(Verdict::Failed),
        count(Verdict::NotRun)
    ));
    lines.join("\n")
}

/// The file first, then the screen.
fn hand_over(
    args: &Kernels,
    file: Option<&Destination>,
    answer: &impl Serialize,
    text: impl FnOnce() -> String,
) -> Result<(), Failure> {
    let json = serde_json::to_string_pretty(answer).context("cannot write the answer as JSON")?;
    if let Some(destination) = file {
        destination.write((json.clone() + "\n").as_bytes())?;
    }
    output::text_line(&if args.json { json } else { text() })
}

fn time(
    args: &Kernels,
    kernel: TimedKernel,
    with: (&WorkerCommand, &Interrupt),
    file: Option<&Destination>,
) -> Outcome {
    let job = Job::Time {
        device: args.device,
        order: order(args, kernel)?,
    };
    let mut timing = None;
    let mut keep = |event: &Event| match event {
        Event::Timing { timing: answer } => {
            timing = Some((**answer).clone());
            Ok(())
        }
        Event::Step { .. } | Event::Progress { .. } | Event::Done | Event::Failed { .. } => Ok(()),
        _ => Err("an answer that nobody asked for"),
    };
    let mut display = supervise::display(args.quiet);
    let trouble = one_job(job, "timing", with, display.as_mut(), &mut keep).map_err(stopped)?;
    match (timing, trouble) {
        (_, Some(trouble)) => Err(stopped(Stop::Trouble(trouble))),
        (Some(timing), None) => {
            hand_over(args, file, &timing, || timing_text(&timing))?;
            Ok(Code::Ok)
        }
        (None, None) => Err(anyhow::anyhow!("the measuring process ended without a time").into()),
    }
}

fn order(args: &Kernels, kernel: TimedKernel) -> Result<Order, Failure> {
    use TimedKernel::{Bf16, Copy, Fp8, Fp16, Fp64, Int8, Read, Tf32, Triad, Write};
    let (work, usual) = match kernel {
        Bf16 => (Work::Product(Precision::Bf16), 8192),
        Fp16 => (Work::Product(Precision::Fp16), 8192),
        Fp8 => (Work::Product(Precision::Fp8E4m3), 8192),
        Int8 => (Work::Product(Precision::Int8), 8192),
        Tf32 => (Work::Product(Precision::Tf32), 8192),
        Fp64 => (Work::Product(Precision::Fp64), 4096),
        Read => (Work::Read, 4_000_000_000),
        Write => (Work::Write, 4_000_000_000),
        Copy => (Work::Copy, 4_000_000_000),
        Triad => (Work::Triad, 4_000_000_000),
    };
    let is_product = matches!(work, Work::Product(_));
    if is_product
        && args
            .size
            .is_some_and(|size| size > 1 << 15 || !size.is_multiple_of(512))
    {
        return Err(Failure::Usage(
            "--size of a product is a multiple of 512 up to 32768".to_owned(),
        ));
    }
    if args.blocks_per_sm.is_some() && work != Work::Read {
        return Err(Failure::Usage("--blocks-per-sm goes with --time read only".to_owned()));
    }
    if !is_product && args.data != Data::Normal {
        return Err(Failure::Usage("--data goes with a product only".to_owned()));
    }
    Ok(Order {
        work,
        size: args.size.unwrap_or(usual),
        milliseconds: (args.seconds * 1e3) as u64,
        data: args.data,
        blocks_per_sm: args.blocks_per_sm,
    })
}

fn timing_text(timing: &Timing) -> String {
    let clock = timing
        .sm_clock_mhz
        .map_or(String::new(), |clock| format!(", {clock:.0} MHz"));
    let unit = match timing.rate.unit {
        Unit::TeraFlopPerSecond => "TFLOP/s",
        _ => "GB/s",
    };
    format!(
        "{} on {}: {:.1} {unit} (median of {}){clock}",
        timing.kernel,
        plain(&timing.gpu, 96),
        timing.rate.median,
        timing.rate.values.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::kernels::Case;

    fn checked(ending: Ending) -> Checked {
        Checked {
            kernel: "gp_read".to_owned(),
            image: "misc.sm_90a.cubin".to_owned(),
            ending,
            seconds: 0.0,
        }
    }

    fn case(difference: Option<&str>) -> Case {
        Case {
            shape: "16 words".to_owned(),
            difference: difference.map(str::to_owned),
        }
    }

    #[test]
    fn one_wrong_case_makes_a_kernel_wrong_and_none_at_all_does_not_make_it_right() {
        let verdict = |cases: Vec<Case>| line(&checked(Ending::Ran { cases })).verdict;
        assert_eq!(verdict(vec![case(None), case(None)]), Verdict::Right);
        assert_eq!(verdict(vec![case(None), case(Some("x"))]), Verdict::Wrong);
        assert_eq!(verdict(vec![]), Verdict::NotRun);
        let wrong = checked(Ending::Ran {
            cases: vec![case(None), case(Some("element 1"))],
        });
        assert_eq!(line(&wrong).difference.as_deref(), Some("16 words: element 1"));
    }

    #[test]
    fn the_exit_code_never_passes_what_was_not_reached() {
        use Verdict::{Failed, NotRun, Right, Wrong};
        for (verdicts, reached_all, expected) in [
            (vec![Right, Right], true, Code::Ok),
            (vec![Right, NotRun], true, Code::Ok),
            (vec![NotRun, NotRun], true, Code::Unavailable),
            (vec![Right, Wrong], true, Code::Data),
            (vec![Right, Failed], true, Code::Data),
            (vec![Right, Failed, NotRun], false, Code::Unavailable),
            (vec![Wrong, Failed, NotRun], false, Code::Data),
            (vec![Right, NotRun], false, Code::Unavailable),
        ] {
            assert_eq!(code(&verdicts, reached_all), expected, "{verdicts:?}");
        }
    }
}
