use super::*;

const PAGE: &str = r#"{
  "skus": [
    {"name":"services/6F81-5844-456A/skus/1111-2222-3333","skuId":"1111-2222-3333","description":"Nvidia H100 80GB GPU running in Americas","category":{"serviceDisplayName":"Compute Engine","resourceFamily":"Compute","resourceGroup":"GPU","usageType":"OnDemand"},"serviceRegions":["us-central1","us-east4"],"pricingInfo":[{"summary":"","pricingExpression":{"usageUnit":"h","displayQuantity":1,"tieredRates":[{"startUsageAmount":0,"unitPrice":{"currencyCode":"USD","units":"9","nanos":796550569}}],"usageUnitDescription":"hour","baseUnit":"s","baseUnitConversionFactor":3600},"currencyConversionRate":1,"effectiveTime":"2026-11-19T00:00:00Z"}],"serviceProviderName":"Google"},
    {"skuId":"4444","description":"Nvidia Tesla A100 80GB GPU attached to Spot Preemptible VMs running in Iowa","category":{"resourceGroup":"GPU","usageType":"Preemptible"},"serviceRegions":["us-central1"],"pricingInfo":[{"pricingExpression":{"usageUnit":"h","tieredRates":[{"unitPrice":{"currencyCode":"USD","units":"1","nanos":570000000}}]}}]},
    {"skuId":"5555","description":"Commitment v1: Nvidia Tesla A100 GPU running in Iowa for 1 Year","category":{"resourceGroup":"GPU","usageType":"Commit1Yr"},"serviceRegions":["us-central1"],"pricingInfo":[{"pricingExpression":{"usageUnit":"h","tieredRates":[{"unitPrice":{"currencyCode":"USD","units":"1","nanos":848400000}}]}}]},
    {"skuId":"6666","description":"A2 Instance Ram running in Iowa","category":{"resourceGroup":"RAM","usageType":"OnDemand"},"serviceRegions":["us-central1"],"pricingInfo":[]},
    {"skuId":"7777","description":"Nvidia Tesla T4 GPU running in Iowa","category":{"resourceGroup":"GPU","usageType":"OnDemand"},"serviceRegions":["us-central1"],"pricingInfo":[]}
  ],
  "nextPageToken": "AbC"
}"#;

fn with(from: &str, to: &str) -> String {
    assert!(PAGE.contains(from), "{from}");
    PAGE.replacen(from, to, 1)
}

#[test]
fn gpus_are_read_in_each_region_with_their_price_to_the_last_billionth() {
    let read = list(PAGE).unwrap();
    assert_eq!(
        brief(&read),
        [
            "gcp 1111-2222-3333 h100 80Gi x1 us-central1 on_demand 9.796550569 9.796550569",
            "gcp 1111-2222-3333 h100 80Gi x1 us-east4 on_demand 9.796550569 9.796550569",
            "gcp 4444 a100 80Gi x1 us-central1 spot 1.57 1.57",
            "gcp 5555 a100 40Gi x1 us-central1 reserved_1yr 1.8484 1.8484",
        ]
    );
    assert!(read.rows[0].note.contains("The GPU alone"), "{}", read.rows[0].note);
    assert_eq!((read.skipped["other_product"], read.next.as_deref()), (2, Some("AbC")));
}

#[test]
fn a_sku_of_ours_that_is_wrong_stops_the_page_with_line_and_field() {
    let sku = |from: &str, to: &str, parts: [&str; 2]| {
        refused(&with(from, to), &["line 3", "skus[0]", parts[0], parts[1]]);
    };
    sku(
        "\"currencyCode\":\"USD\"",
        "\"currencyCode\":\"JPY\"",
        ["unitPrice", "JPY"],
    );
    sku("\"units\":\"9\"", "\"units\":\"-9\"", ["unitPrice", "below zero"]);
    sku("\"nanos\":796550569", "\"nanos\":-1", ["unitPrice", "below zero"]);
    sku(
        "\"nanos\":796550569",
        "\"nanos\":1000000000",
        ["unitPrice", "billionths"],
    );
    sku(
        "\"units\":\"9\",\"nanos\":796550569",
        "\"units\":\"0\",\"nanos\":0",
        ["unitPrice", "zero"],
    );
    sku("\"usageUnit\":\"h\"", "\"usageUnit\":\"mo\"", ["usageUnit", "mo"]);
    sku("\"OnDemand\"", "\"Barter\"", ["usageType", "Barter"]);
    sku(
        "[\"us-central1\",\"us-east4\"]",
        "[]",
        ["serviceRegions", "there is none"],
    );
    sku(
        "[{\"startUsageAmount\":0,",
        "[{\"unitPrice\":{}},{",
        ["tieredRates", "2 rates"],
    );
    refused(&PAGE[..PAGE.len() - 10], &["EOF"]);
}
