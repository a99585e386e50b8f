//! `verify --recording` over recordings and answers that are not what they should be: never a pass, never a hang.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Output;
use support::{code, gridproof, json, recording, run, words};
use tempfile::TempDir;

const RECORDING: &str = "akash-gridlocal-v12";
/// Module account of escrow.
const ESCROW: &str = "akash14pphss726thpwws3yc458hggufynm9x77l4l2u";

/// A copy of a recording and the folder of its last answers.
fn copy() -> TempDir {
    let (folder, whole) = (tempfile::tempdir().unwrap(), recording(RECORDING));
    for file in [
        "recording.json",
        "blocks.jsonl.zst",
        "blockchain.jsonl.zst",
        "genesis.json.zst",
        "status.json",
    ] {
        fs::copy(whole.join(file), folder.path().join(file)).unwrap();
    }
    let state = folder.path().join("state/582");
    fs::create_dir_all(&state).unwrap();
    for entry in fs::read_dir(whole.join("state/582")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), state.join(entry.file_name())).unwrap();
    }
    folder
}

/// Changes the blocks of a copy, line by line.
fn change_blocks(folder: &Path, mut change: impl FnMut(u64, &mut Value) -> bool) {
    let path = folder.join("blocks.jsonl.zst");
    let text = std::io::read_to_string(zstd::Decoder::new(fs::File::open(&path).unwrap()).unwrap()).unwrap();
    let mut changed = String::new();
    for line in text.lines() {
        let mut document: Value = serde_json::from_str(line).unwrap();
        let height = document["height"].as_u64().unwrap();
        changed += &if change(height, &mut document) {
            document.to_string()
        } else {
            line.to_owned()
        };
        changed.push('\n');
    }
    fs::write(path, zstd::encode_all(changed.as_bytes(), 1).unwrap()).unwrap();
}

fn verify(folder: &Path, temporary: &Path, more: &[&str]) -> Output {
    let mut command = gridproof();
    command
        .args(["verify", "--log", "error", "--recording"])
        .arg(folder)
        .arg("--state")
        .arg(folder.join("state"));
    run(command.args(more).env("TMPDIR", temporary))
}

/// Takes the first transfer out of escrow away.
fn drop_a_payout(document: &mut Value) -> bool {
    let Some(results) = document
        .pointer_mut("/block_results/result/txs_results")
        .and_then(Value::as_array_mut)
    else {
        return false;
    };
    let pays =
        |event: &Value| event["type"] == "transfer" && event.to_string().contains(&format!("\"value\":\"{ESCROW}\""));
    results.iter_mut().filter(|result| result["code"] == 0).any(|result| {
        let events = result["events"].as_array_mut().unwrap();
        let from_escrow = |event: &Value| {
            let mut attributes = event["attributes"].as_array().into_iter().flatten();
            pays(event) && attributes.any(|one| one["key"] == "sender" && one["value"] == ESCROW)
        };
        let found = events.iter().position(from_escrow);
        found.map(|index| events.remove(index)).is_some()
    })
}

/// The state follows from the messages; that a payout is missing among the transfers is told all the same.
#[test]
fn a_payout_that_the_block_does_not_show_is_told() {
    let (folder, temporary) = (copy(), tempfile::tempdir().unwrap());
    let mut height = None;
    change_blocks(folder.path(), |at, document| {
        let taken = height.is_none() && drop_a_payout(document);
        if taken {
            height = Some(at);
        }
        taken
    });
    let output = verify(folder.path(), temporary.path(), &["--json"]);
    let report = json(&output);
    assert_eq!(report["settlement"]["blocks"], 147, "{}", words(&output));
    let findings = report["settlement"]["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{}", words(&output));
    assert_eq!(
        (findings[0]["height"].as_u64(), findings[0]["subject"].as_str()),
        (height, Some("transfers"))
    );
    let output = verify(folder.path(), temporary.path(), &[]);
    let text = words(&output);
    assert!(
        text.contains("147 blocks with payouts or refunds, 1 findings"),
        "{text}"
    );
    assert!(
        text.contains(&format!("block {}, transfers: computed", height.unwrap())),
        "{text}"
    );
    assert_eq!(
        fs::read_dir(temporary.path()).unwrap().count(),
        0,
        "the data folder is gone"
    );
}

/// Damage of every kind ends with the reason and with exit 65 (64 where the command line is wrong).
#[test]
fn a_damaged_recording_or_answer_is_refused_with_the_reason() {
    type Damage = fn(&Path);
    let cases: [(&str, i32, Damage); 8] = [
        ("no block of height 300", 65, |folder| {
            let path = folder.join("blocks.jsonl.zst");
            let text = std::io::read_to_string(zstd::Decoder::new(fs::File::open(&path).unwrap()).unwrap()).unwrap();
            let lines = text.lines().enumerate().filter(|(index, _)| *index != 299);
            let lines: String = lines.map(|(_, line)| format!("{line}\n")).collect();
            fs::write(path, zstd::encode_all(lines.as_bytes(), 1).unwrap()).unwrap();
        }),
        ("recording.json says", 65, |folder| {
            let info = fs::read_to_string(folder.join("recording.json")).unwrap();
            fs::write(
                folder.join("recording.json"),
                info.replace("gridlocal-v12", "gridlocal-x"),
            )
            .unwrap();
        }),
        ("incomplete frame", 65, |folder| {
            let whole = fs::read(folder.join("blocks.jsonl.zst")).unwrap();
            fs::write(folder.join("blocks.jsonl.zst"), &whole[..whole.len() / 2]).unwrap();
        }),
        ("needs genesis", 65, |folder| {
            fs::remove_file(folder.join("genesis.json.zst")).unwrap()
        }),
        ("blockchain.jsonl.zst", 65, |folder| {
            fs::remove_file(folder.join("blockchain.jsonl.zst")).unwrap()
        }),
        ("not everything could be indexed", 65, |folder| {
            change_blocks(folder, |height, document| {
                if height == 300 {
                    document["block_results"]["result"]["height"] = "299".into();
                }
                height == 300
            });
        }),
        ("leases.json is not JSON", 65, |folder| {
            fs::write(folder.join("state/582/leases.json"), "{").unwrap()
        }),
        ("named after the same height", 64, |folder| {
            fs::create_dir(folder.join("state/0582")).unwrap()
        }),
    ];
    let temporary = tempfile::tempdir().unwrap();
    for (reason, expected, damage) in cases {
        let folder = copy();
        damage(folder.path());
        let output = verify(folder.path(), temporary.path(), &[]);
        assert_eq!(code(&output), Some(expected), "{reason}: {}", words(&output));
        assert!(words(&output).contains(reason), "{reason}: {}", words(&output));
    }
    assert_eq!(
        fs::read_dir(temporary.path()).unwrap().count(),
        0,
        "the data folders are gone"
    );
}

/// Two chains of one name do not meet in a data folder that is kept.
#[test]
fn a_data_folder_of_another_chain_with_the_same_name_is_refused() {
    let (folder, data) = (copy(), tempfile::tempdir().unwrap());
    let kept = [
        "--data-dir",
        data.path().to_str().unwrap(),
        "--engine-listen",
        "127.0.0.1:0",
    ];
    for _ in 0..2 {
        let output = verify(folder.path(), data.path(), &kept);
        assert_eq!(code(&output), Some(0), "{}", words(&output));
    }
    let rename = |bytes: Vec<u8>| {
        String::from_utf8(bytes)
            .unwrap()
            .replace("gridlocal-v038", "gridlocal-v12")
    };
    let other = recording("akash-gridlocal-v038");
    for file in ["recording.json", "status.json"] {
        fs::write(folder.path().join(file), rename(fs::read(other.join(file)).unwrap())).unwrap();
    }
    for file in ["blocks.jsonl.zst", "blockchain.jsonl.zst", "genesis.json.zst"] {
        let text = rename(zstd::decode_all(fs::File::open(other.join(file)).unwrap()).unwrap());
        fs::write(folder.path().join(file), zstd::encode_all(text.as_bytes(), 1).unwrap()).unwrap();
    }
    let output = verify(folder.path(), data.path(), &kept);
    assert_eq!(code(&output), Some(64), "{}", words(&output));
    assert!(
        words(&output).contains("another chain as rec-gridlocal-v12"),
        "{}",
        words(&output)
    );
}
