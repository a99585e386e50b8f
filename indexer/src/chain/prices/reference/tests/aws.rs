use super::*;

const LIST: &str = r#"{
  "formatVersion" : "v1.0",
  "disclaimer" : "This pricing list is for informational purposes only.",
  "offerCode" : "AmazonEC2",
  "version" : "20261118000000",
  "publicationDate" : "2026-11-18T20:11:12Z",
  "products" : {
    "AAAA" : {"sku":"AAAA","productFamily":"Compute Instance","attributes":{"servicecode":"AmazonEC2","location":"US East (N. Virginia)","regionCode":"us-east-1","instanceType":"p5.48xlarge","gpu":"8","operatingSystem":"Linux","preInstalledSw":"NA","tenancy":"Shared","capacitystatus":"Used","marketoption":"OnDemand","usagetype":"BoxUsage:p5.48xlarge"}},
    "BBBB" : {"sku":"BBBB","productFamily":"Compute Instance","attributes":{"regionCode":"us-east-1","instanceType":"p5.48xlarge","gpu":"8","operatingSystem":"Windows","preInstalledSw":"NA","tenancy":"Shared","capacitystatus":"Used"}},
    "CCCC" : {"sku":"CCCC","productFamily":"Compute Instance","attributes":{"regionCode":"us-west-2","instanceType":"p4d.24xlarge","gpu":"8","operatingSystem":"Linux","preInstalledSw":"NA","tenancy":"Shared","capacitystatus":"Used"}},
    "DDDD" : {"sku":"DDDD","productFamily":"Compute Instance","attributes":{"regionCode":"us-east-1","instanceType":"t3.nano","operatingSystem":"Linux","preInstalledSw":"NA","tenancy":"Shared","capacitystatus":"Used"}},
    "EEEE" : {"sku":"EEEE","productFamily":"Storage","attributes":{"volumeType":"General Purpose"}},
    "FFFF" : {"sku":"FFFF","productFamily":"Compute Instance","attributes":{"regionCode":"us-east-1","instanceType":"p5.48xlarge","gpu":"8","operatingSystem":"Linux","preInstalledSw":"NA","tenancy":"Shared","capacitystatus":"Used","marketoption":"CapacityBlock"}}
  },
  "terms" : {
    "OnDemand" : {
      "AAAA" : {"AAAA.JRTCKXETXF":{"offerTermCode":"JRTCKXETXF","sku":"AAAA","effectiveDate":"2026-11-01T00:00:00Z","priceDimensions":{"AAAA.JRTCKXETXF.6YS6EN2CT7":{"rateCode":"AAAA.JRTCKXETXF.6YS6EN2CT7","description":"$55.04 per On Demand Linux p5.48xlarge Instance Hour","beginRange":"0","endRange":"Inf","unit":"Hrs","pricePerUnit":{"USD":"55.0400000000"},"appliesTo":[]}},"termAttributes":{}}},
      "CCCC" : {"CCCC.JRTCKXETXF":{"priceDimensions":{"X":{"unit":"Hrs","pricePerUnit":{"USD":"21.9576420000"}}},"termAttributes":{}}},
      "DDDD" : {"DDDD.JRTCKXETXF":{"priceDimensions":{"X":{"unit":"Hrs","pricePerUnit":{"USD":"0.0052000000"}}},"termAttributes":{}}},
      "FFFF" : {"FFFF.JRTCKXETXF":{"priceDimensions":{"X":{"unit":"Hrs","pricePerUnit":{"USD":"0.0000000000"}}},"termAttributes":{}}}
    },
    "Reserved" : {
      "AAAA" : {
        "AAAA.4NA7Y494T4":{"priceDimensions":{"X":{"unit":"Hrs","pricePerUnit":{"USD":"43.1600000000"}}},"termAttributes":{"LeaseContractLength":"1yr","OfferingClass":"standard","PurchaseOption":"No Upfront"}},
        "AAAA.6QCMYABX3D":{"priceDimensions":{"X":{"unit":"Quantity","pricePerUnit":{"USD":"350000"}}},"termAttributes":{"LeaseContractLength":"1yr","OfferingClass":"standard","PurchaseOption":"All Upfront"}}
      }
    }
  }
}"#;

#[test]
fn machines_of_ours_are_read_from_a_list_of_everything() {
    let read = list(LIST).unwrap();
    assert_eq!(
        brief(&read),
        [
            "aws p4d.24xlarge a100 40Gi x8 us-west-2 on_demand 21.957642 2.74470525",
            "aws p5.48xlarge h100 80Gi x8 us-east-1 on_demand 55.04 6.88",
            "aws p5.48xlarge h100 80Gi x8 us-east-1 reserved_1yr_standard 43.16 5.395",
        ]
    );
    assert_eq!(read.rows[0].as_of, date!(2026 - 11 - 18), "the day is the list's own");
    let skipped: Vec<_> = read
        .skipped
        .iter()
        .map(|(why, count)| format!("{why} {count}"))
        .collect();
    let expected = [
        "other_machine 2",
        "other_market 1",
        "other_system 1",
        "paid_in_advance 1",
        "terms_of_other_products 2",
    ];
    assert_eq!(skipped, expected);
}

fn with(from: &str, to: &str) -> String {
    assert!(LIST.contains(from), "{from}");
    LIST.replacen(from, to, 1)
}

#[test]
fn an_entry_of_ours_that_is_wrong_stops_the_list_with_line_and_field() {
    let cases = [
        (r#"{"USD":"55.0400000000"}"#, r#"{"CNY":"400"}"#, "\"CNY\" is not USD"),
        (
            r#"{"USD":"55.0400000000"}"#,
            r#"{"USD":"1","CNY":"7"}"#,
            "not one currency",
        ),
        (r#""55.0400000000""#, r#""-55.04""#, "below zero"),
        (r#""55.0400000000""#, r#""0.0000""#, "the price is zero"),
        (r#""55.0400000000""#, r#""55,04""#, "no price"),
        (
            r#""unit":"Hrs","pricePerUnit":{"USD":"55"#,
            r#""unit":"Month","pricePerUnit":{"USD":"55"#,
            "\"Month\" is not \"Hrs\"",
        ),
    ];
    for (from, to, why) in cases {
        refused(
            &with(from, to),
            &["terms.OnDemand.AAAA.AAAA.JRTCKXETXF.priceDimensions", why, "at line 17"],
        );
    }
    refused(
        &with(r#""gpu":"8""#, r#""gpu":"4""#),
        &["products.AAAA.attributes.gpu", "has 8", "at line 8"],
    );
    refused(&with("\"1yr\"", "\"2yr\""), &["termAttributes", "2yr", "no known term"]);
    refused(&with("AmazonEC2\",", "AmazonS3\","), &["offerCode", "AmazonS3"]);
    refused(
        &with("2026-11-18T20:11:12Z", "yesterday"),
        &["publicationDate", "line 6"],
    );
}

#[test]
fn the_same_thing_with_two_prices_or_one_sku_twice_is_refused() {
    refused(
        &with("\"CCCC\" : {\"sku\":\"CCCC\"", "\"AAAA\" : {\"sku\":\"CCCC\""),
        &["products.AAAA", "twice"],
    );
    let other = r#""CCCC" : {"sku":"CCCC","productFamily":"Compute Instance","attributes":{"regionCode":"us-west-2","instanceType":"p4d.24xlarge""#;
    let same = other
        .replace("us-west-2", "us-east-1")
        .replace("p4d.24xlarge", "p5.48xlarge");
    refused(
        &with(other, &same),
        &["p5.48xlarge in us-east-1 (on_demand) stands twice", "55.04", "21.95"],
    );
}

#[test]
fn a_list_that_ends_early_anywhere_is_refused() {
    let bytes = LIST.trim_end();
    for end in (200..bytes.len()).step_by(37).chain([bytes.len() - 1]) {
        assert!(list(&bytes[..end]).is_err(), "{end}");
    }
    refused(&format!("{LIST}{{"), &["trailing"]);
}

#[test]
fn what_would_need_all_memory_is_refused() {
    let long = "x".repeat(100_000);
    refused(&with("General Purpose", &long), &["more than 65536 bytes"]);
    let many: Vec<String> = (0..65).map(|n| format!("\"{n}\":\"1\"")).collect();
    let map = format!("{{{}}}", many.join(","));
    refused(&with(r#"{"USD":"55.0400000000"}"#, &map), &["more than 64 entries"]);
    let deep = "[".repeat(200) + &"]".repeat(200);
    refused(&with("\"v1.0\"", &deep), &["nested deeper than 32 levels"]);
}

#[test]
fn a_list_whose_terms_come_first_or_that_has_none_of_ours_is_refused() {
    let (head, rest) = LIST.split_once("\"products\"").unwrap();
    let (products, terms) = rest.split_once("  \"terms\"").unwrap();
    let turned = format!(
        "{head}\"terms\"{},\"products\"{}}}",
        terms.trim_end().strip_suffix('}').unwrap(),
        products.trim_end().trim_end_matches(',')
    );
    refused(&turned, &["products come after terms"]);
    let none = LIST
        .replace("p5.48xlarge\",", "m5.large\",")
        .replace("p4d.24xlarge\",", "m5.large\",");
    refused(&none, &["no price of a known H100 or A100 machine"]);
}
