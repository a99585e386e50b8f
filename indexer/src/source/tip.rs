//! Follows the newest block: websocket headers as the signal, polling behind them.
//!
//! A header that an endpoint announces is a claim like its `/status`: the head moves by the pool's rule, which is
//! what two endpoints claim or what one has shown.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use futures::{SinkExt, StreamExt};
use serde::Deserialize;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_tungstenite::connect_async_with_config;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_util::sync::CancellationToken;

use super::pool::Pool;

/// Endpoints that are subscribed to at the same time: two may agree, one may fail.
const SUBSCRIPTIONS: usize = 3;
/// Time to connect and to be answered.
const CONNECT_TIME: Duration = Duration::from_secs(10);
/// Silence after which a subscription is taken for dead.
const SILENCE: Duration = Duration::from_secs(60);
/// Largest frame: a header has a few KB.
const FRAME_BYTES: usize = 1024 * 1024;
/// The results of a new block are there a moment after its header.
const SOON: Duration = Duration::from_millis(500);
/// Looks at a new claim before it must wait for the next poll.
const LOOKS: u32 = 4;

const SUBSCRIBE: &str =
    r#"{"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"query":"tm.event='NewBlockHeader'"}}"#;

/// Keeps the head of a pool current until `stop`. Its [`heads`](super::Source::heads) tell of each change.
pub async fn follow(pool: Arc<Pool>, stop: CancellationToken) {
    let signal = Arc::new(Notify::new());
    let mut listeners = JoinSet::new();
    for index in 0..pool.len().min(SUBSCRIPTIONS) {
        listeners.spawn(listen(pool.clone(), index, signal.clone()));
    }
    tokio::select! {
        () = stop.cancelled() => {}
        () = poll(&pool, &signal) => {}
    }
    listeners.shutdown().await;
}

async fn poll(pool: &Pool, signal: &Notify) {
    let mut next_poll = Instant::now();
    let mut looks = 0;
    let mut answered = true;
    loop {
        if Instant::now() >= next_poll {
            pool.refresh().await;
            next_poll = Instant::now() + pool.poll_interval();
        }
        match pool.settle_head().await {
            Ok(_) => answered = true,
            Err(error) if answered => {
                answered = false;
                tracing::warn!(%error, "the tip is not known, trying on");
            }
            Err(_) => {}
        }
        looks = if pool.claims_more() { looks + 1 } else { 0 };
        let again = if (1..=LOOKS).contains(&looks) {
            next_poll.min(Instant::now() + SOON)
        } else {
            next_poll
        };
        tokio::select! {
            () = sleep_until(again) => {}
            () = signal.notified() => looks = 0,
        }
    }
}

/// Subscribes to an endpoint again and again, with growing waits while it fails.
async fn listen(pool: Arc<Pool>, index: usize, signal: Arc<Notify>) {
    let waits = ExponentialBuilder::default()
        .with_min_delay(Duration::from_secs(1))
        .with_max_delay(Duration::from_secs(60))
        .with_jitter()
        .without_max_times();
    let mut wait = waits.build();
    loop {
        let mut heard = false;
        let ended = session(&pool, index, &signal, &mut heard).await;
        pool.subscribed(index, false);
        if heard {
            wait = waits.build();
        }
        tracing::debug!(
            endpoint = pool.name(index),
            why = ended.as_str(),
            "the subscription ended"
        );
        sleep(wait.next().unwrap_or(SILENCE)).await;
    }
}

/// One subscription, from the connection to its end. Returns why it ended.
async fn session(pool: &Pool, index: usize, signal: &Notify, heard: &mut bool) -> String {
    let url = match pool.websocket(index) {
        Ok(url) => url,
        Err(error) => return error.to_string(),
    };
    let config = WebSocketConfig::default()
        .max_message_size(Some(FRAME_BYTES))
        .max_frame_size(Some(FRAME_BYTES));
    let connecting = connect_async_with_config(url.as_str(), Some(config), true);
    let mut socket = match timeout(CONNECT_TIME, connecting).await {
        Ok(Ok((socket, _))) => socket,
        Ok(Err(error)) => return error.to_string(),
        Err(_) => return "it did not connect in time".to_owned(),
    };
    if let Err(error) = socket.send(Message::text(SUBSCRIBE)).await {
        return error.to_string();
    }
    loop {
        let text = match timeout(SILENCE, socket.next()).await {
            Ok(Some(Ok(Message::Text(text)))) => text,
            Ok(Some(Ok(Message::Close(_))) | None) => return "closed by the endpoint".to_owned(),
            Ok(Some(Ok(_))) => continue,
            Ok(Some(Err(error))) => return error.to_string(),
            Err(_) => return "silent for too long".to_owned(),
        };
        match parse(&text, pool.chain_id()) {
            Ok(Frame::Subscribed) => pool.subscribed(index, true),
            Ok(Frame::NewBlock(height)) => {
                *heard = true;
                pool.claimed(index, height);
                signal.notify_one();
            }
            Err(why) => return why,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Frame {
    Subscribed,
    NewBlock(u64),
}

#[derive(Deserialize)]
struct Envelope {
    result: Option<Outcome>,
    error: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Outcome {
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    value: Value,
}

#[derive(Deserialize)]
struct Value {
    header: Header,
}

#[derive(Deserialize)]
struct Header {
    chain_id: String,
    height: String,
}

/// Reads a frame of a `NewBlockHeader` subscription.
fn parse(text: &str, chain_id: &str) -> Result<Frame, String> {
    let envelope: Envelope = serde_json::from_str(text).map_err(|e| format!("a frame that is not understood: {e}"))?;
    if let Some(error) = envelope.error {
        return Err(format!("the subscription was refused: {error}")
            .chars()
            .take(300)
            .collect());
    }
    let Some(Data {
        value: Value { header },
    }) = envelope.result.and_then(|r| r.data)
    else {
        return Ok(Frame::Subscribed);
    };
    if header.chain_id != chain_id {
        return Err("a header of another chain".to_owned());
    }
    header
        .height
        .parse()
        .map(Frame::NewBlock)
        .map_err(|_| "a header without a height".to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_frames_of_a_real_node_are_understood() {
        let session = include_str!("../../../testdata/akash-gridlocal-1/websocket.txt");
        let frames: Vec<Frame> = session
            .lines()
            .filter_map(|l| l.strip_prefix("< "))
            .filter(|l| l.contains("\"id\":1,"))
            .map(|l| parse(l, "gridlocal-1").unwrap())
            .collect();
        assert_eq!(
            frames[..3],
            [Frame::Subscribed, Frame::NewBlock(90), Frame::NewBlock(91)]
        );
        assert!(frames.len() > 25);
    }

    #[test]
    fn a_refused_query_and_a_foreign_header_end_the_subscription() {
        let session = include_str!("../../../testdata/akash-gridlocal-1/websocket.txt");
        let refused = session
            .lines()
            .find(|l| l.contains("failed to parse query"))
            .unwrap()
            .strip_prefix("< ")
            .unwrap();
        assert!(parse(refused, "gridlocal-1").unwrap_err().contains("offset 9: EOF"));
        let header = session
            .lines()
            .find(|l| l.contains("event/NewBlockHeader"))
            .unwrap()
            .strip_prefix("< ")
            .unwrap();
        assert_eq!(parse(header, "akashnet-2").unwrap_err(), "a header of another chain");
    }
}
