//! What the verdicts cannot tell apart, with the reason. Tests hold every pair of the table against this page:
//! whatever is not named here is caught.

/// Models of which one passes as any other: no invariant differs by more than its band.
pub struct Twins {
    /// Keys.
    pub models: &'static [&'static str],
    /// Why.
    pub reason: &'static str,
}

/// Lies that only one independent group of invariants contradicts: never verified, and not called a lie either.
pub struct OneGroup {
    /// Keys of what is claimed.
    pub claimed: &'static [&'static str],
    /// Keys of what it is.
    pub real: &'static [&'static str],
    /// Why.
    pub reason: &'static str,
}

/// All twins.
pub const TWINS: &[Twins] = &[
    Twins {
        models: &["a100-pcie-40", "a100-sxm-40"],
        reason: "same chip and memory; they differ in power limit, NVLink and form factor",
    },
    Twins {
        models: &["a100-pcie-80", "a100-sxm-80", "a800-pcie", "a800-sxm"],
        reason: "same chip; bandwidths 5 % apart, inside every band; the A800 differs in NVLink only",
    },
    Twins {
        models: &["a40", "a6000"],
        reason: "same chip and capacity; bandwidths 10 % apart, inside the band",
    },
    Twins {
        models: &["b200", "gb200"],
        reason: "same chip; the grade shows the higher power limit at best",
    },
    Twins {
        models: &["gh200-144", "h200-nvl", "h200-sxm"],
        reason: "same chip and memory; they differ in clock, power and links",
    },
    Twins {
        models: &["gh200-96", "h100-nvl"],
        reason: "same chip; capacity and bandwidth 2 % apart",
    },
    Twins {
        models: &["l40", "l40s", "rtx6000ada"],
        reason: "same chip and capacity; bandwidths 11 % apart; the grade shows the power limit at best",
    },
    Twins {
        models: &["v100-pcie-16", "v100-sxm2-16"],
        reason: "same chip and memory; they differ in clock and NVLink",
    },
    Twins {
        models: &["v100-pcie-32", "v100-sxm2-32"],
        reason: "same chip and memory; they differ in clock and NVLink",
    },
];

/// Pairs that pass one way only.
pub const PASSES_AS: &[OneGroup] = &[OneGroup {
    claimed: &["v100s"],
    real: &["v100-pcie-32", "v100-sxm2-32"],
    reason: "same chip and capacity; a fifth less bandwidth is inside the band of a degraded GPU",
}];

/// All lies with one group against them.
pub const ONE_GROUP: &[OneGroup] = &[
    OneGroup {
        claimed: &["a100-pcie-80", "a100-sxm-80", "a800-pcie", "a800-sxm"],
        real: &["a100-pcie-40", "a100-sxm-40"],
        reason: "only the capacity is short; three quarters of the bandwidth is inside the band of a degraded GPU",
    },
    OneGroup {
        claimed: &["gh200-144", "h200-nvl", "h200-sxm"],
        real: &["gh200-96", "h100-nvl"],
        reason: "only the capacity is short; four fifths of the bandwidth is inside the band",
    },
    OneGroup {
        claimed: &["gh200-96", "h100-nvl"],
        real: &["h100-sxm"],
        reason: "only the capacity is short; five sixths of the bandwidth is inside the band",
    },
    OneGroup {
        claimed: &["h100-sxm"],
        real: &["h100-nvl"],
        reason: "more memory than claimed; its bandwidth is at the upper edge of the band",
    },
    OneGroup {
        claimed: &["h20-141"],
        real: &["h20"],
        reason: "only the capacity is short",
    },
    OneGroup {
        claimed: &["h100-sxm"],
        real: &["h800"],
        reason: "only fp64 is reduced; NVLink, which is, too, is measured between GPUs and not part of the identity",
    },
    OneGroup {
        claimed: &["h800"],
        real: &[
            "a100-pcie-80",
            "a100-sxm-80",
            "a800-pcie",
            "a800-sxm",
            "h100-pcie",
            "h100-sxm",
        ],
        reason: "too few figures of the H800 are known",
    },
    OneGroup {
        claimed: &["v100-pcie-16", "v100-sxm2-16"],
        real: &["v100-pcie-32", "v100-sxm2-32"],
        reason: "more memory than claimed, everything else equal",
    },
    OneGroup {
        claimed: &["v100-pcie-32", "v100-sxm2-32", "v100s"],
        real: &["v100-pcie-16", "v100-sxm2-16"],
        reason: "only the capacity is short",
    },
    OneGroup {
        claimed: &["v100-pcie-32", "v100-sxm2-32"],
        real: &["v100s"],
        reason: "a quarter more bandwidth than claimed, everything else equal",
    },
];

/// What a lie of this kind ends as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Called a lie.
    Caught,
    /// Neither verified nor called a lie.
    NotVerified,
    /// Verified.
    Passes,
}

/// What becomes of `real` sold as `claimed`, and why it is not caught.
pub fn reach(claimed: &str, real: &str) -> (Reach, Option<&'static str>) {
    if let Some(twins) = TWINS
        .iter()
        .find(|twins| twins.models.contains(&claimed) && twins.models.contains(&real))
    {
        return (Reach::Passes, Some(twins.reason));
    }
    let of = |pairs: &'static [OneGroup]| {
        pairs
            .iter()
            .find(|pair| pair.claimed.contains(&claimed) && pair.real.contains(&real))
            .map(|pair| pair.reason)
    };
    match (of(PASSES_AS), of(ONE_GROUP)) {
        (Some(reason), _) => (Reach::Passes, Some(reason)),
        (None, Some(reason)) => (Reach::NotVerified, Some(reason)),
        (None, None) => (Reach::Caught, None),
    }
}
