//! Recordings that are damaged, or that contradict themselves.

use std::path::Path;

use super::super::SolanaRecordingInfo;
use super::*;

const GOOD: &str = r#"{"kind":"render","chain_id":"x","decimals":8}"#;
const ACCOUNTS: &str = r#"{"mint":"G9rEYMKxY4vF6g6ewDPxAVv3Ns1Rb7nJsEMAHv3ZLgHe"}"#;
const MINT: &str = "G9rEYMKxY4vF6g6ewDPxAVv3Ns1Rb7nJsEMAHv3ZLgHe";

fn made(info: &str, accounts: &str, lines: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("recording.json", info.as_bytes());
    write("accounts.json", accounts.as_bytes());
    write("rpc.jsonl.zst", &zstd::encode_all(lines, 1).unwrap());
    folder
}

fn why(folder: &Path) -> String {
    match SolanaRecording::open(folder) {
        Ok(_) => panic!("the recording opens"),
        Err(error) => error.to_string(),
    }
}

fn refused(lines: &str) -> String {
    why(made(GOOD, ACCOUNTS, lines.as_bytes()).path())
}

/// A pair of a transaction, by its number and slot, that names the mint.
fn transaction(number: u8, slot: u64) -> (String, String) {
    let signature = bs58::encode([number; 64]).into_string();
    let pair = json!({
        "request": {"method": "getTransaction", "params": [signature, {"encoding": "json"}]},
        "response": {"jsonrpc": "2.0", "id": 1, "result": {
            "slot": slot, "blockTime": 1, "version": "legacy",
            "meta": {"err": null, "preTokenBalances": [], "postTokenBalances": []},
            "transaction": {"signatures": [signature], "message": {"accountKeys": [MINT], "instructions": []}},
        }},
    });
    (signature, pair.to_string())
}

/// A pair of a page of the mint.
fn page(options: Value, entries: &[(&str, u64)]) -> String {
    let entry = |(signature, slot): &(&str, u64)| json!({"signature": signature, "slot": slot, "blockTime": 1, "err": null, "memo": null, "confirmationStatus": "finalized"});
    let result: Vec<Value> = entries.iter().map(entry).collect();
    json!({
        "request": {"method": "getSignaturesForAddress", "params": [MINT, options]},
        "response": {"jsonrpc": "2.0", "id": 1, "result": result},
    })
    .to_string()
}

#[test]
fn a_missing_file_is_named() {
    for missing in ["recording.json", "accounts.json", "rpc.jsonl.zst"] {
        let folder = made(GOOD, ACCOUNTS, b"");
        std::fs::remove_file(folder.path().join(missing)).unwrap();
        assert!(why(folder.path()).contains(missing), "{}", why(folder.path()));
    }
}

#[test]
fn a_description_that_cannot_be_is_refused() {
    for (info, word) in [
        (r#"{"kind":"akash","chain_id":"x","decimals":8}"#, "akash"),
        (r#"{"kind":"render","chain_id":"","decimals":8}"#, "chain_id"),
        (r#"{"kind":"render","chain_id":"x","decimals":800}"#, "800"),
        (r#"{"kind":"render","chain_id":"x"}"#, "decimals"),
        (
            r#"{"kind":"render","chain_id":"x","decimals":8,"accounts":"../../etc/passwd"}"#,
            "beside",
        ),
        (
            r#"{"kind":"render","chain_id":"x","decimals":8,"accounts":"/etc/passwd"}"#,
            "beside",
        ),
        ("[]", "recording.json"),
    ] {
        assert!(why(made(info, ACCOUNTS, b"").path()).contains(word), "{info}");
    }
    assert!(why(made(GOOD, r#"{"mint":"0OIl"}"#, b"").path()).contains("mint"));
    assert!(why(made(GOOD, &format!(r#"{{"mint":"{}"}}"#, "z".repeat(1_000_000)), b"").path()).contains("mint"));
    assert!(why(made(GOOD, "{", b"").path()).contains("accounts.json"));
    assert_eq!(SolanaRecordingInfo::read(&folder()).unwrap().accounts, "accounts.json");
}

#[test]
fn damaged_compression_is_an_error_wherever_the_damage_is() {
    let whole = std::fs::read(folder().join("rpc.jsonl.zst")).unwrap();
    let folder = made(GOOD, ACCOUNTS, b"");
    let file = folder.path().join("rpc.jsonl.zst");
    for length in [1, 100, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&file, &whole[..length]).unwrap();
        assert!(why(folder.path()).contains("rpc.jsonl.zst"), "cut at {length}");
    }
    let mut dice = fastrand::Rng::with_seed(5);
    for _ in 0..40 {
        let mut bytes = whole.clone();
        let at = dice.usize(..bytes.len());
        bytes[at] ^= 1 << dice.u8(..8);
        std::fs::write(&file, &bytes).unwrap();
        // A flipped bit may leave a recording that reads well; it must never be more than an error.
        let _ = SolanaRecording::open(folder.path());
    }
    std::fs::write(&file, b"no zstd at all").unwrap();
    assert!(why(folder.path()).contains("rpc.jsonl.zst"));
}

#[test]
fn a_line_that_is_no_pair_is_named_by_its_number() {
    let (_, good) = transaction(1, 5);
    for bad in [
        "nonsense",
        "7",
        "{}",
        "",
        r#"{"request":{"method":7},"response":{}}"#,
        r#"{"request":{"method":"getSlot","params":{}},"response":{}}"#,
        r#"{"request":{"method":"getSlot"},"response":{"result":1,"error":{}}}"#,
        r#"{"request":{"method":"getSlot"},"response":{"result":"high"}}"#,
        r#"{"request":{"method":"getBlockTime","params":[]},"response":{"result":7}}"#,
        r#"{"request":{"method":"getTokenSupply","params":["a"]},"response":{"result":{}}}"#,
        r#"{"request":{"method":"getTransaction","params":["a"]},"response":{"result":{}}}"#,
        r#"{"request":{"method":"getProgramAccounts","params":["a"]},"response":{"result":[7]}}"#,
        r#"{"request":{"method":"getAccountInfo","params":["a"]},"response":{"result":{"value":7}}}"#,
    ] {
        let why = refused(&format!("{good}\n{bad}\n"));
        assert!(why.contains("line 2"), "{bad}: {why}");
    }
    let deep = format!(
        r#"{{"request":{{"method":"m","params":{}{}}},"response":{{}}}}"#,
        "[".repeat(500),
        "]".repeat(500)
    );
    assert!(refused(&deep).contains("line 1"));
}

#[test]
fn a_line_without_end_is_refused_before_it_is_kept() {
    let why = refused(&" ".repeat(64 * 1024 * 1024 + 2));
    assert!(why.contains("longer than"), "{why}");
}

#[test]
fn transactions_that_cannot_be_are_refused() {
    let (signature, good) = transaction(1, 5);
    let (other, _) = transaction(2, 5);
    let asked = good.replacen(&signature, &other, 1);
    assert!(refused(&asked).contains("asked for"));
    let moved = good.replace(r#""slot":5"#, r#""slot":6"#);
    assert!(refused(&format!("{good}\n{moved}")).contains("another answer says 5"));
    let balance = r#"[{"accountIndex":9,"mint":"m","uiTokenAmount":{"amount":"1","decimals":8}}]"#;
    let stray = good.replace(r#""preTokenBalances":[]"#, &format!(r#""preTokenBalances":{balance}"#));
    assert!(refused(&stray).contains("account 9"));
    let base64 = good.replace(r#""encoding":"json""#, r#""encoding":"base64""#);
    assert!(refused(&base64).contains("base64 only"));
}

#[test]
fn pages_that_contradict_transactions_or_each_other_are_refused() {
    let ((a, first), (b, second), (c, third)) = (transaction(1, 5), transaction(2, 6), transaction(3, 7));
    let (a, b, c) = (a.as_str(), b.as_str(), c.as_str());
    let all = format!("{first}\n{second}\n{third}\n");
    let with = |pages: &[String]| refused(&format!("{all}{}", pages.join("\n")));
    assert!(with(&[page(json!({}), &[(a, 9)])]).contains("another slot"));
    assert!(with(&[page(json!({}), &[(a, 5), (b, 6)])]).contains("newest first"));
    assert!(with(&[page(json!({}), &[(c, 7), (c, 7)])]).contains("twice"));
    let hole = [
        page(json!({}), &[(c, 7), (a, 5)]),
        page(json!({"limit": 9}), &[(c, 7), (b, 6), (a, 5)]),
    ];
    assert!(with(&hole).contains("leaves out"));
    let late = [
        page(json!({}), &[(c, 7), (b, 6), (a, 5)]),
        page(json!({"before": c}), &[(a, 5)]),
    ];
    assert!(with(&late).contains("before"));
    let early = [
        page(json!({}), &[(c, 7), (b, 6)]),
        page(json!({"until": b}), &[(c, 7), (b, 6)]),
    ];
    assert!(with(&early).contains("until"));
    let foreign = page(json!({}), &[(a, 5)]).replacen(MINT, &bs58::encode([4; 32]).into_string(), 1);
    assert!(with(&[foreign]).contains("does not name"));
    let ((x, left), (y, right)) = (transaction(8, 30), transaction(9, 30));
    let circle = [
        page(json!({}), &[(&x, 30), (&y, 30)]),
        page(json!({"limit": 2}), &[(&y, 30), (&x, 30)]),
        left,
        right,
    ];
    assert!(with(&circle).contains("contradict each other about slot 30"));
}

#[test]
fn one_slot_keeps_the_order_of_its_pages() {
    let (x, left) = transaction(8, 30);
    let (y, right) = transaction(9, 30);
    for newer_first in [true, false] {
        let (newer, older) = if newer_first { (&x, &y) } else { (&y, &x) };
        let lines = format!("{left}\n{right}\n{}", page(json!({}), &[(newer, 30), (older, 30)]));
        let world = SolanaRecording::open(made(GOOD, ACCOUNTS, lines.as_bytes()).path()).unwrap();
        assert!(world.ids[newer] > world.ids[older]);
    }
}

#[test]
fn balances_that_jump_are_told_and_not_refused() {
    let balances = |amount: u64| json!([{"accountIndex": 0, "mint": "m", "uiTokenAmount": {"amount": amount.to_string(), "decimals": 8}}]);
    let with = |number, slot, pre: u64, post: u64| {
        let text = transaction(number, slot).1;
        let text = text.replace(
            r#""preTokenBalances":[]"#,
            &format!(r#""preTokenBalances":{}"#, balances(pre)),
        );
        text.replace(
            r#""postTokenBalances":[]"#,
            &format!(r#""postTokenBalances":{}"#, balances(post)),
        )
    };
    let lines = format!("{}\n{}", with(1, 5, 0, 7), with(2, 6, 8, 9));
    let world = SolanaRecording::open(made(GOOD, ACCOUNTS, lines.as_bytes()).path()).unwrap();
    assert_eq!(world.oddities().len(), 1);
    assert!(world.oddities()[0].contains("has 7 before slot 6, a transaction there says 8"));
}
