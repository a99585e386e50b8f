//! A replay endpoint answers as the recorded node did, and what is fetched through the source is what was recorded.
#![allow(clippy::unwrap_used)]

mod source_support;

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use gridproof_indexer::source::replay::{Recording, RecordingInfo, ReplayOptions, ReplayStore, TipPolicy, serve};
use gridproof_indexer::source::{Pool, PoolConfig, Source};
use serde_json::Value;
use serde_json::value::RawValue;
use source_support::{faulty, get, get_raw, lines, post, replay, testdata};
use tokio_tungstenite::tungstenite::Message;

const RECORDINGS: [&str; 4] = [
    "akash-gridlocal-1",
    "akash-gridlocal-v12",
    "akash-gridlocal-v038",
    "akash-gridlocal-all",
];

/// The elements of all recorded pages of headers, as they stand there.
fn recorded_metas(name: &str) -> HashSet<String> {
    #[derive(serde::Deserialize)]
    struct Line {
        body: Body,
    }
    #[derive(serde::Deserialize)]
    struct Body {
        result: Page,
    }
    #[derive(serde::Deserialize)]
    struct Page {
        block_metas: Vec<Box<RawValue>>,
    }
    let pages = lines(name, "blockchain.jsonl.zst");
    let pages = pages
        .iter()
        .map(|line| serde_json::from_str::<Line>(line).unwrap().body.result);
    pages
        .flat_map(|page| page.block_metas)
        .map(|meta| meta.get().to_owned())
        .collect()
}

/// Every body that the source hands out must stand in the recording's files, at its place, unchanged.
async fn round_trip(name: &str) {
    let recording = Arc::new(Recording::open(&testdata(name)).unwrap());
    let handle = serve(
        recording.clone(),
        "127.0.0.1:0".parse().unwrap(),
        ReplayOptions::default(),
    )
    .await
    .unwrap();
    let pool = Pool::new(PoolConfig::new(recording.chain_id(), vec![handle.url()])).unwrap();
    let head = pool.head().await.unwrap();
    assert_eq!(head.floor..=head.height, recording.heights());
    let blocks = pool.fetch_range(head.floor, head.height).await.unwrap();
    let metas = recorded_metas(name);
    let recorded = lines(name, "blocks.jsonl.zst");
    assert_eq!(blocks.len(), recorded.len());
    for ((block, line), height) in blocks.iter().zip(&recorded).zip(head.floor..) {
        assert_eq!(block.height, height);
        let results = std::str::from_utf8(&block.results).unwrap();
        let rest = line.strip_suffix(&format!(",\"block_results\":{results}}}")).unwrap();
        let meta = std::str::from_utf8(&block.meta).unwrap();
        assert!(metas.contains(meta), "header of {height}");
        let served = rest.strip_prefix(&format!("{{\"height\":{height},\"block\":")).unwrap();
        match &block.block {
            Some(body) => assert_eq!(body, served.as_bytes()),
            None => assert!(
                meta.ends_with("\"num_txs\":\"0\"}") && served.contains("\"txs\":[]"),
                "block of {height}"
            ),
        }
    }
    let mut genesis = Vec::new();
    let packed = std::fs::File::open(testdata(name).join("genesis.json.zst")).unwrap();
    zstd::stream::copy_decode(packed, &mut genesis).unwrap();
    assert_eq!(pool.genesis().await.unwrap().unwrap(), genesis);
    handle.shutdown().await;
}

#[tokio::test]
async fn all_four_recordings_come_back_byte_for_byte() {
    for name in RECORDINGS {
        round_trip(name).await;
    }
}

#[tokio::test]
async fn errors_are_worded_as_the_recorded_node_worded_them() {
    let endpoint = faulty([]).await;
    let recorded = std::fs::read(testdata("akash-gridlocal-1/rpc_errors.json")).unwrap();
    let recorded: Value = serde_json::from_slice(&recorded).unwrap();
    let mut compared = 0;
    for (name, case) in recorded.as_object().unwrap() {
        if name == "tx_bad_hash" {
            continue; // The replay has no index of transactions.
        }
        let (status, body) = get(&format!("{}{}", endpoint.url(), case["path"].as_str().unwrap())).await;
        assert_eq!(u64::from(status), case["http"].as_u64().unwrap(), "{name}");
        // The recorded node stood at 1155 when it was asked.
        let expected = case["body"].as_str().unwrap().replace("height 1155", "height 860");
        assert_eq!(body, expected, "{name}");
        compared += 1;
    }
    assert_eq!(compared, 7);
}

#[tokio::test]
async fn the_status_is_the_recorded_one_and_moves_with_the_tip() {
    let whole = faulty([]).await;
    let recorded = std::fs::read_to_string(testdata("akash-gridlocal-1/status.json")).unwrap();
    assert_eq!(get(&format!("{}/status", whole.url())).await, (200, recorded.clone()));
    let young = replay(ReplayOptions {
        tip: TipPolicy::At(300),
        ..ReplayOptions::default()
    })
    .await;
    let status: Value = serde_json::from_str(&get(&format!("{}/status", young.url())).await.1).unwrap();
    let recorded: Value = serde_json::from_str(&recorded).unwrap();
    assert_eq!(status["result"]["node_info"], recorded["result"]["node_info"]);
    let sync = &status["result"]["sync_info"];
    assert_eq!(
        (
            sync["latest_block_height"].as_str(),
            sync["earliest_block_height"].as_str()
        ),
        (Some("300"), Some("1"))
    );
    let block: Value = serde_json::from_str(&get(&format!("{}/block?height=300", young.url())).await.1).unwrap();
    assert_eq!(sync["latest_block_hash"], block["result"]["block_id"]["hash"]);
    assert_eq!(sync["latest_block_time"], block["result"]["block"]["header"]["time"]);
    assert_eq!(get(&format!("{}/block?height=301", young.url())).await.0, 500);
}

#[tokio::test]
async fn post_answers_as_get_with_the_id_of_the_call() {
    let endpoint = faulty([]).await;
    let url = endpoint.url();
    let (_, plain) = get(&format!("{url}/block_results?height=90")).await;
    for params in [r#"{"height":"90"}"#, r#"["90"]"#] {
        let call = format!(r#"{{"jsonrpc":"2.0","id":"x7","method":"block_results","params":{params}}}"#);
        let (status, body) = post(&url, &call).await;
        assert_eq!((status, body), (200, plain.replacen("\"id\":-1", "\"id\":\"x7\"", 1)));
    }
    let (status, body) = post(
        &url,
        r#"{"jsonrpc":"2.0","id":1,"method":"block","params":{"height":"861"}}"#,
    )
    .await;
    assert_eq!(status, 200);
    assert!(
        body.starts_with(r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"#),
        "{body}"
    );
    let batch = r#"[{"jsonrpc":"2.0","id":1,"method":"health"},{"jsonrpc":"2.0","id":2,"method":"nope"}]"#;
    let answers: Value = serde_json::from_str(&post(&url, batch).await.1).unwrap();
    assert_eq!(
        (&answers[0]["result"], &answers[1]["error"]["code"]),
        (&serde_json::json!({}), &(-32601).into())
    );
    assert_eq!(post(&url, "{nonsense").await.0, 500);
}

#[tokio::test]
async fn headers_come_in_descending_pages_of_at_most_twenty() {
    let endpoint = faulty([]).await;
    let heights = async |query: &str| -> Vec<u64> {
        let (_, body) = get(&format!("{}/blockchain{query}", endpoint.url())).await;
        let page: Value = serde_json::from_str(&body).unwrap();
        let metas = page["result"]["block_metas"].as_array().unwrap();
        metas
            .iter()
            .map(|m| m["header"]["height"].as_str().unwrap().parse().unwrap())
            .collect()
    };
    assert_eq!(heights("?minHeight=3&maxHeight=5").await, [5, 4, 3]);
    assert_eq!(heights("?minHeight=%223%22&maxHeight=%225%22").await, [5, 4, 3]);
    assert_eq!(heights("").await, (841..=860).rev().collect::<Vec<_>>());
    assert_eq!(
        heights("?minHeight=1&maxHeight=100").await,
        (81..=100).rev().collect::<Vec<_>>()
    );
    assert_eq!(
        heights("?minHeight=855&maxHeight=9999").await,
        (855..=860).rev().collect::<Vec<_>>()
    );
    let (_, header) = get(&format!("{}/header?height=5", endpoint.url())).await;
    let header: Value = serde_json::from_str(&header).unwrap();
    assert_eq!(header["result"]["header"]["height"], "5");
}

#[tokio::test]
async fn the_websocket_sends_the_frames_of_the_recorded_session() {
    let endpoint = replay(ReplayOptions {
        tip: TipPolicy::At(89),
        ..ReplayOptions::default()
    })
    .await;
    let session = std::fs::read_to_string(testdata("akash-gridlocal-1/websocket.txt")).unwrap();
    let url = endpoint.url().replace("http", "ws") + "/websocket";
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let sent = |i: usize| {
        session
            .lines()
            .filter_map(|l| l.strip_prefix("> "))
            .nth(i)
            .unwrap()
            .to_owned()
    };
    let mut answers = session
        .lines()
        .filter_map(|l| l.strip_prefix("< "))
        .filter(|l| l.contains("\"id\":1,"));
    socket.send(Message::text(sent(0))).await.unwrap();
    assert_eq!(
        socket.next().await.unwrap().unwrap().to_text().unwrap(),
        answers.next().unwrap()
    );
    endpoint.set_tip(95);
    for _ in 90..=95 {
        assert_eq!(
            socket.next().await.unwrap().unwrap().to_text().unwrap(),
            answers.next().unwrap()
        );
    }
    let refused = session
        .lines()
        .filter_map(|l| l.strip_prefix("< "))
        .next_back()
        .unwrap();
    socket.send(Message::text(sent(2))).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap().to_text().unwrap(), refused);
    socket
        .send(Message::text(r#"{"jsonrpc":"2.0","id":5,"method":"health"}"#))
        .await
        .unwrap();
    let health = r#"{"jsonrpc":"2.0","id":5,"result":{}}"#;
    assert_eq!(socket.next().await.unwrap().unwrap().to_text().unwrap(), health);
}

#[tokio::test]
async fn more_requests_than_the_rate_are_refused_with_the_time_to_wait() {
    let endpoint = replay(ReplayOptions {
        rate: NonZeroU32::new(5),
        ..ReplayOptions::default()
    })
    .await;
    let url = format!("{}/health", endpoint.url());
    for _ in 0..5 {
        assert_eq!(get(&url).await.0, 200);
    }
    let (head, _) = get_raw(&url).await;
    assert!(
        head.starts_with("HTTP/1.1 429") && head.to_lowercase().contains("retry-after: 1"),
        "{head}"
    );
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(get(&url).await.0, 200);
}

#[tokio::test]
async fn errors_come_at_the_given_rate_and_the_same_for_the_same_seed() {
    let outcomes = async |seed| {
        let endpoint = replay(ReplayOptions {
            errors: 0.3,
            seed,
            ..ReplayOptions::default()
        })
        .await;
        let mut seen = Vec::new();
        for _ in 0..100 {
            seen.push(get(&format!("{}/health", endpoint.url())).await.0);
        }
        seen
    };
    let (first, again, other) = (outcomes(1).await, outcomes(1).await, outcomes(2).await);
    assert_eq!(first, again);
    assert_ne!(first, other);
    let failed = first.iter().filter(|s| **s == 500).count();
    assert!((15..=45).contains(&failed), "{failed} of 100");
}

#[test]
fn a_recording_says_what_it_is() {
    let info = RecordingInfo::read(&testdata("akash-gridlocal-all")).unwrap();
    assert_eq!(
        (info.chain_id.as_str(), info.first_height, info.last_height),
        ("gridlocal-all", 1, 718)
    );
    assert_eq!((info.starts_on.as_str(), info.upgrades.len()), ("v0.38.6", 5));
    assert_eq!(
        (info.upgrades[3].name.as_str(), info.upgrades[3].height),
        ("v2.0.0", 358)
    );
}

#[test]
fn a_folder_that_is_no_recording_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let why = |folder: &std::path::Path| Recording::open(folder).err().unwrap().to_string();
    assert!(why(folder.path()).contains("recording.json"));
    std::fs::write(folder.path().join("recording.json"), "{").unwrap();
    assert!(why(folder.path()).contains("recording.json: EOF"));
    let whole = testdata("akash-gridlocal-1");
    for file in ["recording.json", "blockchain.jsonl.zst"] {
        std::fs::copy(whole.join(file), folder.path().join(file)).unwrap();
    }
    let cut = std::fs::read(whole.join("blocks.jsonl.zst")).unwrap();
    std::fs::write(folder.path().join("blocks.jsonl.zst"), &cut[..cut.len() / 2]).unwrap();
    assert!(
        why(folder.path()).contains("blocks.jsonl.zst"),
        "{}",
        why(folder.path())
    );
}

/// A copy of a recording with a line of its blocks or a part of its description changed.
fn changed_recording(description: (&str, &str), line: impl Fn(usize, &str) -> Option<String>) -> tempfile::TempDir {
    let (folder, whole) = (tempfile::tempdir().unwrap(), testdata("akash-gridlocal-v12"));
    for file in ["blockchain.jsonl.zst", "genesis.json.zst", "status.json"] {
        std::fs::copy(whole.join(file), folder.path().join(file)).unwrap();
    }
    let info = std::fs::read_to_string(whole.join("recording.json")).unwrap();
    std::fs::write(
        folder.path().join("recording.json"),
        info.replace(description.0, description.1),
    )
    .unwrap();
    let packed = std::fs::File::open(whole.join("blocks.jsonl.zst")).unwrap();
    let text = std::io::read_to_string(zstd::Decoder::new(packed).unwrap()).unwrap();
    let lines = (1..).zip(text.lines()).filter_map(|(number, text)| line(number, text));
    let lines = lines.map(|line| line + "\n").collect::<String>();
    std::fs::write(
        folder.path().join("blocks.jsonl.zst"),
        zstd::encode_all(lines.as_bytes(), 1).unwrap(),
    )
    .unwrap();
    folder
}

#[test]
fn a_recording_that_can_never_be_served_whole_is_refused_at_once() {
    let why = |folder: tempfile::TempDir| Recording::open(folder.path()).err().unwrap().to_string();
    let keep = |_: usize, text: &str| Some(text.to_owned());
    let gap = changed_recording(("", ""), |number, text| (number != 300).then(|| text.to_owned()));
    assert!(why(gap).contains("no block of height 300"));
    let other = why(changed_recording(("gridlocal-v12", "gridlocal-x"), keep));
    assert!(
        other.contains("gridlocal-v12") && other.contains("gridlocal-x"),
        "{other}"
    );
    let bare = changed_recording(("", ""), |number, text| {
        Some(if number == 300 {
            "{\"height\":300}".to_owned()
        } else {
            text.to_owned()
        })
    });
    assert!(why(bare).contains("line 300: missing field `block_results`"));
    assert!(Recording::open(changed_recording(("", ""), keep).path()).is_ok());
}
