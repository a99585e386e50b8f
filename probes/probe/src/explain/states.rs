//! Named states in plain words.

use super::figures::{bytes, number, percent};
use super::text::plain;
use gridproof_probe_protocol::verdict::State;

/// Most entries of a list that are shown.
const MAX_LISTED: usize = 8;

/// What a state means.
pub(super) fn describe(state: &State) -> String {
    match state {
        State::Mig { profile, reason } => {
            let profile = profile
                .as_deref()
                .map_or(String::new(), |profile| format!(" {}", plain(profile, 16)));
            format!("MIG: a slice{profile} of a partitioned GPU ({})", plain(reason, 200))
        }
        State::TimeSliced { share, longest_gap_ms } => format!(
            "Time-sliced: others had {} of the time; the longest gap was {} ms",
            percent(*share),
            number(*longest_gap_ms)
        ),
        State::Busy { processes, free_share } => {
            let who = match processes {
                Some(1) => "1 process".to_owned(),
                Some(count) => format!("{count} processes"),
                None => "processes".to_owned(),
            };
            format!(
                "Busy: {who} of others at the start, {} of the memory was free",
                percent(*free_share)
            )
        }
        State::PowerCapped { enforced_w, default_w } => format!(
            "Power-capped: the operator set {} W, the board's default is {} W; a state, no fault",
            number(*enforced_w),
            number(*default_w)
        ),
        State::Throttled {
            share,
            reasons,
            last_over_first,
        } => format!(
            "Throttled: heat or hardware protection lowered the clock in {} of the samples ({}); the last third ran at \
             {} of the first",
            percent(*share),
            list(reasons),
            percent(*last_over_first)
        ),
        State::MemoryShort {
            verified_bytes,
            expected_bytes,
            mismatched_words,
        } => {
            let lost = match mismatched_words {
                0 => String::new(),
                words => format!("; {words} words of 8 bytes were not what had been written"),
            };
            format!(
                "Memory short: {} could be filled and read back, the model has {}{lost}",
                bytes(*verified_bytes),
                bytes(*expected_bytes)
            )
        }
        State::WrongResults { kernels } => {
            format!(
                "Wrong results: products that every correct GPU gets right bit for bit were wrong ({})",
                list(kernels)
            )
        }
        State::ClockDisagrees { ratio, between } => {
            format!(
                "Clocks disagree: {} differ by a factor of {ratio:.3}",
                plain(between, 80)
            )
        }
        State::SlowLaunch { round_trip_us } => format!(
            "Slow launches: {} us from call to end; work may be forwarded to another machine",
            number(*round_trip_us)
        ),
        State::NarrowLink { detail } => format!("Narrow PCIe link: {}", plain(detail, 200)),
    }
}

fn list(names: &[String]) -> String {
    let mut shown: Vec<String> = names.iter().take(MAX_LISTED).map(|name| plain(name, 48)).collect();
    if names.len() > MAX_LISTED {
        shown.push(format!("and {} more", names.len() - MAX_LISTED));
    }
    shown.join(", ")
}
