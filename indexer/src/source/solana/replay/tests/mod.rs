//! The replayed node against the node that was recorded.
#![allow(clippy::unwrap_used)]

mod faults;
mod files;
mod pages;
mod recorded;
mod requests;
mod tip;

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{SolanaFault, SolanaRecording, serve};
use crate::source::replay::{ReplayHandle, ReplayOptions, TipPolicy};

/// A recorded pair as the file has it.
#[derive(Deserialize)]
struct Pair {
    request: Request,
    response: Box<RawValue>,
}

#[derive(Deserialize)]
struct Request {
    method: String,
    params: Value,
}

impl Pair {
    fn result(&self) -> Value {
        serde_json::from_str::<Value>(self.response.get()).unwrap()["result"].clone()
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../testdata/render-world-1")
}

fn world() -> Arc<SolanaRecording> {
    static WORLD: OnceLock<Arc<SolanaRecording>> = OnceLock::new();
    WORLD
        .get_or_init(|| Arc::new(SolanaRecording::open(&folder()).unwrap()))
        .clone()
}

fn pairs() -> Vec<Pair> {
    let file = std::fs::File::open(folder().join("rpc.jsonl.zst")).unwrap();
    let lines = BufReader::new(zstd::Decoder::new(file).unwrap()).lines();
    lines
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect()
}

/// A served world and a client of it.
struct Peer {
    handle: ReplayHandle,
    client: reqwest::Client,
}

impl Peer {
    async fn new(options: ReplayOptions<SolanaFault>) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            handle: serve(world(), listen, options).await.unwrap(),
            client: reqwest::Client::new(),
        }
    }

    async fn whole() -> Self {
        Self::new(ReplayOptions::default()).await
    }

    async fn at(slot: u64) -> Self {
        let tip = TipPolicy::At(slot);
        Self::new(ReplayOptions {
            tip,
            ..ReplayOptions::default()
        })
        .await
    }

    async fn faulty(faults: &[&str]) -> Self {
        let faults = faults.iter().map(|text| text.parse().unwrap()).collect();
        Self::new(ReplayOptions {
            faults,
            ..ReplayOptions::default()
        })
        .await
    }

    async fn post(&self, body: impl Into<reqwest::Body>) -> reqwest::Response {
        let request = self.client.post(self.handle.url()).body(body);
        request.header("content-type", "application/json").send().await.unwrap()
    }

    async fn text(&self, body: String) -> String {
        self.post(body).await.text().await.unwrap()
    }

    /// The whole answer to a call.
    async fn answer(&self, method: &str, params: &Value) -> Value {
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        serde_json::from_str(&self.text(call.to_string()).await).unwrap()
    }

    async fn result(&self, method: &str, params: Value) -> Value {
        let answer = self.answer(method, &params).await;
        assert_eq!(answer.get("error"), None, "{method} {params}");
        answer["result"].clone()
    }

    /// The code of an error.
    async fn code(&self, method: &str, params: Value) -> i64 {
        let answer = self.answer(method, &params).await;
        answer["error"]["code"]
            .as_i64()
            .unwrap_or_else(|| panic!("{method} {params}: {answer}"))
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
