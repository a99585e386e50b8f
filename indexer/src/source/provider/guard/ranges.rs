//! Which addresses must not be dialed.
//!
//! After the registries of special-purpose addresses (IANA, RFC 6890 and its successors). IPv4: everything but what is listed.
//! IPv6: only global unicast (`2000::/3`), without what is listed, and the translated form of a public IPv4 address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

use super::super::RefusalCode;
use super::Policy;

/// A range that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    /// The code that is stored.
    pub(super) code: RefusalCode,
    /// What it is.
    pub(super) words: &'static str,
}

const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), bits)
}

const fn v6(a: u16, b: u16, c: u16, bits: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), bits)
}

/// Single addresses where clouds serve credentials of the machine come first: they lie in other ranges.
const V4: &[(Ipv4Net, RefusalCode, &str)] = &[
    (
        v4(169, 254, 169, 254, 32),
        RefusalCode::AddressMetadata,
        "a cloud's metadata service",
    ),
    (
        v4(169, 254, 170, 2, 32),
        RefusalCode::AddressMetadata,
        "a cloud's metadata service",
    ),
    (
        v4(169, 254, 170, 23, 32),
        RefusalCode::AddressMetadata,
        "a cloud's metadata service",
    ),
    (
        v4(100, 100, 100, 200, 32),
        RefusalCode::AddressMetadata,
        "a cloud's metadata service",
    ),
    (
        v4(192, 0, 0, 192, 32),
        RefusalCode::AddressMetadata,
        "a cloud's metadata service",
    ),
    (
        v4(168, 63, 129, 16, 32),
        RefusalCode::AddressMetadata,
        "a cloud's metadata service",
    ),
    (
        v4(0, 0, 0, 0, 8),
        RefusalCode::AddressUnspecified,
        "no address of another machine",
    ),
    (v4(127, 0, 0, 0, 8), RefusalCode::AddressLoopback, "this machine"),
    (v4(10, 0, 0, 0, 8), RefusalCode::AddressPrivate, "in a private network"),
    (
        v4(172, 16, 0, 0, 12),
        RefusalCode::AddressPrivate,
        "in a private network",
    ),
    (
        v4(192, 168, 0, 0, 16),
        RefusalCode::AddressPrivate,
        "in a private network",
    ),
    (
        v4(100, 64, 0, 0, 10),
        RefusalCode::AddressShared,
        "in a carrier's shared range",
    ),
    (
        v4(169, 254, 0, 0, 16),
        RefusalCode::AddressLinkLocal,
        "on the local link",
    ),
    (
        v4(192, 0, 2, 0, 24),
        RefusalCode::AddressDocumentation,
        "for documentation only",
    ),
    (
        v4(198, 51, 100, 0, 24),
        RefusalCode::AddressDocumentation,
        "for documentation only",
    ),
    (
        v4(203, 0, 113, 0, 24),
        RefusalCode::AddressDocumentation,
        "for documentation only",
    ),
    (
        v4(198, 18, 0, 0, 15),
        RefusalCode::AddressBenchmarking,
        "for benchmarks only",
    ),
    (v4(192, 0, 0, 0, 24), RefusalCode::AddressReserved, "reserved"),
    (v4(192, 88, 99, 0, 24), RefusalCode::AddressReserved, "a relay of 6to4"),
    (v4(224, 0, 0, 0, 4), RefusalCode::AddressMulticast, "a multicast group"),
    (
        v4(255, 255, 255, 255, 32),
        RefusalCode::AddressBroadcast,
        "the broadcast address",
    ),
    (v4(240, 0, 0, 0, 4), RefusalCode::AddressReserved, "reserved"),
];

const V6: &[(Ipv6Net, RefusalCode, &str)] = &[
    (v6(0xfc00, 0, 0, 7), RefusalCode::AddressPrivate, "in a private network"),
    (v6(0xfe80, 0, 0, 10), RefusalCode::AddressLinkLocal, "on the local link"),
    (
        v6(0xfec0, 0, 0, 10),
        RefusalCode::AddressPrivate,
        "in a private network",
    ),
    (v6(0xff00, 0, 0, 8), RefusalCode::AddressMulticast, "a multicast group"),
    (
        v6(0x2001, 0x0002, 0, 48),
        RefusalCode::AddressBenchmarking,
        "for benchmarks only",
    ),
    (
        v6(0x2001, 0x0db8, 0, 32),
        RefusalCode::AddressDocumentation,
        "for documentation only",
    ),
    (
        v6(0x3fff, 0, 0, 20),
        RefusalCode::AddressDocumentation,
        "for documentation only",
    ),
    (v6(0x2001, 0, 0, 23), RefusalCode::AddressReserved, "kept for protocols"),
    (
        v6(0x2002, 0, 0, 16),
        RefusalCode::AddressReserved,
        "of the transition mechanism 6to4",
    ),
];

/// Global unicast: whatever is outside and not translated IPv4 is refused.
const GLOBAL: Ipv6Net = v6(0x2000, 0, 0, 3);
/// Where AWS serves credentials over IPv6.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
/// Where Google serves credentials over IPv6.
const METADATA_V6_GOOGLE: Ipv6Addr = Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254);

/// Why an address must not be dialed; nothing where it may be.
pub(super) fn refused(ip: IpAddr, policy: Policy) -> Option<Range> {
    let range = match ip {
        IpAddr::V4(ip) => in_v4(ip),
        IpAddr::V6(ip) => in_v6(ip),
    };
    range.filter(|range| !(policy.allow_private && is_local(range.code)))
}

/// Ranges that a chain on one's own machine or network may use.
const fn is_local(code: RefusalCode) -> bool {
    matches!(
        code,
        RefusalCode::AddressLoopback
            | RefusalCode::AddressPrivate
            | RefusalCode::AddressShared
            | RefusalCode::AddressLinkLocal
            | RefusalCode::AddressDocumentation
            | RefusalCode::AddressBenchmarking
    )
}

fn in_v4(ip: Ipv4Addr) -> Option<Range> {
    let found = V4.iter().find(|(net, _, _)| net.contains(&ip))?;
    Some(Range {
        code: found.1,
        words: found.2,
    })
}

fn in_v6(ip: Ipv6Addr) -> Option<Range> {
    let range = |code, words| Some(Range { code, words });
    if ip.is_unspecified() {
        return range(RefusalCode::AddressUnspecified, "no address of another machine");
    }
    if ip.is_loopback() {
        return range(RefusalCode::AddressLoopback, "this machine");
    }
    if ip == METADATA_V6 || ip == METADATA_V6_GOOGLE {
        return range(RefusalCode::AddressMetadata, "a cloud's metadata service");
    }
    // What hides a refused IPv4 address is refused for what it hides.
    if let Some(hidden) = embedded(ip).into_iter().flatten().find_map(in_v4) {
        return Some(hidden);
    }
    if let Some((_, code, words)) = V6.iter().find(|(net, _, _)| net.contains(&ip)) {
        return range(*code, words);
    }
    if GLOBAL.contains(&ip) || is_translated(ip) {
        return None;
    }
    range(RefusalCode::AddressReserved, "not in the range of public addresses")
}

/// Forms whose traffic ends at the IPv4 address in it, and that are in use: mapped (`::ffff:a.b.c.d`) and the well-known
/// prefix of NAT64 (`64:ff9b::a.b.c.d`).
fn is_translated(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    s[..6] == [0, 0, 0, 0, 0, 0xffff] || s[..6] == [0x64, 0xff9b, 0, 0, 0, 0]
}

/// IPv4 addresses that an IPv6 address carries.
fn embedded(ip: Ipv6Addr) -> [Option<Ipv4Addr>; 2] {
    let s = ip.segments();
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(Ipv4Addr::new(a, b, c, d))
    };
    match s {
        // Mapped, compatible, translated (RFC 2765), NAT64, both prefixes.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => [of(high, low), None],
        [0x64, 0xff9b, 0 | 1, _, _, _, high, low] => [of(high, low), None],
        // 6to4.
        [0x2002, high, low, ..] => [of(high, low), None],
        // Teredo: the server, and the client with all bits flipped.
        [0x2001, 0, high, low, _, _, client_high, client_low] => [of(high, low), of(!client_high, !client_low)],
        // ISATAP.
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => [of(high, low), None],
        _ => [None, None],
    }
}
