//! Numbers with units and sample sizes.

use gridproof_probe_protocol::samples::{Samples, Unit};

/// Four significant digits, no exponent where people read none.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        "no number".to_owned()
    } else if size >= 1e7 || (size < 1e-3 && size > 0.0) {
        format!("{value:.2e}")
    } else if size >= 1000.0 {
        format!("{value:.0}")
    } else if size >= 100.0 {
        format!("{value:.1}")
    } else if size >= 1.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.3}")
    }
}

/// A share of one as percent.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// Bytes as GB or MB (decimal).
pub(super) fn bytes(bytes: u64) -> String {
    let value = bytes as f64;
    if value >= 1e9 {
        format!("{:.1} GB", value / 1e9)
    } else {
        format!("{:.1} MB", value / 1e6)
    }
}

/// A unit as it is written.
pub(super) fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::TeraFlopPerSecond => "TFLOP/s",
        Unit::GigabytePerSecond => "GB/s",
        Unit::MegabitPerSecond => "Mbit/s",
        Unit::Microsecond => "us",
        Unit::Millisecond => "ms",
        Unit::Nanosecond => "ns",
        Unit::Megahertz => "MHz",
        Unit::Cycle => "cycles",
    }
}

/// Median with unit.
pub(super) fn median(samples: &Samples) -> String {
    format!("{} {}", number(samples.median), unit(samples.unit))
}

/// Spread and sample size.
pub(super) fn spread(samples: &Samples) -> String {
    format!(
        "{} to {}, n = {}",
        number(samples.min),
        number(samples.max),
        samples.values.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_digits_at_every_size() {
        for (value, text) in [
            (0.0, "0.000"),
            (0.0213, "0.021"),
            (2.34567, "2.35"),
            (789.04, "789.0"),
            (3241.4, "3241"),
            (1e12, "1.00e12"),
            (f64::NAN, "no number"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn bytes_are_decimal() {
        assert_eq!(bytes(85_520_809_984), "85.5 GB");
        assert_eq!(bytes(268_435_456), "268.4 MB");
    }
}
