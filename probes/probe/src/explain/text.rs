//! Text of others made safe for a terminal.

/// `text` on one line, without control characters and without characters that reorder or hide others, of at most
/// `limit` characters.
pub(crate) fn plain(text: &str, limit: usize) -> String {
    let mut safe = text.chars().filter(|c| !is_dangerous(*c));
    let mut short: String = safe.by_ref().take(limit).collect();
    if safe.next().is_some() {
        short.pop();
        short.push('…');
    }
    short.trim().to_owned()
}

/// The same with line ends kept.
pub(crate) fn plain_lines(text: &str, limit: usize) -> String {
    let safe = text.chars().filter(|c| *c == '\n' || !is_dangerous(*c));
    safe.take(limit).collect()
}

/// Control characters (with those that begin terminal sequences), and invisible ones: bidirectional overrides, zero
/// widths, tags.
fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_sequences_and_hidden_characters_lose_their_power() {
        assert_eq!(plain("NVIDIA\x1b[2J\x1b]0;x\x07 H100\r\n", 96), "NVIDIA[2J]0;x H100");
        assert_eq!(plain("a\u{202e}b\u{200b}c\u{9b}d", 96), "abcd");
        assert_eq!(plain_lines("a\nb\x1b[1mc\0", 96), "a\nb[1mc");
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        assert_eq!(plain("abcdef", 4), "abc…");
        assert_eq!(plain("abcd", 4), "abcd");
    }
}
