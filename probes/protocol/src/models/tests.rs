use super::*;

/// The table with one row changed by hand, as an error in the file would.
fn planted(row: &str, change: impl FnOnce(&mut Model)) -> Vec<String> {
    let mut rows = Models::builtin().rows;
    change(rows.get_mut(row).expect("row"));
    sanity::problems(&rows)
}

fn text_error(from: &str, to: &str) -> String {
    assert!(BUILTIN.contains(from), "{from} is in the table");
    Models::parse(&BUILTIN.replacen(from, to, 1))
        .expect_err("refused")
        .to_string()
}

#[test]
fn the_table_has_every_row_and_no_implausible_figure() {
    let models = Models::builtin();
    let keys: Vec<&str> = models.iter().map(|(key, _)| key).collect();
    assert_eq!(
        keys,
        [
            "a10",
            "a100-pcie-40",
            "a100-pcie-80",
            "a100-sxm-40",
            "a100-sxm-80",
            "a30",
            "a40",
            "a6000",
            "a800-pcie",
            "a800-sxm",
            "b200",
            "b300",
            "cmp170hx",
            "gb200",
            "gh200-144",
            "gh200-96",
            "h100-nvl",
            "h100-pcie",
            "h100-sxm",
            "h20",
            "h20-141",
            "h200-nvl",
            "h200-sxm",
            "h800",
            "l4",
            "l40",
            "l40s",
            "rtx3090",
            "rtx4090",
            "rtx5090",
            "rtx6000ada",
            "t4",
            "v100-pcie-16",
            "v100-pcie-32",
            "v100-sxm2-16",
            "v100-sxm2-32",
            "v100s",
        ]
    );
}

#[test]
fn every_reference_is_between_0_45_and_0_98_of_its_peak() {
    let models = Models::builtin();
    let mut checked = 0;
    for (key, model) in models.iter() {
        let peak_memory = model.bandwidth_gbps.as_ref().map(|figure| figure.value);
        for (reference, peak) in [
            (&model.reference.compute_tflops, model.peak_16_bit()),
            (&model.reference.memory_gbps, peak_memory),
        ] {
            if let Some(reference) = reference {
                let share = reference.value / peak.expect("a peak");
                assert!((0.45..=0.98).contains(&share), "{key}: {share}");
                checked += 1;
            }
        }
    }
    assert!(checked > 55, "{checked}");
}

#[test]
fn a_table_survives_being_written_and_read() {
    let models = Models::builtin();
    let again = Models::parse(&models.to_toml()).expect("parses");
    assert_eq!(again.rows, models.rows);
    assert_ne!(again.sha256(), models.sha256(), "the digest is of the text");
}

/// The errors of DCGM 4.6.0's table: each would have made every GPU pass, or none.
#[test]
fn the_errors_of_a_published_table_are_caught() {
    let cases = [
        ("h200-sxm", 2.333, "MB/s taken for GB/s: 1,000 times too low"),
        ("a100-sxm-40", 137.5, "a digit lost: 10 times too low"),
        ("l40", 49.05, "10 times too low"),
    ];
    for (row, value, why) in cases {
        let problems = planted(row, |model| {
            model.reference.memory_gbps.as_mut().expect("there").value = value
        });
        assert_eq!(problems.len(), 1, "{why}: {problems:?}");
        assert!(
            problems[0].starts_with(&format!("{row}: reference.memory_gbps: ")),
            "{problems:?}"
        );
    }
    let problems = planted("b200", |model| {
        model.reference.compute_tflops.as_mut().expect("there").value *= 100.0
    });
    assert!(
        problems[0].starts_with("b200: reference.compute_tflops: "),
        "{problems:?}"
    );
}

#[test]
fn a_wrong_unit_of_any_figure_is_caught() {
    for factor in [1e-3, 0.1, 10.0, 1e3] {
        let scale = |figure: &mut Option<Figure<f64>>| figure.as_mut().expect("there").value *= factor;
        assert!(
            !planted("h100-sxm", |model| scale(&mut model.bandwidth_gbps)).is_empty(),
            "bandwidth × {factor}"
        );
        assert!(
            !planted("h100-sxm", |model| scale(&mut model.peak_tflops.bf16)).is_empty(),
            "peak × {factor}"
        );
        assert!(
            !planted("h100-sxm", |model| scale(&mut model.peak_tflops.fp64)).is_empty(),
            "fp64 × {factor}"
        );
        assert!(
            !planted("h100-sxm", |model| scale(&mut model.peak_tflops.fp8)).is_empty(),
            "fp8 × {factor}"
        );
        assert!(
            !planted("t4", |model| scale(&mut model.fp64_over_fp32)).is_empty(),
            "ratio × {factor}"
        );
    }
    for factor in [1e-3, 1e3] {
        let scale = |figure: &mut Option<Figure<f64>>| figure.as_mut().expect("there").value *= factor;
        assert!(
            !planted("h100-sxm", |model| scale(&mut model.memory_gb)).is_empty(),
            "memory × {factor}"
        );
        assert!(
            !planted("h100-sxm", |model| scale(&mut model.l2_mb)).is_empty(),
            "L2 × {factor}"
        );
        assert!(
            !planted("h100-sxm", |model| scale(&mut model.power_w)).is_empty(),
            "power × {factor}"
        );
    }
}

#[test]
fn unknown_keys_and_wrong_kinds_name_row_and_field() {
    let error = text_error("[t4]\n", "[t4]\nmemory_gib = { value = 16, source = \"x\" }\n");
    assert!(error.contains("t4") && error.contains("memory_gib"), "{error}");
    let error = text_error("[t4]\n", "[t4]\nreference.speed = { value = 16, source = \"x\" }\n");
    assert!(error.contains("t4") && error.contains("speed"), "{error}");
    let error = text_error("multiprocessors = { value = 40,", "multiprocessors = { value = \"40\",");
    assert!(error.contains("t4") && error.contains("multiprocessors"), "{error}");
    let error = text_error(
        "multiprocessors = { value = 40,",
        "multiprocessors = { value = 40, sauce = \"\",",
    );
    assert!(error.contains("t4") && error.contains("sauce"), "{error}");
    let error = text_error("[t4]\nnames = ", "[t4]\nnamen = ");
    assert!(error.contains("t4") && error.contains("name"), "{error}");
    assert!(matches!(Models::parse("[t4\n"), Err(ModelsError::Syntax(_))));
}

#[test]
fn a_number_needs_a_source() {
    let problems = planted("l4", |model| {
        model.l2_mb.as_mut().expect("there").source = " ".to_owned()
    });
    assert_eq!(problems, ["l4: l2_mb: has no source"]);
    let problems = planted("l4", |model| {
        model.reference.compute_tflops.as_mut().expect("there").source.clear()
    });
    assert_eq!(problems, ["l4: reference.compute_tflops: has no source"]);
}

#[test]
fn ids_are_unique_unless_the_subsystem_tells_them_apart() {
    let id = Models::builtin().get("l40s").expect("row").pci[0].clone();
    let problems = planted("l40", |model| model.pci.push(id.clone()));
    assert_eq!(problems.len(), 1);
    assert!(problems[0].contains("26b9"), "{problems:?}");
    let mut rows = Models::builtin().rows;
    rows.get_mut("l40").expect("row").pci.push(PciId {
        subsystem: Some(0x1234_10de),
        ..id
    });
    assert_eq!(sanity::problems(&rows), Vec::<String>::new());
    let models = Models {
        rows,
        sha256: String::new(),
    };
    assert_eq!(models.by_pci(0x26b9_10de, Some(0x1234_10de)), Some("l40"));
    assert_eq!(models.by_pci(0x26b9_10de, Some(1)), Some("l40s"));
    assert_eq!(models.by_pci(0x26b9_10de, None), Some("l40s"));
}

#[test]
fn a_claim_is_the_given_key_else_the_pci_id_else_the_name() {
    let models = Models::builtin();
    let mut inventory = Inventory {
        name: "NVIDIA A100-SXM4-80GB".into(),
        ..Inventory::default()
    };
    assert_eq!(models.claim(None, &inventory), Some("a100-sxm-80"));
    inventory.nvml_name = Some("nvidia h100 80gb hbm3 MIG 3g.40gb".into());
    assert_eq!(models.claim(None, &inventory), Some("h100-sxm"));
    inventory.pci.device_id = Some(0x2684_10de);
    assert_eq!(models.claim(None, &inventory), Some("rtx4090"));
    assert_eq!(models.claim(Some("t4"), &inventory), Some("t4"));
    assert_eq!(
        models.claim(Some("nonsense"), &inventory),
        None,
        "a key that was given is not replaced"
    );
    inventory.pci.device_id = Some(0x2684_1002);
    assert_eq!(
        models.claim(None, &inventory),
        Some("h100-sxm"),
        "another vendor's id is none of ours"
    );
}
