use super::*;

const PAGE: &str = r#"{"BillingCurrency":"USD","CustomerEntityId":"Default","CustomerEntityType":"Retail","Items":[
{"currencyCode":"USD","tierMinimumUnits":0.0,"retailPrice":98.32,"unitPrice":98.32,"armRegionName":"eastus","location":"US East","effectiveStartDate":"2023-08-01T00:00:00Z","meterName":"ND96isr H100 v5","productName":"Virtual Machines NDsr H100 v5 Series","skuName":"ND96isr H100 v5","serviceName":"Virtual Machines","unitOfMeasure":"1 Hour","type":"Consumption","isPrimaryMeterRegion":true,"armSkuName":"Standard_ND96isr_H100_v5"},
{"currencyCode":"USD","retailPrice":29.496,"armRegionName":"eastus","productName":"Virtual Machines NDsr H100 v5 Series","skuName":"ND96isr H100 v5 Spot","unitOfMeasure":"1 Hour","type":"Consumption","armSkuName":"Standard_ND96isr_H100_v5"},
{"currencyCode":"USD","retailPrice":102.7,"armRegionName":"eastus","productName":"Virtual Machines NDsr H100 v5 Series Windows","skuName":"ND96isr H100 v5","unitOfMeasure":"1 Hour","type":"Consumption","armSkuName":"Standard_ND96isr_H100_v5"},
{"currencyCode":"USD","retailPrice":551880.0,"armRegionName":"eastus","productName":"Virtual Machines NDsr H100 v5 Series","skuName":"ND96isr H100 v5","unitOfMeasure":"1 Hour","type":"Reservation","reservationTerm":"1 Year","armSkuName":"Standard_ND96isr_H100_v5"},
{"currencyCode":"USD","retailPrice":0.0104,"armRegionName":"eastus","productName":"Virtual Machines Bs Series","skuName":"B1s","unitOfMeasure":"1 Hour","type":"Consumption","armSkuName":"Standard_B1s"}
],"NextPageLink":"https://prices.azure.com:443/api/retail/prices?$skip=1000","Count":5}"#;

fn with(from: &str, to: &str) -> String {
    assert!(PAGE.contains(from), "{from}");
    PAGE.replacen(from, to, 1)
}

#[test]
fn on_demand_spot_and_reserved_are_kept_apart() {
    let read = list(PAGE).unwrap();
    assert_eq!(
        brief(&read),
        [
            "azure Standard_ND96isr_H100_v5 h100 80Gi x8 eastus on_demand 98.32 12.29",
            "azure Standard_ND96isr_H100_v5 h100 80Gi x8 eastus reserved_1yr 63 7.875",
            "azure Standard_ND96isr_H100_v5 h100 80Gi x8 eastus spot 29.496 3.687",
        ]
    );
    assert!(read.rows[1].note.contains("551880"), "{}", read.rows[1].note);
    assert_eq!(
        read.rows[0].as_of,
        date!(2026 - 11 - 20),
        "the list does not say of which day it is"
    );
    assert!(
        read.next.unwrap().contains("$skip=1000"),
        "that more pages follow is told"
    );
}

#[test]
fn an_item_of_ours_that_is_wrong_stops_the_page_with_line_and_field() {
    let first = ["line 2", "Items[0]"];
    let item = |from: &str, to: &str, parts: [&str; 2]| {
        refused(&with(from, to), &[first[0], first[1], parts[0], parts[1]]);
    };
    item(
        "{\"currencyCode\":\"USD\"",
        "{\"currencyCode\":\"EUR\"",
        ["currencyCode", "EUR"],
    );
    item(
        "\"retailPrice\":98.32",
        "\"retailPrice\":-98.32",
        ["retailPrice", "below zero"],
    );
    item("\"retailPrice\":98.32", "\"retailPrice\":0.0", ["retailPrice", "zero"]);
    item(
        "\"retailPrice\":98.32",
        "\"retailPrice\":\"98.32\"",
        ["retailPrice", "no price"],
    );
    item(
        "\"retailPrice\":98.32",
        "\"retailPrice\":1e300",
        ["retailPrice", "no price"],
    );
    item(
        "\"unitOfMeasure\":\"1 Hour\"",
        "\"unitOfMeasure\":\"1/Month\"",
        ["unitOfMeasure", "1/Month"],
    );
    item("\"type\":\"Consumption\"", "\"type\":\"Gift\"", ["type", "Gift"]);
    item(
        "\"armRegionName\":\"eastus\"",
        "\"armRegionName\":\"\"",
        ["armRegionName", "there is none"],
    );
    refused(
        &with("1 Year", "1 Month"),
        &["line 5", "Items[3].reservationTerm", "1 Month"],
    );
    refused(
        &with("\"BillingCurrency\":\"USD\"", "\"BillingCurrency\":\"EUR\""),
        &["BillingCurrency", "EUR"],
    );
    refused(
        &with("ND96isr H100 v5 Spot", "ND96isr H100 v5"),
        &["stands twice", "98.32", "29.496"],
    );
    refused(&PAGE[..PAGE.len() - 30], &["EOF"]);
}

#[test]
fn the_same_item_twice_counts_once() {
    let line = PAGE.lines().nth(1).unwrap();
    let twice = with(line, &format!("{line}\n{line}"));
    assert_eq!(list(&twice).unwrap().rows.len(), 3);
}
