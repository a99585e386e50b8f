//! From what was found to the report: claims, verdicts, hashes. Pure.

use super::found::{Found, Single};
use gridproof_probe_protocol::models::Models;
use gridproof_probe_protocol::report::{GpuReport, Measurements, Mode, NetworkBaseline, Outcome, Report, SCHEMA};
use gridproof_probe_protocol::verdict::judge;
use std::collections::BTreeMap;

/// What frames the findings.
#[derive(Debug)]
pub(crate) struct Frame<'a> {
    /// How much was measured.
    pub(crate) mode: Mode,
    /// RFC 3339, UTC.
    pub(crate) started_at: String,
    /// Likewise.
    pub(crate) finished_at: String,
    /// `--claim`.
    pub(crate) claim: Option<&'a str>,
    /// SHA-256 of the kernel images by file name.
    pub(crate) kernels: BTreeMap<String, String>,
    /// The table.
    pub(crate) models: &'a Models,
}

/// Judges every GPU and makes the report.
pub(crate) fn assemble(frame: Frame<'_>, found: Found, network: Outcome<NetworkBaseline>) -> Report {
    let gpus = found.gpus.into_iter().map(|gpu| judged(gpu, frame.claim, frame.models));
    Report {
        schema: SCHEMA.to_owned(),
        probe_version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: frame.started_at,
        finished_at: frame.finished_at,
        mode: frame.mode,
        kernels: frame.kernels,
        models_sha256: frame.models.sha256().to_owned(),
        driver: found.driver,
        gpus: gpus.collect(),
        concurrent: found.concurrent,
        links: found.links,
        network,
    }
}

fn judged(gpu: Single, claim: Option<&str>, models: &Models) -> GpuReport {
    let mut measurements = gpu.measurements.unwrap_or_default();
    if let Some(trouble) = gpu.trouble {
        end_early(&mut measurements, &trouble.text);
    }
    let inventory = gpu.inventory;
    let verdict = judge(models, &inventory, claim, &measurements);
    let claimed_model = claim.map(str::to_owned);
    GpuReport {
        inventory,
        claimed_model,
        measurements,
        verdict,
    }
}

/// Says in the report that and why the rest is missing.
fn end_early(all: &mut Measurements, why: &str) {
    all.ended_early = Some(why.to_owned());
    unreached(&mut all.census, why);
    unreached(&mut all.launch, why);
    all.gemm.values_mut().for_each(|outcome| unreached(outcome, why));
    unreached(&mut all.exact, why);
    unreached(&mut all.fma, why);
    unreached(&mut all.bandwidth, why);
    unreached(&mut all.l2, why);
    unreached(&mut all.capacity, why);
    unreached(&mut all.pcie, why);
    unreached(&mut all.sustained, why);
    unreached(&mut all.heartbeat, why);
}

/// The default outcome says no more than `not reached`.
fn unreached<T: PartialEq>(outcome: &mut Outcome<T>, why: &str) {
    if *outcome == Outcome::default() {
        *outcome = Outcome::not_measured(format!("not reached: {why}"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::task::{Trouble, TroubleKind};
    use super::*;
    use crate::explain::sample;
    use gridproof_probe_protocol::verdict::Conclusion;

    #[test]
    fn a_gpu_that_was_lost_keeps_its_figures_and_is_inconclusive() {
        let mut single = Single::new(sample::report().gpus.remove(0).inventory);
        single.measurements = Some(sample::report().gpus.remove(0).measurements);
        single.trouble = Some(Trouble {
            kind: TroubleKind::Hang,
            text: "the driver hangs".to_owned(),
            printed: String::new(),
        });
        let gpu = judged(single, None, &Models::builtin());
        assert!(gpu.measurements.bandwidth.measured().is_some());
        let reason = "not reached: the driver hangs".to_owned();
        assert_eq!(gpu.measurements.heartbeat, Outcome::NotMeasured { reason });
        assert_eq!(gpu.verdict.conclusion, Conclusion::Inconclusive);
    }
}
