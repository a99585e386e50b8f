//! "Did you mean": the nearest known word to an unknown one.

/// Words further away than this share of their length are no suggestion.
const FARTHEST: f64 = 0.5;

/// The known word that is nearest to `unknown`, if any is near enough to be meant.
pub(super) fn nearest<'a>(unknown: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|word| (distance(unknown, word), *word))
        .min()
        .filter(|(distance, word)| *distance as f64 <= FARTHEST * word.chars().count() as f64)
        .map(|(_, word)| word)
}

/// Edits (insert, delete, replace) that turn one word into the other.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_its_word() {
        assert_eq!(nearest("data_dri", &["data_dir", "listen"]), Some("data_dir"));
        assert_eq!(nearest("lissen", &["data_dir", "listen"]), Some("listen"));
    }

    #[test]
    fn a_strange_word_finds_none() {
        assert_eq!(nearest("zebra", &["data_dir", "listen"]), None);
    }

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
