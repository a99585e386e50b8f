use super::*;
use crate::{
    report::{DriverInfo, GpuReport, Mode, Outcome},
    samples::Unit,
    simulate::{Condition, Gpu},
    verdict::Conclusion,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn report(key: &str, conditions: &[Condition], seed: u64) -> Report {
    let models = Models::builtin();
    let model = models.get(key).expect("row");
    let gpu = Gpu {
        conditions: conditions.to_vec(),
        ..Gpu::honest(model)
    };
    let (inventory, measurements) = gpu.run(seed);
    let verdict = judge(&models, &inventory, Some(key), &measurements);
    Report {
        schema: SCHEMA.to_owned(),
        probe_version: "0.1.0".into(),
        started_at: "2026-11-24T00:00:00Z".into(),
        finished_at: "2026-11-24T00:01:00Z".into(),
        mode: Mode::Quick,
        kernels: std::collections::BTreeMap::new(),
        models_sha256: models.sha256().to_owned(),
        driver: DriverInfo::default(),
        gpus: vec![GpuReport {
            inventory,
            claimed_model: Some(key.to_owned()),
            measurements,
            verdict,
        }],
        concurrent: Outcome::default(),
        links: Outcome::default(),
        network: Outcome::default(),
    }
}

fn json_of(report: &Report) -> Value {
    serde_json::to_value(report).expect("serialises")
}

fn refusal(value: &Value) -> String {
    Report::from_json(value.to_string().as_bytes())
        .expect_err("refused")
        .to_string()
}

#[test]
fn anyone_gets_the_same_verdict_from_the_same_report() {
    let models = Models::builtin();
    let conditions = [
        vec![],
        vec![Condition::TimeSliced(0.37)],
        vec![Condition::Slice { slice: 2, told: true }],
        vec![Condition::Throttles(0.8), Condition::PowerCapped(0.6)],
        vec![Condition::Busy(0.4)],
        vec![Condition::SlowClock(1.07)],
    ];
    for seed in 0..60 {
        let written = report("h100-sxm", &conditions[seed as usize % conditions.len()], seed);
        let bytes = serde_json::to_vec(&written).expect("serialises");
        let read = Report::from_json(&bytes).expect("a report");
        assert_eq!(
            read.judge_again(&models).gpus[0].verdict,
            read.gpus[0].verdict,
            "seed {seed}"
        );
        assert_eq!(read.gpus[0].verdict, written.gpus[0].verdict, "seed {seed}");
        assert_eq!(read.judge_again(&models).models_sha256, written.models_sha256);
    }
}

#[test]
fn a_verdict_that_was_changed_shows_when_it_is_judged_again() {
    let models = Models::builtin();
    let mut forged = report("h100-sxm", &[Condition::WrongResults], 1);
    assert_eq!(forged.gpus[0].verdict.conclusion, Conclusion::Faulty);
    forged.gpus[0].verdict.conclusion = Conclusion::Verified;
    let read = Report::from_json(&serde_json::to_vec(&forged).expect("serialises")).expect("the form is right");
    assert_ne!(read.judge_again(&models), read);
    assert_eq!(read.judge_again(&models).gpus[0].verdict.conclusion, Conclusion::Faulty);
}

#[test]
fn another_form_is_named_before_its_fields_are_blamed() {
    let mut value = json_of(&report("t4", &[], 1));
    value["schema"] = json!("gridproof.probe.report.v2");
    value["new_field"] = json!(1);
    assert!(refusal(&value).contains("report.v2"));
    value["schema"] = json!(7);
    assert!(refusal(&value).starts_with("not a report"));
}

#[test]
fn unknown_and_missing_fields_are_refused_at_every_depth() {
    let good = json_of(&report("h100-sxm", &[], 1));
    for path in [
        "",
        "/driver",
        "/gpus/0",
        "/gpus/0/inventory/pci",
        "/gpus/0/measurements/census/result",
        "/gpus/0/measurements/census/result/sm_clock_mhz",
        "/gpus/0/measurements/sustained/result/nvml/0",
        "/gpus/0/verdict",
        "/gpus/0/verdict/identity/evidence/0",
    ] {
        let mut value = good.clone();
        let object = value
            .pointer_mut(path)
            .and_then(Value::as_object_mut)
            .expect("an object");
        object.insert("smuggled".into(), json!(1));
        assert!(refusal(&value).contains("smuggled"), "{path}");
        if path == "/driver" {
            continue; // a node may know nothing of its driver
        }
        let mut value = good.clone();
        value
            .pointer_mut(path)
            .and_then(Value::as_object_mut)
            .expect("an object")
            .retain(|key, _| key == "schema");
        assert!(
            Report::from_json(value.to_string().as_bytes()).is_err(),
            "{path} without its fields"
        );
    }
}

#[test]
fn samples_whose_figures_do_not_follow_from_their_values_are_refused() {
    let good = json_of(&report("h100-sxm", &[], 1));
    for figure in ["min", "median", "p90", "p95", "max", "mad"] {
        let mut value = good.clone();
        let stated = value
            .pointer_mut(&format!("/gpus/0/measurements/bandwidth/result/read/{figure}"))
            .expect("there");
        *stated = json!(stated.as_f64().expect("a number") * 1.001 + 1e-3);
        assert!(refusal(&value).contains(figure), "{figure}");
    }
    let mut value = good.clone();
    *value
        .pointer_mut("/gpus/0/measurements/bandwidth/result/read/values")
        .expect("there") = json!([]);
    assert!(refusal(&value).contains("no samples"));
}

#[test]
fn numbers_that_are_not_finite_are_refused() {
    let text = serde_json::to_string(&report("h100-sxm", &[], 1)).expect("serialises");
    let at = text.find("\"values\":[").expect("samples") + "\"values\":[".len();
    for number in ["NaN", "Infinity", "1e999", "-1e999", "null", "\"1\""] {
        let hostile = format!("{}{number},{}", &text[..at], &text[at..]);
        assert!(Report::from_json(hostile.as_bytes()).is_err(), "{number}");
    }
}

#[test]
fn size_depth_and_number_of_gpus_are_limited() {
    assert!(matches!(
        Report::from_json(&vec![b' '; MAX_REPORT_BYTES + 1]),
        Err(ReportError::TooLong(_))
    ));
    assert!(Report::from_json(&vec![b'['; 1 << 20]).is_err(), "nested without end");
    let mut many = report("t4", &[], 1);
    many.gpus = (0..=MAX_GPUS as u32)
        .map(|ordinal| {
            let mut gpu = many.gpus[0].clone();
            gpu.inventory.ordinal = ordinal;
            gpu
        })
        .collect();
    let bytes = serde_json::to_vec(&many).expect("serialises");
    assert!(matches!(Report::from_json(&bytes), Err(ReportError::TooManyGpus(65))));
    many.gpus.truncate(2);
    many.gpus[1].inventory.ordinal = 0;
    let bytes = serde_json::to_vec(&many).expect("serialises");
    assert!(matches!(Report::from_json(&bytes), Err(ReportError::RepeatedGpu(0))));
}

proptest! {
    #[test]
    fn bytes_that_were_cut_or_changed_never_panic(seed in 0_u64..4, at in 0.0_f64..1.0, byte: u8, cut: bool) {
        let mut bytes = serde_json::to_vec(&report("a10", &[], seed)).expect("serialises");
        let at = (bytes.len() as f64 * at) as usize;
        if cut {
            bytes.truncate(at);
            prop_assert!(Report::from_json(&bytes).is_err());
        } else {
            bytes[at] = byte;
            if let Ok(read) = Report::from_json(&bytes) {
                let _ = read.judge_again(&Models::builtin());
            }
        }
    }

    #[test]
    fn samples_come_back_as_they_were_to_the_last_bit_that_json_keeps(values in prop::collection::vec(-1e12_f64..1e12, 1..40)) {
        let samples = Samples::new(Unit::Microsecond, values).expect("finite");
        let text = serde_json::to_string(&samples).expect("serialises");
        let back: Samples = serde_json::from_str(&text).expect("its own figures");
        for (a, b) in samples.values.iter().zip(&back.values) {
            prop_assert!((a - b).abs() <= a.abs() * 4.0 * f64::EPSILON);
        }
    }
}
