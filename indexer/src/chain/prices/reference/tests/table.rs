use super::*;
use crate::chain::prices::reference::seed;
use std::collections::BTreeSet;

const HEADER: &str = "provider,sku,gpu,gpu_memory,gpus,region,price_model,usd_per_hour,usd_per_gpu_hour,as_of,source_name,source_url,source_kind,note";
const ROW: &str = "aws,p5.48xlarge,h100,80Gi,8,us-east-1,on_demand,98.32,12.29,2026-03-01,somebody,,press,";

fn table(row: &str) -> String {
    format!("{HEADER}\n{ROW}\n{row}\n")
}

#[test]
fn the_seed_has_every_row_with_its_date_and_source_and_contradictions_stand_side_by_side() {
    let seed = seed().unwrap();
    let ids: BTreeSet<String> = seed.rows.iter().map(super::super::ReferencePrice::row_id).collect();
    assert_eq!(ids.len(), seed.rows.len(), "each row has its own id");
    let of = |provider: &str, gpu: &str| {
        let rows = seed
            .rows
            .iter()
            .filter(|row| row.provider == provider && row.gpu == gpu);
        let mut prices: Vec<_> = rows.map(|row| plain(row.usd_per_gpu_hour)).collect();
        prices.sort();
        prices
    };
    let aws = [
        "10.0775", "12.29", "12.29", "12.29", "3.9", "4.91625", "6.88", "6.88", "7.57",
    ];
    assert_eq!(of("aws", "h100"), aws);
    assert_eq!(of("aws", "a100"), ["1.84375", "4.09625"]);
    assert_eq!(of("gcp", "h100"), ["11.06", "3"]);
    assert_eq!(of("azure", "h100"), ["12.29", "6.98"]);
    let told = seed.rows.iter().all(|row| !row.source_name.is_empty());
    assert!(told && seed.rows.iter().all(|row| row.as_of >= date!(2023 - 07 - 01)));
}

#[test]
fn a_missing_price_follows_from_the_other_and_two_must_agree() {
    let read = list(&table("aws,p4d,a100,,3,unspecified,spot,10,,2026-03-01,x,,press,")).unwrap();
    assert_eq!(plain(read.rows[1].usd_per_gpu_hour), "3.333333333333333333");
    let row = "aws,p4d,a100,,8,unspecified,spot,32.77,4.10,2026-03-01,x,,press,";
    refused(&table(row), &["line 3, usd_per_gpu_hour", "is not 32.77", "4.09625"]);
}

#[test]
fn a_bad_row_is_told_with_line_and_field_and_nothing_is_read() {
    let bad = |field: &str, value: &str| {
        let names: Vec<&str> = HEADER.split(',').collect();
        let mut values: Vec<&str> = ROW.split(',').collect();
        values[names.iter().position(|name| *name == field).unwrap()] = value;
        values.join(",")
    };
    for (field, value) in [
        ("gpus", "0"),
        ("gpus", "-8"),
        ("gpus", "65536"),
        ("as_of", "2026-02-30"),
        ("as_of", "03/01/2026"),
        ("usd_per_hour", "-1"),
        ("usd_per_hour", "0"),
        ("usd_per_hour", "NaN"),
        ("source_kind", "rumour"),
        ("provider", "AWS "),
        ("region", ""),
        ("price_model", ""),
    ] {
        refused(&table(&bad(field, value)), &[&format!("line 3, {field}")]);
    }
    refused(&table(&ROW.replace("somebody", "")), &["line 3, source_name"]);
    refused(&table("aws,p5"), &["line 3"]);
    refused(&format!("{HEADER},more\n{ROW},1\n"), &["line 2", "more"]);
    refused(HEADER, &["no price"]);
}

#[test]
fn the_id_of_a_row_is_of_what_it_says() {
    let one = list(&table(ROW)).unwrap();
    assert_eq!(one.rows[0].row_id(), one.rows[1].row_id(), "the same statement");
    assert!(one.rows[0].row_id().starts_with("aws-h100-"));
    let later = list(&table(&ROW.replace("2026-03", "2026-04"))).unwrap();
    assert_ne!(
        later.rows[0].row_id(),
        later.rows[1].row_id(),
        "of another day is another row"
    );
}
