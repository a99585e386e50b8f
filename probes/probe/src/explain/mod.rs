//! A report for a reader: verdict first, then why, then figures. Pure, at most 80 columns wide, and safe to print
//! whatever a driver or a stranger wrote into the report.

mod figures;
mod gpu;
mod node;
mod page;
mod states;
mod text;
mod verdict;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

pub(crate) use text::{plain, plain_lines};

use gridproof_probe_protocol::models::Models;
use gridproof_probe_protocol::report::{Mode, Report};
use page::Page;

/// The whole report as text, with a line end after each line but the last.
pub(crate) fn report(report: &Report, models: &Models) -> String {
    let mut page = Page::default();
    head(&mut page, report);
    if report.gpus.is_empty() {
        page.blank();
        page.text(0, "No GPU is in this report.");
    }
    for gpu in &report.gpus {
        page.blank();
        gpu::describe(&mut page, gpu, models);
    }
    node::describe(&mut page, report);
    page.blank();
    foot(&mut page, report);
    page.finish()
}

fn head(page: &mut Page, report: &Report) {
    let mode = match report.mode {
        Mode::Quick => "quick",
        Mode::Full => "full",
    };
    let version = plain(&report.probe_version, 24);
    let (from, to) = (plain(&report.started_at, 32), plain(&report.finished_at, 32));
    page.text(0, &format!("Gridproof probe {version}, {mode} run, {from} to {to}"));
    page.text(0, &format!("Driver {}", driver(report)));
    if let Some(error) = &report.driver.nvml_error {
        let error = plain(error, 200);
        page.text(
            0,
            &format!("NVML could not be asked ({error}); power, clocks and processes are missing."),
        );
    }
}

fn driver(report: &Report) -> String {
    let version = report
        .driver
        .version
        .as_deref()
        .map_or("of unknown version".to_owned(), |text| plain(text, 32));
    match report.driver.cuda_version {
        Some(cuda) => format!("{version}, CUDA {}.{}", cuda / 1000, cuda % 1000 / 10),
        None => version,
    }
}

fn foot(page: &mut Page, report: &Report) {
    let table: String = plain(&report.models_sha256, 64).chars().take(12).collect();
    let images = report.kernels.len();
    page.text(
        0,
        &format!("Judged by the table of models {table}…, measured with {images} kernel images; their SHA-256 are in the JSON report."),
    );
}
