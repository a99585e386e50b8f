//! Kubernetes quantities: `500m`, `16Gi`, `1e3`, `1E`, `+1.5Ki`.
//!
//! As `resource.Quantity` defines them:
//! `[+-] (digits | digits. | digits.digits | .digits) suffix`, where the suffix is `Ki Mi Gi Ti Pi Ei` (powers of 1024),
//! `n u m k M G T P E` or nothing (powers of 1000), or `e` or `E` with an exponent of ten. Upper and lower case differ: `1k`
//! and `1Ki` are quantities, `1K` is not; `1E` is 10^18, `1e` is nothing. What is finer than the unit asked for is rounded away
//! from zero, as `Value()` and `MilliValue()` do: who has a little has one.
//!
//! Two differences, both on the strict side. Kubernetes caps at 2^63−1 or wraps around; here a number that does not fit is an
//! error. Its parser reads a sign or a suffix without any digit as 0, against its own grammar; here that is an error.

use ruint::aliases::U512;

use super::InventoryError;
use super::text::clip;

/// Longest text that is read. It bounds the digits, so that no number leaves 512 bits.
const MAX_BYTES: usize = 64;
/// Powers of ten from which on any number is too large, and below which any is less than one.
const MAX_POWER: i64 = 90;

/// A quantity as written: `±digits · 2^twos · 10^tens`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Quantity {
    negative: bool,
    digits: U512,
    twos: usize,
    tens: i64,
}

/// A quantity in thousandths, rounded away from zero. `at` names the field in errors.
pub(super) fn milli(text: &str, at: &str) -> Result<i64, InventoryError> {
    scaled(text, 3, at)
}

/// A quantity in whole units, rounded away from zero. `at` names the field in errors.
pub(super) fn whole(text: &str, at: &str) -> Result<i64, InventoryError> {
    scaled(text, 0, at)
}

fn scaled(text: &str, unit: i64, at: &str) -> Result<i64, InventoryError> {
    let quantity = parse(text).map_err(|why| InventoryError::Quantity {
        at: at.to_owned(),
        text: clip(text, 24),
        why,
    })?;
    let magnitude = quantity.times_ten_to(unit);
    let value = magnitude.map(|m| if quantity.negative { -m } else { m });
    value.ok_or_else(|| InventoryError::Overflow {
        at: at.to_owned(),
        limit: i64::MAX.unsigned_abs(),
    })
}

impl Quantity {
    /// The magnitude times 10^unit, rounded up; nothing where it is over 2^63−1.
    fn times_ten_to(&self, unit: i64) -> Option<i64> {
        if self.digits.is_zero() {
            return Some(0);
        }
        let power = self.tens.saturating_add(unit);
        // 64 digits and 2^60 are below 10^83.
        if power < -MAX_POWER {
            return Some(1);
        }
        let shifted = self.digits << self.twos;
        let ten = U512::from(10_u64);
        let value = if power < 0 {
            shifted.div_ceil(ten.checked_pow(U512::from(power.unsigned_abs()))?)
        } else if power > MAX_POWER {
            return None;
        } else {
            shifted.checked_mul(ten.checked_pow(U512::from(power.unsigned_abs()))?)?
        };
        i64::try_from(value).ok()
    }
}

fn parse(text: &str) -> Result<Quantity, &'static str> {
    if text.len() > MAX_BYTES {
        return Err("it is longer than 64 characters");
    }
    let (negative, unsigned) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let (before, rest) = digits(unsigned);
    let (after, suffix) = match rest.strip_prefix('.') {
        Some(rest) => digits(rest),
        None => ("", rest),
    };
    if before.is_empty() && after.is_empty() {
        return Err("it has no digit");
    }
    let (twos, tens) = suffix_powers(suffix).ok_or("its suffix is unknown")?;
    let number = format!("{before}{after}");
    Ok(Quantity {
        negative,
        digits: U512::from_str_radix(&number, 10).map_err(|_| "its digits cannot be read")?,
        twos,
        // At most 64 digits.
        tens: tens.saturating_sub(after.len() as i64),
    })
}

/// The digits that a text begins with, and what follows.
fn digits(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// Powers of two and of ten of a suffix.
fn suffix_powers(suffix: &str) -> Option<(usize, i64)> {
    Some(match suffix {
        "" => (0, 0),
        "n" => (0, -9),
        "u" => (0, -6),
        "m" => (0, -3),
        "k" => (0, 3),
        "M" => (0, 6),
        "G" => (0, 9),
        "T" => (0, 12),
        "P" => (0, 15),
        "E" => (0, 18),
        "Ki" => (10, 0),
        "Mi" => (20, 0),
        "Gi" => (30, 0),
        "Ti" => (40, 0),
        "Pi" => (50, 0),
        "Ei" => (60, 0),
        _ => (0, exponent(suffix.strip_prefix(['e', 'E'])?)?),
    })
}

/// `3`, `+3` or `-3`; one that no number survives is as good as any larger.
fn exponent(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.is_empty() || !unsigned.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let size = unsigned.parse::<i64>().unwrap_or(i64::MAX / 2).min(i64::MAX / 2);
    Some(if text.starts_with('-') { -size } else { size })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quantities_are_read_as_kubernetes_reads_them() {
        for (text, value, in_milli) in [
            ("0", 0, 0),
            ("1", 1, 1_000),
            ("256", 256, 256_000),
            ("500m", 1, 500),
            ("1500m", 2, 1_500),
            ("100u", 1, 1),
            ("1n", 1, 1),
            ("0.5", 1, 500),
            (".5", 1, 500),
            ("5.", 5, 5_000),
            ("0.1m", 1, 1),
            ("1e3", 1_000, 1_000_000),
            ("1E3", 1_000, 1_000_000),
            ("1e+3", 1_000, 1_000_000),
            ("12e-1", 2, 1_200),
            ("1e-30", 1, 1),
            ("16Gi", 17_179_869_184, 17_179_869_184_000),
            ("+1.5Ki", 1_536, 1_536_000),
            ("1.0005Ki", 1_025, 1_024_512),
            ("80G", 80_000_000_000, 80_000_000_000_000),
            ("12k", 12_000, 12_000_000),
            ("-1", -1, -1_000),
            ("-1500m", -2, -1_500),
            ("-0.1m", -1, -1),
            ("-0", 0, 0),
            ("007", 7, 7_000),
            ("0E99999999999999999999", 0, 0),
        ] {
            assert_eq!(whole(text, "x"), Ok(value), "{text}");
            assert_eq!(milli(text, "x"), Ok(in_milli), "{text}");
        }
    }

    #[test]
    fn the_largest_number_fits_and_one_more_does_not() {
        assert_eq!(whole("9223372036854775807", "x"), Ok(i64::MAX));
        assert_eq!(whole("-9223372036854775807", "x"), Ok(-i64::MAX));
        assert_eq!(whole("1E", "x"), Ok(1_000_000_000_000_000_000));
        assert_eq!(whole("7Ei", "x"), Ok(7 << 60));
        for text in [
            "9223372036854775808",
            "9223372036854775806.5e1",
            "8Ei",
            "10E",
            "1e19",
            "1e999999999999",
            "-8Ei",
        ] {
            assert_eq!(whole(text, "x").unwrap_err().code(), "overflow", "{text}");
        }
        assert_eq!(milli("1E", "x").unwrap_err().code(), "overflow");
    }

    #[test]
    fn what_kubernetes_refuses_is_refused() {
        for text in [
            "", "+", "-", ".", "Ki", "m", "--1", "+-1", "1.1.M", "1+1.0M", "0.1mi", "0.1am", "aoeu", ".5i", "1i",
            "-3.01i", "-3.01e-", "1e", "1e+", "1K", "1ki", "1KI", "1g", " 1", "1 ", "1 Gi", "1Gi ", "1_000", "0x10",
            "1e1.5", "1e3Ki", "1Kim", "∞", "NaN", "1GiB",
        ] {
            assert_eq!(whole(text, "x").unwrap_err().code(), "bad_quantity", "{text:?}");
        }
        assert_eq!(whole(&"1".repeat(65), "x").unwrap_err().code(), "bad_quantity");
        assert_eq!(whole(&"0".repeat(64), "x"), Ok(0));
    }

    proptest! {
        #[test]
        fn no_text_brings_the_parser_down(text in ".{0,80}", unit in 0_i64..4) {
            let _ = scaled(&text, unit, "x");
        }

        #[test]
        fn nothing_of_the_alphabet_of_quantities_brings_it_down(text in "[-+]?[0-9.]{0,66}[eEinumkKMGTP]{0,3}[-+]?[0-9]{0,20}") {
            let _ = whole(&text, "x");
            let _ = milli(&text, "x");
        }

        #[test]
        fn an_integer_is_itself(value in -i64::MAX..=i64::MAX) {
            prop_assert_eq!(whole(&value.to_string(), "x"), Ok(value));
        }

        #[test]
        fn a_sign_changes_the_sign_only(value in 0_i64..1_000_000_000, suffix in "(n|u|m|k|M|Ki|Mi|e-3|e2)?", part in "(\\.[0-9]{1,6})?") {
            let text = format!("{value}{part}{suffix}");
            let up = milli(&text, "x").unwrap();
            prop_assert_eq!(milli(&format!("-{text}"), "x"), Ok(-up));
            prop_assert_eq!(milli(&format!("+{text}"), "x"), Ok(up));
        }

        #[test]
        fn rounding_once_and_rounding_twice_agree(value in 0_i64..1_000_000_000, part in 0_u32..1_000_000_000) {
            let text = format!("{value}.{part:09}");
            let in_milli = milli(&text, "x").unwrap();
            let rounded = value * 1_000 + i64::from(part.div_ceil(1_000_000));
            prop_assert_eq!(in_milli, rounded);
            prop_assert_eq!(whole(&text, "x"), Ok(in_milli.unsigned_abs().div_ceil(1_000) as i64));
        }

        #[test]
        fn a_power_of_1024_is_a_shift(value in 0_i64..8_000_000, at in 0_usize..4) {
            let suffix = ["Ki", "Mi", "Gi", "Ti"][at];
            prop_assert_eq!(whole(&format!("{value}{suffix}"), "x"), Ok(value << (10 * (at + 1))));
        }
    }
}
