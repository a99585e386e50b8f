//! Fixed-point decimals with 18 places, the arithmetic of `cosmossdk.io/math.LegacyDec`.
//!
//! Escrow settlement multiplies and divides such numbers; the chain rounds half to even at the
//! 18th place, and so must we, or a replay drifts by one unit in the last place.

use ruint::aliases::U256;
use std::fmt;
use std::str::FromStr;

/// One, scaled.
pub const ONE: i128 = 1_000_000_000_000_000_000;
/// Decimal places that a [`Dec`] carries.
pub const PLACES: usize = 18;

/// A decimal number with 18 places, held as an integer scaled by 10^18.
///
/// Range: ±1.7·10^20 whole units; every operation is checked and an overflow is an error, never a wrap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Dec(i128);

/// Why a text is no decimal, or an operation left the range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecError {
    /// The text is not `[-]digits[.digits]` with at most 18 places.
    #[error("not a decimal with at most 18 places: {0:?}")]
    Syntax(String),
    /// The result does not fit.
    #[error("decimal out of range")]
    Range,
}

#[expect(clippy::should_implement_trait, reason = "these are checked and return a Result")]
impl Dec {
    /// Zero.
    pub const ZERO: Self = Self(0);

    /// From an integer already scaled by 10^18 (the protobuf wire form of `LegacyDec`).
    pub const fn from_scaled(scaled: i128) -> Self {
        Self(scaled)
    }

    /// The integer scaled by 10^18, as ClickHouse stores a `Decimal(38, 18)`.
    pub const fn scaled(self) -> i128 {
        self.0
    }

    /// From whole units.
    pub fn from_units(units: i128) -> Result<Self, DecError> {
        units.checked_mul(ONE).map(Self).ok_or(DecError::Range)
    }

    /// Parses the protobuf wire form: an integer text scaled by 10^18. Empty means zero.
    pub fn from_wire(text: &str) -> Result<Self, DecError> {
        if text.is_empty() {
            return Ok(Self::ZERO);
        }
        text.parse().map(Self).map_err(|_| DecError::Syntax(text.to_owned()))
    }

    /// Whether the number is below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Whether the number is zero.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Sum.
    pub fn add(self, other: Self) -> Result<Self, DecError> {
        self.0.checked_add(other.0).map(Self).ok_or(DecError::Range)
    }

    /// Difference.
    pub fn sub(self, other: Self) -> Result<Self, DecError> {
        self.0.checked_sub(other.0).map(Self).ok_or(DecError::Range)
    }

    /// Product with a whole number.
    pub fn mul_int(self, factor: i128) -> Result<Self, DecError> {
        self.0.checked_mul(factor).map(Self).ok_or(DecError::Range)
    }

    /// Product, rounded half to even at the 18th place (`LegacyDec.Mul`).
    pub fn mul(self, other: Self) -> Result<Self, DecError> {
        let product = magnitude(self.0) * magnitude(other.0);
        round_half_even(product, magnitude(ONE), (self.0 < 0) != (other.0 < 0))
    }

    /// Quotient, rounded half to even at the 18th place (`LegacyDec.Quo`). Division by zero is out of range.
    pub fn quo(self, other: Self) -> Result<Self, DecError> {
        if other.is_zero() {
            return Err(DecError::Range);
        }
        // LegacyDec.Quo scales by 10^36 first and then rounds half-even from 36 to 18 places, so it
        // truncates at the 36th place before it rounds.
        let one = magnitude(ONE);
        let quotient = magnitude(self.0) * one * one / magnitude(other.0);
        round_half_even(quotient, one, (self.0 < 0) != (other.0 < 0))
    }

    /// The whole units, truncated towards zero (`TruncateInt`).
    pub const fn trunc(self) -> i128 {
        self.0 / ONE
    }
}

fn magnitude(value: i128) -> U256 {
    U256::from(value.unsigned_abs())
}

fn round_half_even(numerator: U256, denominator: U256, negative: bool) -> Result<Dec, DecError> {
    let (quotient, rest) = (numerator / denominator, numerator % denominator);
    let twice = rest * U256::from(2);
    let up = twice > denominator || (twice == denominator && quotient.bit(0));
    let rounded = if up { quotient + U256::from(1) } else { quotient };
    let value = i128::try_from(rounded).map_err(|_| DecError::Range)?;
    Ok(Dec(if negative { -value } else { value }))
}

impl FromStr for Dec {
    type Err = DecError;

    /// Parses decimal text such as `-12.345` (the JSON form of `LegacyDec`).
    fn from_str(text: &str) -> Result<Self, DecError> {
        let syntax = || DecError::Syntax(text.chars().take(64).collect());
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || places.len() > PLACES || !all_digits(whole) || !all_digits(places) {
            return Err(syntax());
        }
        let units: i128 = whole.parse().map_err(|_| DecError::Range)?;
        let fraction: i128 = format!("{places:0<18}").parse().map_err(|_| syntax())?;
        let scaled = units
            .checked_mul(ONE)
            .and_then(|value| value.checked_add(fraction))
            .ok_or(DecError::Range)?;
        Ok(Self(if negative { -scaled } else { scaled }))
    }
}

impl fmt::Display for Dec {
    /// Always 18 places, as the chain's JSON prints them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, sign) = (self.0.unsigned_abs(), if self.0 < 0 { "-" } else { "" });
        let one = ONE.unsigned_abs();
        write!(f, "{sign}{}.{:018}", value / one, value % one)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dec(text: &str) -> Dec {
        text.parse().expect("a decimal")
    }

    #[test]
    fn text_round_trips_with_18_places() {
        assert_eq!(dec("12.345").to_string(), "12.345000000000000000");
        assert_eq!(dec("-0.5").to_string(), "-0.500000000000000000");
        assert_eq!(Dec::from_wire("12345000000000000000").expect("wire"), dec("12.345"));
    }

    #[test]
    fn what_is_no_decimal_is_refused() {
        for text in ["", ".", "-", "1e3", "1.0000000000000000001", "+1", "1_0", "٣"] {
            assert!(text.parse::<Dec>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn products_and_quotients_round_half_to_even() {
        let tiny = Dec::from_scaled(1);
        assert_eq!(tiny.mul(dec("0.5")).expect("fits"), Dec::ZERO);
        assert_eq!(Dec::from_scaled(3).mul(dec("0.5")).expect("fits"), Dec::from_scaled(2));
        assert_eq!(
            dec("2").quo(dec("3")).expect("fits").to_string(),
            "0.666666666666666667"
        );
        assert_eq!(dec("-136784").mul(dec("0.9")).expect("fits"), dec("-123105.6"));
    }

    #[test]
    fn leaving_the_range_is_an_error() {
        assert_eq!(
            Dec::from_scaled(i128::MAX).add(Dec::from_scaled(1)),
            Err(DecError::Range)
        );
        assert_eq!(dec("100000000000000000000").mul(dec("100")), Err(DecError::Range));
        assert_eq!(dec("1").quo(Dec::ZERO), Err(DecError::Range));
    }
}
