//! Results on standard output: JSON for programs, aligned columns for people.

use crate::exit::{Failure, Outcome};
use serde::Serialize;
use std::io::{ErrorKind, Write};

/// Prints one value as indented JSON.
pub(crate) fn json(value: &impl Serialize) -> Outcome {
    let text = serde_json::to_string_pretty(value).map_err(|e| Failure::Internal(e.into()))?;
    text_line(&text)
}

/// Prints text and a line end. A reader that has closed the pipe has seen enough.
pub(crate) fn text_line(text: &str) -> Outcome {
    match writeln!(std::io::stdout().lock(), "{text}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Internal(
            anyhow::Error::new(error).context("cannot write to standard output"),
        )),
        _ => Ok(()),
    }
}

/// Rows of text as columns, each as wide as its widest cell; the last is not padded.
pub(crate) fn columns(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |i: usize| {
        rows.iter()
            .filter_map(|row| row.get(i))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let lines = rows.iter().map(|row| {
        let cells = row.iter().enumerate().map(|(i, cell)| {
            if i + 1 == row.len() {
                cell.clone()
            } else {
                format!("{cell:<width$}", width = widths[i])
            }
        });
        cells.collect::<Vec<_>>().join("  ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [
            vec!["a".to_owned(), "long".to_owned(), "x".to_owned()],
            vec!["bbb".to_owned(), "s".to_owned(), "y".to_owned()],
        ];
        assert_eq!(columns(&rows), "a    long  x\nbbb  s     y");
    }
}
