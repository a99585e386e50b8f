//! What was measured of the node rather than of one GPU.

use super::figures::{median, number, percent, spread};
use super::gpu::{row, why};
use super::page::Page;
use super::text::plain;
use gridproof_probe_protocol::report::{Concurrent, LinkMatrix, NetworkBaseline, Report};

/// Most GPUs whose links are shown as pairs; the JSON report has all.
const MAX_PAIRS: usize = 56;

/// Everything; a node of one GPU without a verifier has nothing here.
pub(super) fn describe(page: &mut Page, report: &Report) {
    if report.gpus.len() > 1 {
        page.blank();
        page.text(0, "All GPUs at once");
        match report.concurrent.measured() {
            Some(result) => concurrent(page, result),
            None => page.text(
                2,
                &format!("Not measured: {}", why(&report.concurrent).unwrap_or_default()),
            ),
        }
        page.blank();
        page.text(0, "Copies between GPUs");
        match report.links.measured() {
            Some(result) => links(page, result),
            None => page.text(2, &format!("Not measured: {}", why(&report.links).unwrap_or_default())),
        }
    }
    page.blank();
    page.text(0, "Network to a verifier");
    match report.network.measured() {
        Some(result) => network(page, result),
        None => page.text(
            2,
            &format!("Not measured: {}", why(&report.network).unwrap_or_default()),
        ),
    }
}

fn concurrent(page: &mut Page, result: &Concurrent) {
    page.text(
        2,
        &format!("All worked during {} of the shortest run.", percent(result.overlap)),
    );
    let mut rows = vec![row(["GPU", "product alone, at once", "reading alone, at once"])];
    for gpu in &result.gpus {
        rows.push(vec![
            gpu.ordinal.to_string(),
            beside(gpu.gemm_alone, gpu.gemm_together, "TFLOP/s"),
            beside(gpu.read_alone, gpu.read_together, "GB/s"),
        ]);
    }
    page.table(4, &[4, 32, 32], &rows);
}

fn beside(alone: Option<f64>, together: Option<f64>, unit: &str) -> String {
    let value = |value: Option<f64>| value.map_or("-".to_owned(), number);
    format!("{}, {} {unit}", value(alone), value(together))
}

fn links(page: &mut Page, matrix: &LinkMatrix) {
    let mut rows = vec![row(["from, to", "one way", "both ways", "latency", ""])];
    for pair in matrix.pairs.iter().take(MAX_PAIRS) {
        let direct = if pair.direct { "direct" } else { "through the host" };
        let intact = if pair.intact { "" } else { ", BYTES CHANGED" };
        rows.push(vec![
            format!("{}, {}", pair.from, pair.to),
            median(&pair.one_way),
            median(&pair.both_ways),
            median(&pair.latency_us),
            format!("{direct}{intact}"),
        ]);
    }
    page.table(4, &[8, 14, 14, 12, 32], &rows);
    if matrix.pairs.len() > MAX_PAIRS {
        page.text(
            4,
            &format!("and {} more pairs in the JSON report", matrix.pairs.len() - MAX_PAIRS),
        );
    }
}

fn network(page: &mut Page, result: &NetworkBaseline) {
    page.text(2, &plain(&result.verifier, 200));
    let latency = &result.latency_ms;
    let p95 = format!("95 % within {} ms, n = {}", number(latency.p95), latency.values.len());
    let rows = [
        vec!["round trip".to_owned(), median(latency), p95],
        vec!["up".to_owned(), median(&result.up_mbps), spread(&result.up_mbps)],
        vec!["down".to_owned(), median(&result.down_mbps), spread(&result.down_mbps)],
    ];
    page.table(4, &[12, 18, 40], &rows);
}
