//! One GPU.

use super::figures::{bytes, median, number, percent, spread, unit};
use super::page::Page;
use super::states;
use super::text::plain;
use super::verdict::{advice, claimed, letter, named, sentence};
use gridproof_probe_protocol::models::Models;
use gridproof_probe_protocol::report::{GpuReport, Measurements, Outcome, Precision};
use gridproof_probe_protocol::samples::Samples;
use gridproof_probe_protocol::verdict::{Evidence, Graded, Identity, IdentityResult, Invariant, Performance};

/// Columns of tables, at most.
const COLUMNS: [usize; 4] = [20, 22, 22, 30];

/// Everything about it.
pub(super) fn describe(page: &mut Page, gpu: &GpuReport, models: &Models) {
    let inventory = &gpu.inventory;
    let uuid = inventory
        .uuid
        .as_deref()
        .map_or(String::new(), |uuid| format!(" ({})", plain(uuid, 48)));
    page.text(
        0,
        &format!("GPU {}: {}{uuid}", inventory.ordinal, plain(&inventory.name, 96)),
    );
    page.text(2, &sentence(&gpu.verdict, models));
    page.text(2, advice(&gpu.verdict));
    identity(page, &gpu.verdict.identity, models);
    performance(page, &gpu.verdict.performance);
    if !gpu.verdict.states.is_empty() {
        page.blank();
        page.text(2, "What explains the figures (states accuse nobody)");
        for state in &gpu.verdict.states {
            page.point(4, &states::describe(state));
        }
    }
    measured(page, &gpu.measurements);
    missing(page, &gpu.measurements);
}

fn identity(page: &mut Page, identity: &Identity, models: &Models) {
    page.blank();
    let result = match identity.result {
        IdentityResult::Match => "yes",
        IdentityResult::Mismatch => "no",
        IdentityResult::Indeterminate => "not decided",
    };
    page.text(2, &format!("Is it {}? {result}", claimed(identity, models)));
    let mut rows = vec![row(["property", "measured", "expected", ""])];
    rows.extend(identity.evidence.iter().take(16).map(evidence));
    if rows.len() > 1 {
        page.table(4, &COLUMNS, &rows);
    } else {
        page.text(4, "Nothing could be compared.");
    }
    if let Some(best) = identity
        .best_fit
        .as_ref()
        .filter(|best| Some(*best) != identity.claimed.as_ref())
    {
        page.text(4, &format!("Fits best: {}.", named(best, models)));
    }
    if !identity.also_fits.is_empty() {
        let twins: Vec<String> = identity.also_fits.iter().take(8).map(|key| plain(key, 32)).collect();
        page.text(4, &format!("Cannot be told from: {}.", twins.join(", ")));
    }
}

fn evidence(evidence: &Evidence) -> Vec<String> {
    let mut judged = match (evidence.fits, evidence.counts) {
        (true, _) => "fits".to_owned(),
        (false, true) => "DOES NOT FIT".to_owned(),
        (false, false) => "differs, does not count".to_owned(),
    };
    if let Some(note) = &evidence.note {
        judged = format!("{judged}: {}", plain(note, 120));
    }
    let (measured, expected) = (plain(&evidence.measured, 80), plain(&evidence.expected, 80));
    vec![invariant(evidence.invariant).to_owned(), measured, expected, judged]
}

fn invariant(invariant: Invariant) -> &'static str {
    match invariant {
        Invariant::Multiprocessors => "multiprocessors",
        Invariant::TensorRate => "tensor rate",
        Invariant::Memory => "memory",
        Invariant::Bandwidth => "memory bandwidth",
        Invariant::DoubleRatio => "fp64 : fp32",
        Invariant::SingleRate => "fp32 rate",
        Invariant::SecondLevelCache => "L2 cache",
        Invariant::Code => "code it runs",
    }
}

fn performance(page: &mut Page, performance: &Performance) {
    page.blank();
    match performance {
        Performance::Graded { compute, memory, grade } => {
            page.text(2, &format!("How fast is it? grade {}", letter(*grade)));
            let rows = [
                graded_head(),
                graded("sustained product", compute),
                graded("memory, reading", memory),
            ];
            page.table(4, &COLUMNS, &rows);
        }
        Performance::NotMeasured { reason, memory } => {
            page.text(2, &format!("How fast is it? not graded: {}", plain(reason, 200)));
            if let Some(memory) = memory {
                page.table(4, &COLUMNS, &[graded_head(), graded("memory, reading", memory)]);
            }
        }
    }
}

fn graded_head() -> Vec<String> {
    row(["figure", "measured", "reference", "share and grade"])
}

fn graded(name: &str, graded: &Graded) -> Vec<String> {
    let unit = unit(graded.unit);
    let provisional = if graded.provisional {
        ", reference is provisional"
    } else {
        ""
    };
    vec![
        name.to_owned(),
        format!("{} {unit}", number(graded.measured)),
        format!("{} {unit}", number(graded.reference)),
        format!("{}, {}{provisional}", percent(graded.ratio), letter(graded.grade)),
    ]
}

fn measured(page: &mut Page, all: &Measurements) {
    let mut rows = vec![row(["figure", "median", "smallest to largest, samples"])];
    let mut sampled =
        |name: &str, samples: &Samples| rows.push(vec![name.to_owned(), median(samples), spread(samples)]);
    for (precision, outcome) in &all.gemm {
        if let Some(gemm) = outcome.measured() {
            sampled(&format!("product {}", self::precision(*precision)), &gemm.tflops);
        }
    }
    if let Some(sustained) = all.sustained.measured() {
        let name = format!("product for {:.0} s", sustained.seconds);
        sampled(&name, &sustained.tflops);
    }
    if let Some(fma) = all.fma.measured() {
        sampled("fp32 multiply-add", &fma.fp32_tflops);
        sampled("fp64 multiply-add", &fma.fp64_tflops);
    }
    if let Some(bandwidth) = all.bandwidth.measured() {
        sampled("memory, reading", &bandwidth.read);
        sampled("memory, writing", &bandwidth.write);
        sampled("memory, copy", &bandwidth.copy);
        sampled("memory, triad", &bandwidth.triad);
    }
    if let Some(pcie) = all.pcie.measured() {
        sampled("PCIe to the GPU", &pcie.host_to_device);
        sampled("PCIe from the GPU", &pcie.device_to_host);
        sampled("PCIe both ways", &pcie.both);
    }
    if let Some(launch) = all.launch.measured() {
        sampled("launch, round trip", &launch.round_trip_us);
        sampled("launch, queued", &launch.queued_us);
    }
    rows.extend(single_figures(all));
    if rows.len() > 1 {
        page.blank();
        page.text(2, "Measured");
        page.table(4, &[20, 18, 36], &rows);
    }
}

/// Figures that are no samples.
fn single_figures(all: &Measurements) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut add = |name: &str, value: String, note: String| rows.push(vec![name.to_owned(), value, note]);
    if let Some(census) = all.census.measured() {
        let note = format!("that ran blocks, of {} launched", census.blocks);
        add("multiprocessors", census.sm_ids.len().to_string(), note);
    }
    if let Some(capacity) = all.capacity.measured() {
        let note = format!("filled, then read back; {} were free", bytes(capacity.free_bytes));
        add("memory kept", bytes(capacity.verified_bytes), note);
    }
    if let Some(l2) = all.l2.measured() {
        let knee = l2.knee_bytes.map_or("no knee seen".to_owned(), bytes);
        add("L2 cache", knee, format!("latency at {} sizes", l2.chase.len()));
    }
    if let Some(exact) = all.exact.measured() {
        let right = exact.cases.iter().filter(|case| case.correct && case.complete).count();
        let value = format!("{right} of {} right", exact.cases.len());
        add("exact products", value, "checked by Freivalds' method".to_owned());
    }
    if let Some(heartbeat) = all.heartbeat.measured() {
        let note = format!("of {:.0} s was not this process's", heartbeat.seconds);
        add("gaps", percent(heartbeat.gap_share), note);
    }
    rows
}

fn precision(precision: Precision) -> &'static str {
    match precision {
        Precision::Bf16 => "bf16",
        Precision::Fp16 => "fp16",
        Precision::Fp8E4m3 => "fp8",
        Precision::Int8 => "int8",
        Precision::Tf32 => "tf32",
        Precision::Fp64 => "fp64",
    }
}

fn missing(page: &mut Page, all: &Measurements) {
    let mut lines = Vec::new();
    let mut look = |name: &str, why: Option<String>| lines.extend(why.map(|why| format!("{name}: {why}")));
    look("multiprocessors", why(&all.census));
    look("launches", why(&all.launch));
    for (precision, outcome) in &all.gemm {
        look(&format!("product {}", self::precision(*precision)), why(outcome));
    }
    look("exact products", why(&all.exact));
    look("multiply-add", why(&all.fma));
    look("memory bandwidth", why(&all.bandwidth));
    look("L2 cache", why(&all.l2));
    look("memory kept", why(&all.capacity));
    look("PCIe", why(&all.pcie));
    look("product for long", why(&all.sustained));
    look("gaps", why(&all.heartbeat));
    if lines.is_empty() {
        return;
    }
    page.blank();
    page.text(2, "Not measured");
    for line in &lines {
        page.point(4, line);
    }
}

/// Why something is not there.
pub(super) fn why<T>(outcome: &Outcome<T>) -> Option<String> {
    match outcome {
        Outcome::Measured { .. } => None,
        Outcome::NotMeasured { reason } => Some(plain(reason, 240)),
        Outcome::Failed { error } => Some(format!("failed: {}", plain(error, 240))),
    }
}

/// A row of constant cells.
pub(super) fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}
