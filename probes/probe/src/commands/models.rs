//! `gridproof-probe models`.

use crate::cli::Models as Args;
use crate::exit::{Code, Outcome};
use crate::output;
use anyhow::Context;
use gridproof_probe_protocol::models::{Figure, Model, Models, Reference};
use std::collections::BTreeMap;

/// Prints the table that verdicts refer to.
pub(crate) fn run(args: &Args) -> Outcome {
    let models = Models::builtin();
    if args.json {
        let rows: BTreeMap<&str, &Model> = models.iter().collect();
        output::text_line(&serde_json::to_string_pretty(&rows).context("cannot write the table as JSON")?)?;
    } else {
        output::text_line(&table(&models))?;
    }
    Ok(Code::Ok)
}

/// The columns that people compare; the JSON form has the rest, with sources.
fn table(models: &Models) -> String {
    let head = ["model", "name", "SMs", "GB", "GB/s", "16-bit ref", "memory ref"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(models.iter().map(|(key, model)| row(key, model)));
    let mut text = columns(&rows);
    text.push_str(
        "\n\nReferences are sustained TFLOP/s (16-bit product) and GB/s (reading); `~`: not measured anywhere yet.",
    );
    text.push_str(&format!("\nTable {}", models.sha256()));
    text
}

fn row(key: &str, model: &Model) -> Vec<String> {
    vec![
        key.to_owned(),
        model.name().to_owned(),
        figure(model.multiprocessors.as_ref()),
        figure(model.memory_gb.as_ref()),
        figure(model.bandwidth_gbps.as_ref()),
        reference(model.reference.compute_tflops.as_ref()),
        reference(model.reference.memory_gbps.as_ref()),
    ]
}

fn figure<T: std::fmt::Display>(figure: Option<&Figure<T>>) -> String {
    figure.map_or("-".to_owned(), |figure| figure.value.to_string())
}

fn reference(reference: Option<&Reference>) -> String {
    reference.map_or("-".to_owned(), |reference| {
        let mark = if reference.provisional { "~" } else { "" };
        format!("{mark}{:.0}", reference.value)
    })
}

/// Columns as wide as their widest cell.
fn columns(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |i: usize| {
        rows.iter()
            .filter_map(|row| row.get(i))
            .map(String::len)
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_has_a_row_that_fits_a_wide_terminal() {
        let models = Models::builtin();
        let text = table(&models);
        for (key, _) in models.iter() {
            assert!(text.lines().any(|line| line.starts_with(&format!("{key} "))), "{key}");
        }
        assert!(text.lines().all(|line| line.len() <= 110), "{text}");
    }
}
