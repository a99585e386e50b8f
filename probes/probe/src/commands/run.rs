//! `gridproof-probe run`.

use crate::cli::Run;
use crate::exit::{Code, Failure, Outcome};
use crate::network::{self, Endpoint};
use crate::output::{self, Destination};
use crate::supervise::{self, Found, Frame, Interrupt, Settings, Stop, Trouble, WorkerCommand, assemble};
use anyhow::Context;
use gridproof_probe_kernels::images::images;
use gridproof_probe_protocol::models::Models;
use gridproof_probe_protocol::report::{self, NetworkBaseline, Report};
use gridproof_probe_protocol::verdict::Conclusion;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Measures, judges, reports.
pub(crate) fn run(args: &Run) -> Outcome {
    let models = Models::builtin();
    check_claim(args.claim.as_deref(), &models)?;
    let destination = args.output.as_deref().map(Destination::prepare).transpose()?;
    let interrupt = Interrupt::listen().context("cannot listen to signals")?;
    let started_at = now()?;
    let command = WorkerCommand::own().context("cannot find this executable")?;
    let found = measure(args, &command, &interrupt).map_err(stopped)?;
    let network = baseline(args.verifier.as_ref(), &interrupt)?;
    let frame = Frame {
        mode: args.mode(),
        started_at,
        finished_at: now()?,
        claim: args.claim.as_deref(),
        kernels: images()
            .iter()
            .map(|image| (image.file.clone(), image.sha256.clone()))
            .collect(),
        models: &models,
    };
    let troubles: Vec<(Option<u32>, Trouble)> = found.troubles().map(|(gpu, trouble)| (gpu, trouble.clone())).collect();
    let report = assemble(frame, found, network);
    if interrupt.is_asked() {
        return Err(stopped(Stop::Interrupted));
    }
    hand_over(args, &report, destination.as_ref(), &models)?;
    tell(&troubles);
    Ok(code(&report, &troubles))
}

/// An unknown model is found before anything is measured.
fn check_claim(claim: Option<&str>, models: &Models) -> Result<(), Failure> {
    match claim {
        Some(key) if models.get(key).is_none() => Err(Failure::Usage(format!(
            "--claim {}: the table of models has no such key; `gridproof-probe models` lists them{}",
            crate::explain::plain(key, 48),
            nearest(key, models).map_or(String::new(), |near| format!(", {near} for example"))
        ))),
        _ => Ok(()),
    }
}

/// A key that shares the longest beginning with a mistyped one.
fn nearest<'a>(wrong: &str, models: &'a Models) -> Option<&'a str> {
    let wrong = wrong.to_ascii_lowercase();
    let shared = |key: &str| key.bytes().zip(wrong.bytes()).take_while(|(a, b)| a == b).count();
    let best = models.iter().map(|(key, _)| key).max_by_key(|key| shared(key))?;
    (shared(best) >= 2).then_some(best)
}

fn measure(args: &Run, command: &WorkerCommand, interrupt: &Interrupt) -> Result<Found, Stop> {
    let settings = Settings {
        mode: args.mode(),
        device: args.device,
        together: !args.no_together,
        links: !args.no_links,
    };
    let mut display = supervise::display(args.quiet);
    supervise::drive(settings, command, interrupt, display.as_mut())
}

fn baseline(verifier: Option<&Endpoint>, interrupt: &Interrupt) -> Result<report::Outcome<NetworkBaseline>, Failure> {
    let Some(verifier) = verifier else {
        return Ok(report::Outcome::not_measured("no --verifier was given"));
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the network")?;
    let measured = runtime.block_on(async {
        tokio::select! {
            measured = network::baseline(verifier) => Some(measured),
            () = interrupt.wait() => None,
        }
    });
    match measured {
        Some(Ok(result)) => Ok(report::Outcome::Measured { result }),
        Some(Err(error)) => Ok(report::Outcome::Failed {
            error: error.to_string(),
        }),
        None => Err(stopped(Stop::Interrupted)),
    }
}

/// The file first: what is on the screen can be had again from it, not the other way round.
fn hand_over(args: &Run, report: &Report, file: Option<&Destination>, models: &Models) -> Result<(), Failure> {
    let json = || serde_json::to_string_pretty(report).context("cannot write the report as JSON");
    if let Some(destination) = file {
        destination.write((json()? + "\n").as_bytes())?;
    }
    if args.json {
        return output::text_line(&json()?);
    }
    output::text_line(&crate::explain::report(report, models))?;
    match &args.output {
        Some(path) => output::text_line(&format!("\nThe report with all samples: {}", path.display())),
        None => Ok(()),
    }
}

/// What went wrong on the way, on standard error, with the next step.
fn tell(troubles: &[(Option<u32>, Trouble)]) {
    for (gpu, trouble) in troubles {
        let who = gpu.map_or("between GPUs".to_owned(), |gpu| format!("GPU {gpu}"));
        eprintln!("error: {who}: {}", with_print(trouble));
    }
}

/// The accusation outranks what could not be finished.
fn code(report: &Report, troubles: &[(Option<u32>, Trouble)]) -> Code {
    let contradicts = |conclusion| matches!(conclusion, Conclusion::NotTheClaimedModel | Conclusion::Faulty);
    if report.gpus.iter().any(|gpu| contradicts(gpu.verdict.conclusion)) {
        Code::Data
    } else if troubles.iter().any(|(_, trouble)| trouble.is_internal()) {
        Code::Internal
    } else if troubles.is_empty() {
        Code::Ok
    } else {
        Code::Unavailable
    }
}

/// Why nothing was measured, for the user.
pub(super) fn stopped(stop: Stop) -> Failure {
    match stop {
        Stop::Trouble(trouble) if trouble.is_internal() => Failure::Internal(anyhow::anyhow!(with_print(&trouble))),
        Stop::Trouble(trouble) => Failure::Unavailable(with_print(&trouble)),
        Stop::NoGpu => Failure::Unavailable(
            "the driver shows no GPU; look whether nvidia-smi shows one, and what CUDA_VISIBLE_DEVICES and the \
             container let through"
                .to_owned(),
        ),
        Stop::NoSuchDevice { wanted, count } => Failure::Usage(format!(
            "--device {wanted}: the driver shows {count} GPU{}, numbered from 0; give a lower number or `all`",
            if count == 1 { "" } else { "s" }
        )),
        Stop::Interrupted => Failure::Interrupted(
            "ended by a signal; nothing was written, and no GPU is busy with it any more".to_owned(),
        ),
    }
}

/// What, why, the next step, and what the driver printed.
pub(super) fn with_print(trouble: &Trouble) -> String {
    let mut text = format!("{}; {}", trouble.text, trouble.next_step());
    let printed = trouble.printed.trim_end();
    if !printed.is_empty() {
        text.push_str("\nThe measuring process printed:\n");
        text.push_str(printed);
    }
    text
}

fn now() -> Result<String, Failure> {
    let now = OffsetDateTime::now_utc()
        .replace_nanosecond(0)
        .context("the clock is off")?;
    Ok(now.format(&Rfc3339).context("the clock is off")?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::explain::sample;

    #[test]
    fn a_mistyped_model_is_refused_with_a_near_one() {
        let models = Models::builtin();
        let failure = check_claim(Some("h100-smx"), &models).unwrap_err();
        assert_eq!(failure.code(), Code::Usage);
        assert!(failure.to_string().contains("h100-"), "{failure}");
        assert!(check_claim(Some("h100-sxm"), &models).is_ok() && check_claim(None, &models).is_ok());
    }

    #[test]
    fn the_worst_gpu_decides_the_exit_code() {
        let mut report = sample::report();
        assert_eq!(code(&report, &[]), Code::Ok);
        report.gpus.push(report.gpus[0].clone());
        for (conclusion, expected) in [
            (Conclusion::Inconclusive, Code::Ok),
            (Conclusion::Partial, Code::Ok),
            (Conclusion::VerifiedDegraded, Code::Ok),
            (Conclusion::NotTheClaimedModel, Code::Data),
            (Conclusion::Faulty, Code::Data),
        ] {
            report.gpus[1].verdict.conclusion = conclusion;
            assert_eq!(code(&report, &[]), expected, "{conclusion:?}");
        }
    }
}
