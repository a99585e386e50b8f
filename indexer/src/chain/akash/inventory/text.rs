//! Texts of strangers, made harmless.

/// A text without control and invisible format characters, without blanks at its ends, clipped to so many characters.
///
/// Format characters go because they let a name look like another one: zero-width blanks, changes of writing direction.
pub(super) fn clip(text: &str, chars: usize) -> String {
    let shown = text.trim().chars().filter(|c| !c.is_control() && !is_invisible(*c));
    shown.take(chars).collect::<String>().trim().to_owned()
}

/// Zero-width characters, marks and overrides of direction, tags.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_cannot_be_seen_is_gone() {
        assert_eq!(clip("  no\u{0}de\n1\u{202e}\u{200b} \r", 64), "node1");
        assert_eq!(clip("\u{1b}[31mred", 64), "[31mred");
        assert_eq!(clip("Größe", 64), "Größe");
    }

    proptest! {
        #[test]
        fn a_clipped_text_is_short_and_printable(text in "\\PC*|.{0,300}", chars in 0_usize..50) {
            let clipped = clip(&text, chars);
            prop_assert!(clipped.chars().count() <= chars);
            prop_assert!(!clipped.chars().any(char::is_control));
            prop_assert_eq!(clip(&clipped, chars), clipped);
        }
    }
}
