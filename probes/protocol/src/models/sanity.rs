//! Whether the figures of the table can be true. Published tables of this kind carried errors of 10, 100 and 1,000 times
//! (DCGM 4.6.0: MB/s for GB/s, a digit too few), so the loader refuses such rows.

use super::row::{Figure, Model, Reference};
use std::collections::{BTreeMap, BTreeSet};

/// A reference below this share of the peak is a wrong unit or a wrong row.
pub const REFERENCE_OF_PEAK_MIN: f64 = 0.45;
/// A reference above this share of the peak was not measured with random data.
pub const REFERENCE_OF_PEAK_MAX: f64 = 0.98;
/// The 16-bit peak is quoted at a clock between these shares of the highest clock (H100: 1830 of 1980 MHz).
const PEAK_CLOCK_OF_MAX: (f64, f64) = (0.75, 1.06);

/// Every problem as `row: field: what`.
pub(super) fn problems(rows: &BTreeMap<String, Model>) -> Vec<String> {
    let mut found = Found::default();
    for (key, model) in rows {
        found.row = key.clone();
        identity(model, &mut found);
        units(model, &mut found);
        proportions(model, &mut found);
        references(model, &mut found);
    }
    shared_ids(rows, &mut found);
    found.all
}

#[derive(Default)]
struct Found {
    row: String,
    all: Vec<String>,
}

impl Found {
    fn say(&mut self, field: &str, problem: impl std::fmt::Display) {
        self.all.push(format!("{}: {field}: {problem}", self.row));
    }

    fn source(&mut self, field: &str, source: &str) {
        if source.trim().is_empty() {
            self.say(field, "has no source");
        }
    }

    fn within<T: Copy + Into<f64>>(&mut self, field: &str, figure: Option<&Figure<T>>, (from, to): (f64, f64)) {
        let Some(figure) = figure else { return };
        self.source(field, &figure.source);
        let value: f64 = figure.value.into();
        if !(from..=to).contains(&value) {
            self.say(field, format_args!("{value} is not between {from} and {to}"));
        }
    }
}

fn identity(model: &Model, found: &mut Found) {
    if model.names.is_empty() || model.names.iter().any(|name| name.value.trim().is_empty()) {
        found.say("names", "is empty");
    }
    for name in &model.names {
        found.source("names", &name.source);
    }
    for id in &model.pci {
        found.source("pci", &id.source);
    }
    found.source("compute_capability", &model.compute_capability.source);
    if !model
        .capability()
        .is_some_and(|(major, minor)| (5..20).contains(&major) && (0..10).contains(&minor))
    {
        found.say(
            "compute_capability",
            format_args!("{} is none", model.compute_capability.value),
        );
    }
    if let Some(kind) = &model.memory_kind {
        found.source("memory_kind", &kind.source);
    }
}

fn units(model: &Model, found: &mut Found) {
    found.within("multiprocessors", model.multiprocessors.as_ref(), (10.0, 300.0));
    found.within("max_sm_clock_mhz", model.max_sm_clock_mhz.as_ref(), (800.0, 3500.0));
    found.within("memory_gb", model.memory_gb.as_ref(), (4.0, 1000.0));
    found.within("bandwidth_gbps", model.bandwidth_gbps.as_ref(), (100.0, 10_000.0));
    found.within("l2_mb", model.l2_mb.as_ref(), (2.0, 512.0));
    found.within("fp64_over_fp32", model.fp64_over_fp32.as_ref(), (1.0 / 128.0, 1.0));
    found.within("pcie_generation", model.pcie_generation.as_ref(), (1.0, 7.0));
    found.within("pcie_lanes", model.pcie_lanes.as_ref(), (1.0, 16.0));
    found.within("nvlink_gbps", model.nvlink_gbps.as_ref(), (50.0, 4000.0));
    found.within("power_w", model.power_w.as_ref(), (30.0, 3000.0));
    let peaks = &model.peak_tflops;
    for (field, figure, band) in [
        ("peak_tflops.bf16", &peaks.bf16, (10.0, 10_000.0)),
        ("peak_tflops.fp16", &peaks.fp16, (10.0, 10_000.0)),
        ("peak_tflops.fp8", &peaks.fp8, (20.0, 20_000.0)),
        ("peak_tflops.int8", &peaks.int8, (20.0, 20_000.0)),
        ("peak_tflops.tf32", &peaks.tf32, (5.0, 5_000.0)),
        ("peak_tflops.fp64", &peaks.fp64, (0.1, 200.0)),
        ("peak_tflops.fp64_tensor", &peaks.fp64_tensor, (5.0, 400.0)),
        ("peak_tflops.fp32", &peaks.fp32, (3.0, 300.0)),
    ] {
        found.within(field, figure.as_ref(), band);
    }
    for (field, figure, levels) in [
        (
            "tensor_flop_per_sm_clock",
            &model.tensor_flop_per_sm_clock,
            [512, 1024, 2048, 4096, 8192].as_slice(),
        ),
        (
            "fp32_flop_per_sm_clock",
            &model.fp32_flop_per_sm_clock,
            [128, 256].as_slice(),
        ),
    ] {
        if let Some(figure) = figure {
            found.source(field, &figure.source);
            if !levels.contains(&figure.value) {
                found.say(field, format_args!("{} is none of {levels:?}", figure.value));
            }
        }
    }
}

/// Figures that follow from each other.
fn proportions(model: &Model, found: &mut Found) {
    if let (Some(peak), Some(level), Some(units), Some(clock)) = (
        model.peak_16_bit(),
        &model.tensor_flop_per_sm_clock,
        &model.multiprocessors,
        &model.max_sm_clock_mhz,
    ) {
        let implied = peak * 1e6 / (f64::from(level.value) * f64::from(units.value));
        let share = implied / f64::from(clock.value);
        if !(PEAK_CLOCK_OF_MAX.0..=PEAK_CLOCK_OF_MAX.1).contains(&share) {
            found.say(
                "peak_tflops",
                format_args!("implies {implied:.0} MHz, highest is {} MHz", clock.value),
            );
        }
    }
    let peaks = &model.peak_tflops;
    let value = |figure: &Option<Figure<f64>>| figure.as_ref().map(|figure| figure.value);
    for (field, figure, factor) in [
        ("peak_tflops.fp8", &peaks.fp8, 2.0),
        ("peak_tflops.tf32", &peaks.tf32, 0.5),
    ] {
        if let (Some(rate), Some(base)) = (value(figure), model.peak_16_bit()) {
            let ratio = rate / (base * factor);
            // fp8 doubles and tf32 halves the 16-bit rate; sheets round.
            if !(0.95..=1.05).contains(&ratio) {
                found.say(
                    field,
                    format_args!("{rate} is not {factor} times the 16-bit rate {base}"),
                );
            }
        }
    }
    if let (Some(double), Some(single), Some(ratio)) = (value(&peaks.fp64), value(&peaks.fp32), &model.fp64_over_fp32) {
        let of_peaks = double / single;
        if !(0.8..=1.25).contains(&(of_peaks / ratio.value)) {
            found.say(
                "fp64_over_fp32",
                format_args!("{} is not {double} / {single}", ratio.value),
            );
        }
    }
    if let Some(slices) = &model.mig_multiprocessors {
        found.source("mig_multiprocessors", &slices.source);
        let ascending = slices.value.is_sorted();
        let whole = model
            .multiprocessors
            .as_ref()
            .is_none_or(|units| slices.value[4] <= units.value);
        if !ascending || !whole {
            found.say("mig_multiprocessors", "must ascend and not exceed the whole GPU");
        }
    }
}

fn references(model: &Model, found: &mut Found) {
    let peak_memory = model.bandwidth_gbps.as_ref().map(|figure| figure.value);
    for (field, reference, peak) in [
        (
            "reference.compute_tflops",
            &model.reference.compute_tflops,
            model.peak_16_bit(),
        ),
        ("reference.memory_gbps", &model.reference.memory_gbps, peak_memory),
    ] {
        if let Some(reference) = reference {
            one_reference(field, reference, peak, found);
        }
    }
}

fn one_reference(field: &str, reference: &Reference, peak: Option<f64>, found: &mut Found) {
    found.source(field, &reference.source);
    let Some(peak) = peak else {
        found.say(field, "has no peak beside it");
        return;
    };
    let share = reference.value / peak;
    if !(REFERENCE_OF_PEAK_MIN..=REFERENCE_OF_PEAK_MAX).contains(&share) {
        found.say(
            field,
            format_args!("{} is {share:.4} of the peak {peak}", reference.value),
        );
    }
    let plausible_day = |day: &str| day.len() == 10 && day.split('-').all(|part| part.parse::<u16>().is_ok());
    if reference.date.as_deref().is_some_and(|day| !plausible_day(day)) {
        found.say(field, "its date is no day");
    }
}

fn shared_ids(rows: &BTreeMap<String, Model>, found: &mut Found) {
    let mut ids = BTreeSet::new();
    for (key, model) in rows {
        for id in &model.pci {
            if !ids.insert((id.device, id.subsystem)) {
                found.row.clone_from(key);
                found.say("pci", format_args!("{:04x} is another model's, too", id.device));
            }
        }
    }
}
