//! Numbers from their text, exactly: what JSON and CSV write, never by way of a float.

use super::akash::dec::Dec;

/// Longest text of a number: 38 digits, sign, point and exponent with room to spare.
const MAX_NUMBER_BYTES: usize = 64;
/// Largest exponent that is read; no amount needs a larger one.
const MAX_EXPONENT: i32 = 40;

/// A decimal of at most 18 places, such as `24632.707414713335`, `4.5e4` or `-1`; `None`: the text is none, has more
/// places, or is out of range. Never rounded.
pub(in crate::chain) fn decimal(text: &str) -> Option<Dec> {
    plain(text)?.parse().ok()
}

/// The number without an exponent and without zeros after its last place.
fn plain(text: &str) -> Option<String> {
    if text.is_empty() || text.len() > MAX_NUMBER_BYTES || !text.is_ascii() {
        return None;
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        None => (text, 0),
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
    };
    if exponent.abs() > MAX_EXPONENT {
        return None;
    }
    let (sign, digits) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || !whole.bytes().chain(places.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let shifted = shift(whole, places, exponent)?;
    Some(format!("{sign}{shifted}"))
}

/// Moves the point of `whole.places` by `exponent` digits to the right.
fn shift(whole: &str, places: &str, exponent: i32) -> Option<String> {
    let digits = format!("{whole}{places}");
    let point = i32::try_from(whole.len()).ok()? + exponent;
    let (whole, places) = match usize::try_from(point) {
        Ok(point) if point >= digits.len() => (format!("{digits:0<point$}"), String::new()),
        Ok(point) => (digits[..point].to_owned(), digits[point..].to_owned()),
        Err(_) => (
            String::new(),
            format!("{}{digits}", "0".repeat(point.unsigned_abs() as usize)),
        ),
    };
    let whole = if whole.is_empty() { "0" } else { whole.as_str() };
    Some(match places.trim_end_matches('0') {
        "" => whole.to_owned(),
        places => format!("{whole}.{places}"),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_number_keeps_every_digit_of_its_text() {
        for (text, plain) in [
            ("0.1", "0.1"),
            ("24632.707414713335", "24632.707414713335"),
            ("4.5e4", "45000"),
            ("1.5E-7", "0.00000015"),
            ("-12.50", "-12.5"),
            ("0.123456789012345678", "0.123456789012345678"),
        ] {
            assert_eq!(decimal(text).unwrap(), plain.parse::<Dec>().unwrap(), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_or_would_be_rounded_is_refused() {
        for text in [
            "",
            "NaN",
            "1e999",
            "0.1234567890123456789",
            "1,5",
            "0x10",
            " 1",
            "1e",
            "--1",
            "1_0",
        ] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }
}
