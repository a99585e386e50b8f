//! `gridproof-probe explain`.

use crate::cli::Explain;
use crate::exit::{Code, Failure, Outcome};
use crate::explain::{plain, report as readable};
use crate::output;
use anyhow::Context;
use gridproof_probe_protocol::models::Models;
use gridproof_probe_protocol::report::{MAX_REPORT_BYTES, Report};
use gridproof_probe_protocol::verdict::Conclusion;
use std::io::Read;
use std::path::Path;

/// Prints a report with verdicts made anew; says so where they differ from the written ones.
pub(crate) fn run(args: &Explain) -> Outcome {
    let report = read(&args.report)?;
    let models = Models::builtin();
    let again = report.judge_again(&models);
    if args.json {
        let verdicts: Vec<_> = again.gpus.iter().map(|gpu| &gpu.verdict).collect();
        output::text_line(&serde_json::to_string_pretty(&verdicts).context("cannot write the verdicts as JSON")?)?;
    } else {
        output::text_line(&readable(&again, &models))?;
    }
    same(&report, &again)?;
    let contradicts = |conclusion| matches!(conclusion, Conclusion::NotTheClaimedModel | Conclusion::Faulty);
    let bad = again.gpus.iter().any(|gpu| contradicts(gpu.verdict.conclusion));
    Ok(if bad { Code::Data } else { Code::Ok })
}

/// A report from a file or standard input; no more of it is read than a report may have.
fn read(path: &Path) -> Result<Report, Failure> {
    let name = plain(&path.display().to_string(), 200);
    let unreadable = |error: std::io::Error| {
        Failure::Usage(format!(
            "cannot read {name}: {error}; give the file that `run --output` wrote, or `-`"
        ))
    };
    let mut bytes = Vec::new();
    let most = MAX_REPORT_BYTES as u64 + 1;
    if path == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(most)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
    } else {
        let file = std::fs::File::open(path).map_err(unreadable)?;
        file.take(most).read_to_end(&mut bytes).map_err(unreadable)?;
    }
    Report::from_json(&bytes).map_err(|error| {
        let error = plain(&error.to_string(), 400);
        Failure::Data(format!("{name} holds no report that this probe reads: {error}"))
    })
}

/// Verdicts must follow from the measurements.
fn same(written: &Report, again: &Report) -> Result<(), Failure> {
    let differs = |(a, b): &(&_, &_)| a != b;
    let verdicts = |report: &Report| report.gpus.iter().map(|gpu| gpu.verdict.clone()).collect::<Vec<_>>();
    let (old, new) = (verdicts(written), verdicts(again));
    let Some(gpu) = old.iter().zip(&new).position(|pair| differs(&pair)) else {
        return Ok(());
    };
    let ordinal = written.gpus[gpu].inventory.ordinal;
    Err(Failure::Data(if written.models_sha256 == again.models_sha256 {
        format!(
            "the written verdict of GPU {ordinal} does not follow from its measurements; the report was changed, trust none of it"
        )
    } else {
        format!(
            "the written verdict of GPU {ordinal} was made by another table of models ({}…); above is the verdict by this one",
            plain(&written.models_sha256, 12)
        )
    }))
}
