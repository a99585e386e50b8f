#![allow(clippy::unwrap_used)]
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;

use super::*;

const LOCAL: Policy = Policy {
    allow_private: true,
    allow_http: true,
};

fn place(host_uri: &str) -> Result<Place, &'static str> {
    Place::parse(host_uri, Policy::default()).map_err(|refusal| refusal.code.as_str())
}

fn code(ip: &str) -> &'static str {
    ranges::refused(ip.parse().unwrap(), Policy::default()).map_or("ok", |range| range.code.as_str())
}

/// A name server that answers what it is told and counts.
struct Says(Vec<&'static str>, AtomicUsize);

impl Resolve for Says {
    async fn resolve(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
        self.1.fetch_add(1, Ordering::SeqCst);
        Ok(self.0.iter().map(|ip| ip.parse().unwrap()).collect())
    }
}

async fn check(host_uri: &str, addresses: &[&'static str], policy: Policy) -> (Result<Target, &'static str>, usize) {
    let says = Says(addresses.to_vec(), AtomicUsize::new(0));
    let checked = Target::check(host_uri, policy, &says, Duration::from_secs(1)).await;
    (
        checked.map_err(|refusal| refusal.code.as_str()),
        says.1.load(Ordering::SeqCst),
    )
}

#[test]
fn the_port_of_grpc_follows_that_of_rest() {
    let ports = |uri| place(uri).map(|p| (p.rest_port, p.grpc_port));
    assert_eq!(ports("https://provider.example.com:8443"), Ok((8443, 8444)));
    assert_eq!(ports("https://provider.example.com:8443/"), Ok((8443, 8444)));
    assert_eq!(ports("https://provider.example.com"), Ok((443, 443)));
    assert_eq!(ports("https://provider.example.com:9000"), Ok((9000, 9000)));
    assert_eq!(ports("https://[2606:4700::1]:8443"), Ok((8443, 8444)));
}

#[test]
fn an_address_of_another_form_is_refused() {
    for (uri, why) in [
        ("", "bad_uri"),
        ("provider.example.com:8443", "bad_scheme"),
        ("//provider.example.com", "bad_uri"),
        ("http://provider.example.com", "bad_scheme"),
        ("ftp://provider.example.com", "bad_scheme"),
        ("file:///etc/passwd", "bad_scheme"),
        ("gopher://127.0.0.1:6379/_INFO", "bad_scheme"),
        ("https://", "bad_uri"),
        ("https://user@provider.example.com", "uri_credentials"),
        ("https://user:pw@provider.example.com", "uri_credentials"),
        ("https://provider.example.com/../status", "uri_extra"),
        ("https://provider.example.com?x=1", "uri_extra"),
        ("https://provider.example.com#x", "uri_extra"),
        ("https://provider.example.com/#@evil.example", "uri_credentials"),
        ("https://provider.example.com:0", "bad_port"),
        ("https://provider.example.com:99999", "bad_uri"),
        ("https://provider.example.com\\@evil.example", "bad_uri"),
        ("https://provider.example.com\r\nHost: evil", "bad_uri"),
        (" https://provider.example.com", "bad_uri"),
        ("https://пример.example", "bad_uri"),
        ("https://-.example", "bad_host"),
        ("https://a..example", "bad_host"),
        ("https://fe80::1%25eth0", "bad_uri"),
    ] {
        assert_eq!(place(uri), Err(why), "{uri}");
    }
    assert_eq!(place(&format!("https://{}.example", "a".repeat(600))), Err("bad_uri"));
    assert_eq!(
        place(&format!("https://{}example", "aaaaaaaaa.".repeat(25))),
        Err("bad_host")
    );
}

#[test]
fn plain_http_is_for_local_chains() {
    let place = Place::parse("http://localhost:8080", LOCAL).unwrap();
    assert!(!place.tls);
}

#[test]
fn no_notation_hides_an_address() {
    for uri in [
        "https://127.0.0.1",
        "https://127.1",
        "https://2130706433",
        "https://0x7f000001",
        "https://0x7f.1",
        "https://0177.0.0.1",
        "https://127.0.0.1.",
        "https://%31%32%37.0.0.1",
        "https://[::ffff:127.0.0.1]",
        "https://[::ffff:7f00:1]",
    ] {
        let place = place(uri).unwrap();
        let ip = place.literal().expect(uri);
        let refused = ranges::refused(ip, Policy::default());
        assert_eq!(refused.map(|r| r.code), Some(RefusalCode::AddressLoopback), "{uri}");
    }
}

#[test]
fn only_public_addresses_are_dialed() {
    for (ip, expected) in [
        ("1.1.1.1", "ok"),
        ("100.63.255.255", "ok"),
        ("100.128.0.0", "ok"),
        ("172.15.255.255", "ok"),
        ("172.32.0.0", "ok"),
        ("223.255.255.255", "ok"),
        ("0.0.0.0", "address_unspecified"),
        ("0.1.2.3", "address_unspecified"),
        ("127.255.255.254", "address_loopback"),
        ("10.0.0.1", "address_private"),
        ("172.16.0.1", "address_private"),
        ("172.31.255.255", "address_private"),
        ("192.168.1.1", "address_private"),
        ("100.64.0.1", "address_shared"),
        ("100.127.255.255", "address_shared"),
        ("169.254.1.1", "address_link_local"),
        ("169.254.169.254", "address_metadata"),
        ("168.63.129.16", "address_metadata"),
        ("100.100.100.200", "address_metadata"),
        ("192.0.2.1", "address_documentation"),
        ("198.51.100.7", "address_documentation"),
        ("203.0.113.9", "address_documentation"),
        ("198.19.255.255", "address_benchmarking"),
        ("192.0.0.8", "address_reserved"),
        ("224.0.0.251", "address_multicast"),
        ("240.0.0.1", "address_reserved"),
        ("255.255.255.255", "address_broadcast"),
    ] {
        assert_eq!(code(ip), expected, "{ip}");
        // The same behind each form of IPv6 that carries it.
        let mapped = format!("::ffff:{ip}");
        assert_eq!(code(&mapped), expected, "{mapped}");
        let nat64 = format!("64:ff9b::{ip}");
        assert_eq!(code(&nat64), expected, "{nat64}");
    }
}

#[test]
fn only_global_unicast_of_ipv6_is_dialed() {
    for (ip, expected) in [
        ("2606:4700:4700::1111", "ok"),
        ("2a01:4f8::1", "ok"),
        ("::", "address_unspecified"),
        ("::1", "address_loopback"),
        ("fc00::1", "address_private"),
        ("fdff::1", "address_private"),
        ("fec0::1", "address_private"),
        ("fd00:ec2::254", "address_metadata"),
        ("fe80::1", "address_link_local"),
        ("febf::1", "address_link_local"),
        ("ff02::1", "address_multicast"),
        ("2001:db8::1", "address_documentation"),
        ("3fff::1", "address_documentation"),
        ("2001:2::1", "address_benchmarking"),
        ("2001:20::1", "address_reserved"),
        ("100::1", "address_reserved"),
        ("5f00::1", "address_reserved"),
        ("4000::1", "address_reserved"),
        ("::7f00:1", "address_loopback"),
        ("::101:101", "address_reserved"),
        ("2002:7f00:1::", "address_loopback"),
        ("2002:a00:1::1", "address_private"),
        ("2002:101:101::1", "address_reserved"),
        ("64:ff9b::a9fe:a9fe", "address_metadata"),
        ("64:ff9b:1::a00:1", "address_private"),
        ("64:ff9b:1::101:101", "address_reserved"),
        // Teredo: the client 192.168.0.1 with all bits flipped; then the server 10.0.0.1.
        ("2001:0:101:101::3f57:fffe", "address_private"),
        ("2001:0:a00:1::fefe:fefe", "address_private"),
        ("2606:4700::5efe:a00:1", "address_private"),
    ] {
        assert_eq!(code(ip), expected, "{ip}");
    }
}

#[test]
fn a_local_chain_may_be_local_but_never_a_metadata_service() {
    let local = |ip: &str| ranges::refused(ip.parse().unwrap(), LOCAL).map(|r| r.code.as_str());
    for ip in ["127.0.0.1", "10.1.1.1", "192.168.1.1", "::1", "fd00::1", "169.254.1.1"] {
        assert_eq!(local(ip), None, "{ip}");
    }
    for ip in ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254"] {
        assert_eq!(local(ip), Some("address_metadata"), "{ip}");
    }
    assert_eq!(local("224.0.0.1"), Some("address_multicast"));
    assert_eq!(local("0.0.0.0"), Some("address_unspecified"));
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_all_its_addresses_must_be_public() {
    let uri = "https://provider.example.com:8443";
    let (target, asked) = check(uri, &["1.1.1.1", "2606:4700::1"], Policy::default()).await;
    let addresses: Vec<String> = target.unwrap().grpc().map(|a| a.to_string()).collect();
    assert_eq!(
        (addresses.as_slice(), asked),
        (&["1.1.1.1:8444".to_owned(), "[2606:4700::1]:8444".to_owned()][..], 1)
    );
    let (mixed, asked) = check(uri, &["1.1.1.1", "10.0.0.1"], Policy::default()).await;
    assert_eq!((mixed, asked), (Err("address_private"), 1));
    assert_eq!(check(uri, &[], Policy::default()).await.0, Err("name_not_found"));
    assert_eq!(
        check(uri, &["1.1.1.1"; 33], Policy::default()).await.0,
        Err("too_many_addresses")
    );
    assert_eq!(check(uri, &["127.0.0.1"], LOCAL).await.1, 1);
}

#[tokio::test]
async fn an_address_in_numbers_is_not_looked_up() {
    let (refused, asked) = check("https://2130706433:8443", &["1.1.1.1"], Policy::default()).await;
    assert_eq!((refused, asked), (Err("address_loopback"), 0));
}

#[tokio::test]
async fn a_name_server_that_does_not_answer_is_a_refusal_in_time() {
    struct Sleeps;
    impl Resolve for Sleeps {
        async fn resolve(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
            std::future::pending().await
        }
    }
    let limit = Duration::from_millis(30);
    let refused = Target::check("https://x.example", Policy::default(), &Sleeps, limit).await;
    assert_eq!(refused.unwrap_err().code, RefusalCode::NameTimeout);
}

#[tokio::test]
async fn the_resolver_of_the_machine_knows_this_machine() {
    let found = SystemResolver::default().resolve("localhost").await.unwrap();
    assert!(found.iter().all(IpAddr::is_loopback) && !found.is_empty());
}

proptest! {
    #[test]
    fn no_uri_brings_the_guard_down(uri in "\\PC{0,80}|https?://[\\[\\]0-9a-fx:.%@/?#_-]{0,60}") {
        let _ = Place::parse(&uri, LOCAL);
    }

    #[test]
    fn hiding_an_ipv4_address_never_makes_it_better(bits in any::<u32>()) {
        let ip = std::net::Ipv4Addr::from(bits);
        let [a, b] = [(bits >> 16) as u16, bits as u16];
        if code(&ip.to_string()) != "ok" {
            for hidden in [
                format!("::ffff:{ip}"),
                format!("::{ip}"),
                format!("64:ff9b::{ip}"),
                format!("2002:{a:x}:{b:x}::1"),
                format!("2001:0:{a:x}:{b:x}::fefe:fefe"),
                format!("2001:0:101:101::{:x}:{:x}", !a, !b),
            ] {
                prop_assert_ne!(code(&hidden), "ok", "{}", hidden);
            }
        }
    }
}
