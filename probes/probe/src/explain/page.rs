//! Lines of at most 80 columns.

/// Columns of a page.
pub(crate) const WIDTH: usize = 80;

/// Text that grows line by line. What is handed in must be safe to print already.
#[derive(Debug, Default)]
pub(crate) struct Page {
    lines: Vec<String>,
}

impl Page {
    /// An empty line.
    pub(crate) fn blank(&mut self) {
        self.lines.push(String::new());
    }

    /// A paragraph, wrapped at words; each line is indented.
    pub(crate) fn text(&mut self, indent: usize, text: &str) {
        self.hanging(indent, indent, text);
    }

    /// A point of a list.
    pub(crate) fn point(&mut self, indent: usize, text: &str) {
        self.hanging(indent, indent + 2, &format!("- {text}"));
    }

    /// Rows as columns, each as wide as its widest cell but at most as `most` says; longer cells are wrapped. The last
    /// column takes what is left of the line.
    pub(crate) fn table(&mut self, indent: usize, most: &[usize], rows: &[Vec<String>]) {
        let widths = widths(indent, most, rows);
        for row in rows {
            let cells: Vec<Vec<String>> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| wrap(cell, *width))
                .collect();
            let height = cells.iter().map(Vec::len).max().unwrap_or(0);
            for i in 0..height {
                let mut line = " ".repeat(indent);
                for (cell, width) in cells.iter().zip(&widths) {
                    let part = cell.get(i).map_or("", String::as_str);
                    line.push_str(&format!("{part:<width$}  "));
                }
                self.lines.push(line.trim_end().to_owned());
            }
        }
    }

    /// The lines.
    pub(crate) fn finish(self) -> String {
        self.lines.join("\n")
    }

    fn hanging(&mut self, first: usize, rest: usize, text: &str) {
        for (i, line) in wrap(text, WIDTH - rest).into_iter().enumerate() {
            let indent = if i == 0 { first } else { rest };
            self.lines.push(format!("{:indent$}{line}", ""));
        }
    }
}

fn widths(indent: usize, most: &[usize], rows: &[Vec<String>]) -> Vec<usize> {
    let mut left = WIDTH - indent;
    let widest = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
    };
    let mut widths = Vec::new();
    for (column, most) in most.iter().enumerate() {
        let width = widest(column).unwrap_or(0).min(*most).min(left).max(1);
        left = left.saturating_sub(width + 2);
        widths.push(width);
    }
    widths
}

/// Breaks at spaces; a word that is longer than a line is cut.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let letters: Vec<char> = word.chars().collect();
        if length > 0 && length + 1 + letters.len() > width {
            lines.push(std::mem::take(&mut line));
            length = 0;
        }
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        for piece in letters.chunks(width) {
            if length + piece.len() > width {
                lines.push(std::mem::take(&mut line));
                length = 0;
            }
            line.extend(piece);
            length += piece.len();
        }
    }
    if length > 0 || lines.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kept_whole_where_they_fit() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("incomprehensible a", 6), ["incomp", "rehens", "ible a"]);
        assert_eq!(wrap("", 6), [""]);
    }

    #[test]
    fn no_line_of_a_table_is_wider_than_the_page() {
        let mut page = Page::default();
        let row = vec!["a".repeat(50), "b c ".repeat(40), "d".repeat(90)];
        page.table(4, &[20, 30, 30], &[row]);
        let text = page.finish();
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
    }
}
