//! gp_census, gp_heartbeat: what they make of the clocks.

use crate::program::{Launch, run, words32, words64};
use gridproof_probe_kernels::abi::HEARTBEAT_WORDS;

const HEAD: usize = 6;

fn heartbeat(duration: u64, threshold: u64, times: &[u64]) -> Vec<u64> {
    let launch = Launch::new("gp_heartbeat", 1, 32).with(duration).with(threshold);
    words64(&run(&[times.iter().fold(launch, |launch, time| launch.with(time))])[0])
}

/// Independent model of one block: from the readings of the timer up to the one that ends it.
fn model(duration: u64, threshold: u64, times: &[u64]) -> Vec<u64> {
    let start = times[0];
    let used = times
        .iter()
        .position(|time| *time >= start + duration)
        .expect("the script goes on until the end")
        + 1;
    let mut latest = start;
    let mut gaps = vec![(start, 0)];
    for time in &times[1..used] {
        gaps.push((latest, time.saturating_sub(latest)));
        latest = latest.max(*time);
    }
    let longest = gaps.iter().map(|(_, gap)| *gap).max().expect("one at least");
    let at = gaps.iter().find(|(_, gap)| *gap == longest).expect("found before").0;
    let counted: Vec<u64> = gaps
        .iter()
        .map(|(_, gap)| *gap)
        .filter(|gap| *gap >= threshold.max(1))
        .collect();
    let mut words = vec![
        1000,
        counted.len() as u64,
        longest,
        at,
        counted.iter().sum(),
        used as u64,
    ];
    words.resize(HEARTBEAT_WORDS, 0);
    for gap in counted {
        words[HEAD + (gap.ilog2() as usize).min(31)] += 1;
    }
    words
}

#[test]
fn gaps_are_counted_as_the_interface_says() {
    let mut random = fastrand::Rng::with_seed(4);
    for threshold in [0, 1, 500, 20_000] {
        let mut times = vec![1 << 50];
        let end = times[0] + 1_000_000;
        while times[times.len() - 1] < end {
            let step = if random.u8(..) < 8 {
                random.u64(1_000..100_000)
            } else {
                random.u64(0..64)
            };
            times.push(times[times.len() - 1] + step);
        }
        assert_eq!(
            heartbeat(1_000_000, threshold, &times),
            model(1_000_000, threshold, &times),
            "{threshold}"
        );
    }
}

#[test]
fn a_gap_of_seconds_and_a_timer_that_runs_backwards() {
    let times = [100, 50, 120, 120 + (1 << 40), 1 << 41];
    let found = heartbeat(1 << 41, 10, &[&times[..], &[1 << 42]].concat());
    assert_eq!(found, model(1 << 41, 10, &[&times[..], &[1 << 42]].concat()));
    assert_eq!(found[1], 4, "20, 2^40 and what follows; running backwards is no gap");
    assert_eq!(found[HEAD + 31], 3, "2^31 ns and more share the last word");
}

#[test]
fn every_block_of_the_census_notes_its_multiprocessor_at_its_own_index() {
    let found = &run(&[Launch::new("gp_census", 64, 32).with(1000)])[0];
    let words = words32(&found[..64 * 8]);
    assert_eq!(words[..64], (1000..1064).collect::<Vec<_>>());
    assert_eq!(words[64..], [1064; 64]);
    let clocks = words64(&found[64 * 8..]);
    assert!(
        clocks[..64].iter().all(|cycles| *cycles == 1000),
        "spins until so many cycles have passed"
    );
    assert_eq!(clocks[64..], [0; 64]);
}
