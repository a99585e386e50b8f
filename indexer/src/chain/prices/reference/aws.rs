//! AWS Price List of EC2: `https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonEC2/current/index.json`, or the file
//! of one region. The document has gigabytes; it is read once, front to back, and only machines of ours are kept.
//!
//! `products` come first, then `terms`. Of a machine's products only those count that are Linux without licences, shared
//! tenancy, in use, on demand (not a capacity block); of its reserved terms only those without a payment in advance.

use super::bounded::Bounded;
use super::{ListError, ListKind, PriceList, ReferencePrice, dollars, per_gpu, skus};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufReader, Read};
use std::marker::PhantomData;
use time::Date;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const URL: &str = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonEC2/current/index.json";
/// Entries of the small maps within a term.
const MAX_ENTRIES: usize = 64;
/// Products of ours that are kept.
const MAX_PRODUCTS: usize = 10_000;

pub(super) fn read(list: impl Read) -> Result<PriceList, ListError> {
    let mut read = Reading::default();
    // The parser asks byte by byte: the buffer is around the watch over lengths, not under it.
    let mut json = serde_json::Deserializer::from_reader(BufReader::new(Bounded::new(list)));
    Walk(Document(&mut read)).deserialize(&mut json)?;
    json.end()?;
    let as_of = read
        .published
        .ok_or_else(|| missing("publicationDate", "the list does not say of which day it is"))?;
    if !read.terms {
        return Err(missing("terms", "the list has no prices"));
    }
    for row in &mut read.rows {
        row.as_of = as_of;
    }
    Ok(PriceList {
        kind: ListKind::AwsPriceList,
        rows: read.rows,
        skipped: read.skipped,
        next: None,
    })
}

fn missing(field: &str, why: &str) -> ListError {
    ListError::Row {
        line: 1,
        field: field.to_owned(),
        why: why.to_owned(),
    }
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    published: Option<Date>,
    products: BTreeMap<String, Kept>,
    rows: Vec<ReferencePrice>,
    skipped: BTreeMap<&'static str, u64>,
    terms: bool,
}

impl Reading {
    fn skip(&mut self, why: &'static str) {
        *self.skipped.entry(why).or_default() += 1;
    }
}

/// A product whose prices count.
struct Kept {
    machine: skus::Machine,
    region: String,
}

#[derive(Deserialize)]
struct Product {
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Attributes {
    instance_type: String,
    region_code: String,
    operating_system: String,
    tenancy: String,
    pre_installed_sw: String,
    capacitystatus: String,
    marketoption: String,
    gpu: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Term {
    price_dimensions: Few<Dimension>,
    #[serde(default)]
    term_attributes: TermAttributes,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct TermAttributes {
    #[serde(rename = "LeaseContractLength")]
    length: String,
    #[serde(rename = "OfferingClass")]
    class: String,
    #[serde(rename = "PurchaseOption")]
    option: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dimension {
    #[serde(default)]
    unit: String,
    price_per_unit: Few<String>,
}

/// A map of few entries, in their order.
struct Few<T>(Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Few<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Few<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a map of at most {MAX_ENTRIES} entries")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Few<T>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                    if entries.len() > MAX_ENTRIES {
                        return Err(A::Error::custom(format!("more than {MAX_ENTRIES} entries")));
                    }
                }
                Ok(Few(entries))
            }
        }
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

/// A map that is too large to be kept: each entry is taken as it comes.
trait Entries {
    /// Takes the value of one entry.
    fn entry<'de, A: MapAccess<'de>>(&mut self, key: String, map: &mut A) -> Result<(), A::Error>;
}

struct Walk<E>(E);

impl<'de, E: Entries> DeserializeSeed<'de> for Walk<E> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, E: Entries> Visitor<'de> for Walk<E> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            self.0.entry(key, &mut map)?;
        }
        Ok(())
    }
}

fn pass<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>().map(drop)
}

/// The whole list.
struct Document<'a>(&'a mut Reading);

impl Entries for Document<'_> {
    fn entry<'de, A: MapAccess<'de>>(&mut self, key: String, map: &mut A) -> Result<(), A::Error> {
        match key.as_str() {
            "offerCode" => match map.next_value::<String>()?.as_str() {
                "AmazonEC2" => Ok(()),
                other => Err(A::Error::custom(format!(
                    "offerCode: {:?} is not AmazonEC2",
                    cut(other)
                ))),
            },
            "publicationDate" => {
                let text: String = map.next_value()?;
                let time = OffsetDateTime::parse(&text, &Rfc3339)
                    .map_err(|_| A::Error::custom(format!("publicationDate: {:?} is no time", cut(&text))))?;
                self.0.published = Some(time.date());
                Ok(())
            }
            "products" => map.next_value_seed(Walk(Products(self.0))),
            "terms" => {
                self.0.terms = true;
                map.next_value_seed(Walk(Terms(self.0)))
            }
            _ => pass(map),
        }
    }
}

/// `products`: by SKU.
struct Products<'a>(&'a mut Reading);

impl Entries for Products<'_> {
    fn entry<'de, A: MapAccess<'de>>(&mut self, sku: String, map: &mut A) -> Result<(), A::Error> {
        if self.0.terms {
            return Err(A::Error::custom(
                "products come after terms; the list is read once, front to back",
            ));
        }
        let product: Product = map.next_value()?;
        let kept = match wanted(&product.attributes) {
            Ok(kept) => kept,
            Err(why) => {
                self.0.skip(why);
                return Ok(());
            }
        };
        let (told, known) = (&product.attributes.gpu, kept.machine.gpus);
        if *told != known.to_string() {
            let (sku, told) = (cut(&sku), cut(told));
            return Err(A::Error::custom(format!(
                "products.{sku}.attributes.gpu: {told:?}, but a {} has {known}",
                kept.machine.sku
            )));
        }
        if self.0.products.len() >= MAX_PRODUCTS {
            return Err(A::Error::custom(format!(
                "products: more than {MAX_PRODUCTS} of known GPUs"
            )));
        }
        match self.0.products.insert(sku.clone(), kept) {
            None => Ok(()),
            Some(_) => Err(A::Error::custom(format!("products.{}: stands twice", cut(&sku)))),
        }
    }
}

/// What is kept of a product, or why nothing is.
fn wanted(product: &Attributes) -> Result<Kept, &'static str> {
    let machine = skus::aws(&product.instance_type).ok_or("other_machine")?;
    let on_demand = matches!(product.marketoption.as_str(), "" | "OnDemand");
    let checks = [
        (product.operating_system == "Linux", "other_system"),
        (product.pre_installed_sw == "NA", "licences"),
        (product.tenancy == "Shared", "other_tenancy"),
        (product.capacitystatus == "Used", "capacity_reservation"),
        (on_demand, "other_market"),
    ];
    match checks.into_iter().find(|(fits, _)| !fits) {
        Some((_, why)) => Err(why),
        None => Ok(Kept {
            machine,
            region: cut(&product.region_code),
        }),
    }
}

/// `terms`: by kind.
struct Terms<'a>(&'a mut Reading);

impl Entries for Terms<'_> {
    fn entry<'de, A: MapAccess<'de>>(&mut self, kind: String, map: &mut A) -> Result<(), A::Error> {
        match kind.as_str() {
            "OnDemand" | "Reserved" => map.next_value_seed(Walk(TermsOfKind { read: self.0, kind })),
            _ => pass(map),
        }
    }
}

/// Terms of one kind: by SKU.
struct TermsOfKind<'a> {
    read: &'a mut Reading,
    kind: String,
}

impl Entries for TermsOfKind<'_> {
    fn entry<'de, A: MapAccess<'de>>(&mut self, sku: String, map: &mut A) -> Result<(), A::Error> {
        let Some(product) = self.read.products.get(&sku) else {
            self.read.skip("terms_of_other_products");
            return pass(map);
        };
        let terms: Few<Term> = map.next_value()?;
        for (code, term) in &terms.0 {
            let row = row(product, &self.kind, term).map_err(|(field, why)| {
                let (kind, sku, code) = (&self.kind, cut(&sku), cut(code));
                A::Error::custom(format!("terms.{kind}.{sku}.{code}.{field}: {why}"))
            })?;
            match row {
                Ok(row) => self.read.rows.push(row),
                Err(why) => *self.read.skipped.entry(why).or_default() += 1,
            }
        }
        Ok(())
    }
}

type Wrong = (&'static str, String);

/// The row of a term, or why there is none. Its day is set at the end.
fn row(product: &Kept, kind: &str, term: &Term) -> Result<Result<ReferencePrice, &'static str>, Wrong> {
    let price_model = match kind {
        "OnDemand" => "on_demand".to_owned(),
        _ if term.term_attributes.option != "No Upfront" => return Ok(Err("paid_in_advance")),
        _ => reserved(&term.term_attributes)?,
    };
    let [(_, dimension)] = term.price_dimensions.0.as_slice() else {
        let dimensions = term.price_dimensions.0.len();
        return Err(("priceDimensions", format!("{dimensions} prices, where one holds")));
    };
    if dimension.unit != "Hrs" {
        return Err((
            "priceDimensions.unit",
            format!("{:?} is not \"Hrs\"", cut(&dimension.unit)),
        ));
    }
    let [(currency, price)] = dimension.price_per_unit.0.as_slice() else {
        return Err(("priceDimensions.pricePerUnit", "not one currency".to_owned()));
    };
    if currency != "USD" {
        return Err((
            "priceDimensions.pricePerUnit",
            format!("{:?} is not USD", cut(currency)),
        ));
    }
    let price = dollars(price).map_err(|why| ("priceDimensions.pricePerUnit.USD", why))?;
    if product.region.is_empty() {
        return Err(("attributes.regionCode", "there is none".to_owned()));
    }
    Ok(Ok(ReferencePrice {
        provider: "aws".to_owned(),
        sku: product.machine.sku.to_owned(),
        gpu: product.machine.gpu.to_owned(),
        gpu_memory: product.machine.gpu_memory.to_owned(),
        gpus: product.machine.gpus,
        region: product.region.clone(),
        price_model,
        usd_per_hour: price,
        usd_per_gpu_hour: per_gpu(price, product.machine.gpus).map_err(|why| ("gpu", why))?,
        as_of: Date::MIN,
        source_name: "AWS Price List".to_owned(),
        source_url: URL.to_owned(),
        source_kind: "official_list".to_owned(),
        note: String::new(),
    }))
}

/// The price model of a reserved term.
fn reserved(term: &TermAttributes) -> Result<String, Wrong> {
    match (term.length.as_str(), term.class.as_str()) {
        (length @ ("1yr" | "3yr"), class @ ("standard" | "convertible")) => Ok(format!("reserved_{length}_{class}")),
        (length, class) => Err((
            "termAttributes",
            format!("{:?} {:?} is no known term", cut(length), cut(class)),
        )),
    }
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}
