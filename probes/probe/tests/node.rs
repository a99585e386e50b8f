//! Several GPUs of one node, and the way to a verifier.

mod common;

use common::{Run, driver, probe};
use gridproof_probe_protocol::report::Outcome;

#[test]
fn gpus_are_measured_singly_then_together_then_in_pairs() {
    let driver = driver();
    let mut command = probe(driver.path(), "h100-sxm");
    command
        .args(["run", "--quick", "--json", "--quiet"])
        .env("GRIDPROOF_FAKE_COUNT", "2");
    let run = Run::from(command.output().expect("the probe runs"));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let report = run.report();
    assert_eq!(
        report.gpus.iter().map(|gpu| gpu.inventory.ordinal).collect::<Vec<_>>(),
        [0, 1]
    );
    let Outcome::Measured { result: together } = &report.concurrent else {
        panic!("{:?}", report.concurrent)
    };
    assert!(together.overlap >= 0.9, "{}", together.overlap);
    assert!(
        together
            .gpus
            .iter()
            .all(|gpu| gpu.gemm_together.is_some() && gpu.read_together.is_some())
    );
    let Outcome::Measured { result: links } = &report.links else {
        panic!("{:?}", report.links)
    };
    assert_eq!(
        links.pairs.iter().map(|pair| (pair.from, pair.to)).collect::<Vec<_>>(),
        [(0, 1), (1, 0)]
    );
    assert!(links.pairs.iter().all(|pair| pair.intact && pair.one_way.median > 0.0));
}

#[test]
fn one_of_several_can_be_chosen_and_a_number_too_high_is_a_usage_error() {
    let driver = driver();
    let mut command = probe(driver.path(), "h100-sxm");
    command.args(["run", "--device", "7"]).env("GRIDPROOF_FAKE_COUNT", "2");
    let run = Run::from(command.output().expect("the probe runs"));
    assert_eq!(run.code, Some(64), "{}", run.stderr);
    assert!(run.stderr.contains('7') && run.stderr.contains('2'), "{}", run.stderr);
}
