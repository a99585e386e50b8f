//! Names of the world of `render.sql`: real addresses and signatures, so that base58 is checked for what it is.

/// Name and value, as `render.sql` refers to them.
pub const NAMES: &[(&str, &str)] = &[
    ("MINT", "G9rEYMKxY4vF6g6ewDPxAVv3Ns1Rb7nJsEMAHv3ZLgHe"),
    ("TREASURY", "6VrsbRT2UKVFCh7nPJHWoibHEcWXQywTAArvXL7rhspC"),
    ("TREASURY_OWNER", "Cwg8KRs6BRhVGvnzqNszGoDh14mwhRav6iQWE7BtkLXt"),
    ("BURN1", "FYU5DKYStNqssjzeMc76QRc9fpAqhTiANso7vaZwcVRF"),
    ("BURN1_OWNER", "ERViBmyY8zE8CeF6EY7mLKm7q4J9cvAaaybUW1dq7M58"),
    ("BURN2", "BJWfxxY4H9qTxJrbW6BkjaP6g5jPAW8YzyAVMrpoptTp"),
    ("BURN2_OWNER", "BcC8NRCRgr2bBL2ih3aZfHn2p4t1U5vNNm3SoodhpwsS"),
    ("WORK", "8t626wFVw94gnPMQ22HFusBUpyuRYKSQLyYFch2KyixB"),
    ("WORK_OWNER", "6CZhvi8uj3uyPXMaCzF7wMYZC3tjHX3VWnkZx5qvkVRy"),
    ("AVAIL", "EwoMMAUwqjvEmnRRs5zh2jEzgieH72TDtwfH5aW9MLcw"),
    ("AVAIL_OWNER", "HSJhqNWh66odjgxWAsKz39nemah1nv6QanKwyb2EMW9B"),
    ("MARKET", "5f48nj4tRc7PbBq9iAWGNALEWpVYA9vZZfRVmKwwMLRP"),
    ("MARKET_OWNER", "HHXAj4sYPMhVrEqadPBU7eczmMVNzLJrFjur9RPjNVRE"),
    ("OP1", "9Rim4T8VM1fYS5jgFKQWdxCUxYZi7cau2ZV2gVct1ngU"),
    ("OP1_OWNER", "2uZwE3UBDDuDGNiFbKn85Qvp9PpnkNzawpCUjGVJ7Prp"),
    ("OP2", "4cWvAvdqFuhc5ZomRDMTN3ZDnAZvnix4iUQYwnosCdGq"),
    ("OP2_OWNER", "C5UxcLwpiD5zuSs23oYcpvkKr45b2Deqd2KuJvAHxYjM"),
    ("OP3", "E53JTSQ6FLE7KK17WufZydoGLUTRWcNnHiwJAbvF8GsE"),
    ("OP3_OWNER", "FrvwSbLo58JDCUU2FQHvWUFLbbgauqrmwV5DocgZDSuT"),
    (
        "S0",
        "eXm57tLf484vf1AUiVHZGnVR2Ya4gykH6gAh4iAtoaeDwzMpim6uXR2xvWvoAsdsST9ozG7Pfi626uyipDNU7bm",
    ),
    (
        "S1",
        "3eZUuUSUKoVeMDV1oYLM4mXEaU6qQexmYESDR6dFtinSN1ikA7nrNxH7FtPMQbuqjPUeZ9TGNXMWwoRwxWVFVUD3",
    ),
    (
        "S2",
        "3JqX7cs6q5jrGq9VMJD4GWHTYwNf1HkBKQUmhz3AKnn9DNxQKKHmHSuYMp5U5Z7cSEngJ5uyX5KqoAoqNRhAMUJo",
    ),
    (
        "S3",
        "4AKYHXsyDxXpkcjRJHt25n7ES1f2KpFMye4dbRXuWsr3yds6951y4J2FzoaGvPqjAuFpBey1fCWZyyF8oJdxueLt",
    ),
    (
        "S4",
        "48CyXdMGJzBsHULeGeHDCrqwoTnPi2S8VGe7rvxXhZKVasMV9jxvh4apMJ3SPHN4YrTb3rqPXmReswCAfyVxbYwj",
    ),
    (
        "S5",
        "22SofHvcRWeLpv5tHZWCCrz98nq74zqQQC4EevD5PapND4HCTo4LiBFT2oqS4N4Fidew2woD6Bw4UkjmvtnRnzYK",
    ),
    (
        "S6",
        "gaA2jLN7A9VLrTN4MFEjoKRtGrFuUBkbMBTRjgy8bm29F3cRBKVUPTLmoR21biT8YW1ieyugmQrxE5e7EFvxmXc",
    ),
    (
        "S7",
        "2J45N5WxrzcQuukuqxyR1u5xnQRzdYkcGm3kFWcXEBvHpxB6Qhpo8DUduVXikRovNNLvMBuvGzwMkRqPPFJzKurb",
    ),
    (
        "S8",
        "2bsgrqJ3cgEzCh1CSXphNq4ohun73Gk5oL99XCrr2afuqdsaerkpHcZ3czHgNs9eVv4cS1N2YUjusHHVJGNC3TEN",
    ),
    (
        "S9",
        "2PDQ5YofWi9hUwYF3jkn7h54yfnGid1QofQdC2UbLWSripjjVqbxFM6SDdeQoL6kpTxVooJce82ss85Venb6U5JV",
    ),
    (
        "S10",
        "2RGja3QWCrEHSJNGvLo3XUgAwj3sQ573WJ1dajR8R1sd1Ygi4UDKUhCqSwPJaXDYSmBW5sBXZMe8ZMXCbgP29qsb",
    ),
    (
        "S11",
        "4pmLiiLbLDJtGGyz79oECDUTxxKesnza7p8X1coCFAzGwDXBNvdocu1YuRqGb7qqrpcjb164JXf5GbGX8TfbRTju",
    ),
    (
        "S12",
        "2AHTswuTZyLTv4mPJH2MaywmWPHaU64oqtX56Gc7bXtRWUsc31jeRVD723rGNTNe3HujFeKAxbA7XKtpiHkBRmPc",
    ),
];

/// The address or signature with this name.
pub fn name(name: &str) -> &'static str {
    let found = NAMES.iter().find(|(known, _)| *known == name);
    found.unwrap_or_else(|| panic!("no name {name}")).1
}

/// A text with each `$NAME` replaced; a longer name is never taken for a shorter one that begins it.
pub fn filled(text: &str) -> String {
    let mut names: Vec<_> = NAMES.iter().collect();
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    names.into_iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("${name}"), value)
    })
}
