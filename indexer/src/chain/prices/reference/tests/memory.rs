//! A list of gigabytes needs no gigabytes: it is made while it is read, and the peak of this process is looked at.

use super::*;
use std::io::{BufReader, Read};

/// A list with so many products of others before and terms of others around the one of ours, made as it is read.
struct Made {
    products: u64,
    next: u64,
    rest: Vec<u8>,
    read: u64,
}

impl Made {
    fn part(&self, number: u64) -> Option<String> {
        let products = self.products;
        if number == 0 {
            let head = r#"{"formatVersion":"v1.0","offerCode":"AmazonEC2","publicationDate":"2026-11-18T20:11:12Z","products":{"#;
            let ours = r#""OURS":{"sku":"OURS","attributes":{"regionCode":"us-east-1","instanceType":"p5.48xlarge","gpu":"8","operatingSystem":"Linux","preInstalledSw":"NA","tenancy":"Shared","capacitystatus":"Used"}}"#;
            return Some(format!("{head}{ours}"));
        }
        if number <= products {
            let filler = "An attribute that nobody reads, as there are some dozens of. ".repeat(12);
            return Some(format!(
                r#","S{number:012}":{{"sku":"S{number:012}","productFamily":"Compute Instance","attributes":{{"regionCode":"eu-west-1","instanceType":"m5.large","operatingSystem":"Linux","filler":"{filler}"}}}}"#
            ));
        }
        if number == products + 1 {
            let price =
                r#"{"T":{"priceDimensions":{"D":{"unit":"Hrs","pricePerUnit":{"USD":"55.04"}}},"termAttributes":{}}}"#;
            return Some(format!(r#"}},"terms":{{"OnDemand":{{"OURS":{price}"#));
        }
        let term = number - products - 1;
        if term <= products {
            return Some(format!(
                r#","S{term:012}":{{"T":{{"offerTermCode":"JRTCKXETXF","priceDimensions":{{"D":{{"description":"$0.096 per On Demand Linux m5.large Instance Hour","unit":"Hrs","pricePerUnit":{{"USD":"0.0960000000"}}}}}},"termAttributes":{{}}}}}}"#
            ));
        }
        (term == products + 1).then(|| "}}}".to_owned())
    }
}

impl Read for Made {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.rest.is_empty() {
            let Some(part) = self.part(self.next) else { return Ok(0) };
            (self.rest, self.next) = (part.into_bytes(), self.next + 1);
        }
        let count = self.rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.rest[..count]);
        self.rest.drain(..count);
        self.read += count as u64;
        Ok(count)
    }
}

/// Peak of this process' resident memory, KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Reads a list of this many products; gives its bytes and by how much the peak rose, KiB.
fn measure(products: u64) -> (u64, u64) {
    let mut made = Made {
        products,
        next: 0,
        rest: Vec::new(),
        read: 0,
    };
    let before = peak_kib();
    let list = super::read(BufReader::new(&mut made), date!(2026 - 11 - 20)).unwrap();
    let after = peak_kib();
    assert_eq!(
        brief(&list),
        ["aws p5.48xlarge h100 80Gi x8 us-east-1 on_demand 55.04 6.88"]
    );
    assert_eq!(list.skipped["other_machine"], products);
    (made.read, after - before)
}

/// Other tests of this process have peaks of their own: this one is measured in a process that runs nothing else.
#[test]
fn a_list_of_many_products_is_read_in_a_fraction_of_its_size() {
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--test-threads=1"])
        .arg("chain::prices::reference::tests::memory::thirty_megabytes_in_a_process_of_their_own")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
#[ignore = "run by the test above in a process of its own"]
fn thirty_megabytes_in_a_process_of_their_own() {
    // What the program needs at all, once.
    measure(300);
    let (bytes, rose_kib) = measure(30_000);
    assert!(bytes > 30 * 1024 * 1024, "{bytes}");
    assert!(rose_kib < 2048, "{bytes} bytes were read with {rose_kib} KiB more");
}

/// The figure of docs/performance.md: run it alone.
#[test]
#[ignore = "a minute long; cargo test -p gridproof-indexer --lib -- --ignored --nocapture price_list_of_gigabytes"]
fn a_price_list_of_gigabytes_needs_some_kibibytes() {
    measure(300);
    let began = std::time::Instant::now();
    let (bytes, rose_kib) = measure(2_000_000);
    let seconds = began.elapsed().as_secs_f64();
    eprintln!(
        "{:.2} GB in {seconds:.0} s, peak {rose_kib} KiB above the start",
        bytes as f64 / 1e9
    );
    assert!(bytes > 2_000_000_000 && rose_kib < 4096);
}
