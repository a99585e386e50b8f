//! A websocket session: subscriptions to `NewBlockHeader`, and the other methods as calls.

use std::sync::Arc;

use axum::extract::ws::{Message, WebSocket};
use serde_json::{Value, json};

use super::http::{Endpoint, call_json, failure_body};
use super::node::RpcFailure;

/// The query that a subscription may ask for, spaces apart.
const HEADERS: &str = "tm.event='NewBlockHeader'";
/// Subscriptions of one client, as in a real node.
const MAX_SUBSCRIPTIONS: usize = 5;

/// Serves one client until it leaves, the endpoint stops, or a fault ends the session.
pub(super) async fn session(endpoint: Arc<Endpoint>, mut socket: WebSocket) {
    let mut subscriptions: Vec<(Value, String)> = Vec::new();
    let mut tips = endpoint.node.tips();
    let mut sent = endpoint.node.tip();
    let mut left = endpoint.node.faults.websocket_dies();
    loop {
        tokio::select! {
            () = endpoint.stop.cancelled() => return,
            message = socket.recv() => {
                let Some(Ok(message)) = message else { return };
                let Message::Text(text) = message else { continue };
                let reply = answer(&endpoint, &text, &mut subscriptions).await;
                if socket.send(Message::text(reply)).await.is_err() {
                    return;
                }
            }
            changed = tips.changed() => {
                if changed.is_err() {
                    return;
                }
                let tip = tips.borrow_and_update().0;
                for height in sent + 1..=tip {
                    if left == Some(0) {
                        return;
                    }
                    if send_header(&endpoint, &mut socket, &subscriptions, height).await.is_err() {
                        return;
                    }
                    left = left.map(|n| n - 1);
                }
                sent = tip;
            }
        }
    }
}

async fn send_header(
    endpoint: &Endpoint,
    socket: &mut WebSocket,
    subscriptions: &[(Value, String)],
    height: u64,
) -> Result<(), axum::Error> {
    let Ok(header) = endpoint.node.header_raw(height).await else {
        return Ok(());
    };
    for (id, query) in subscriptions {
        let query = json!(query);
        let frame = format!(
            r#"{{"jsonrpc":"2.0","id":{id},"result":{{"query":{query},"data":{{"type":"tendermint/event/NewBlockHeader","value":{{"header":{}}}}},"events":{{"tm.event":["NewBlockHeader"]}}}}}}"#,
            header.get()
        );
        socket.send(Message::text(frame)).await?;
    }
    Ok(())
}

async fn answer(endpoint: &Endpoint, text: &str, subscriptions: &mut Vec<(Value, String)>) -> String {
    let Ok(call) = serde_json::from_str::<Value>(text) else {
        let failure = RpcFailure {
            code: -32700,
            message: "Parse error. Invalid JSON",
            data: "not JSON".to_owned(),
        };
        return text_of(&failure_body(&Value::Null, &failure));
    };
    let id = call.get("id").cloned().unwrap_or(Value::Null);
    let query = call
        .pointer("/params/query")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let outcome = match call.get("method").and_then(Value::as_str).unwrap_or_default() {
        "subscribe" => subscribe(&id, query, subscriptions),
        "unsubscribe" => unsubscribe(&query, subscriptions),
        "unsubscribe_all" => {
            subscriptions.clear();
            Ok(())
        }
        _ => return text_of(&call_json(&endpoint.node, &call).await),
    };
    match outcome {
        Ok(()) => format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#),
        Err(data) => text_of(&failure_body(&id, &RpcFailure::internal(data))),
    }
}

fn subscribe(id: &Value, query: String, subscriptions: &mut Vec<(Value, String)>) -> Result<(), String> {
    if query.ends_with('=') {
        return Err(format!("failed to parse query: offset {}: EOF", query.len()));
    }
    if query.split_whitespace().collect::<String>() != HEADERS {
        return Err(format!("failed to parse query: only {HEADERS} is replayed"));
    }
    if subscriptions.iter().any(|(_, q)| *q == query) {
        return Err("already subscribed".to_owned());
    }
    if subscriptions.len() >= MAX_SUBSCRIPTIONS {
        return Err(format!("max_subscriptions_per_client {MAX_SUBSCRIPTIONS} reached"));
    }
    subscriptions.push((id.clone(), query));
    Ok(())
}

fn unsubscribe(query: &str, subscriptions: &mut Vec<(Value, String)>) -> Result<(), String> {
    let before = subscriptions.len();
    subscriptions.retain(|(_, q)| q != query);
    if subscriptions.len() == before {
        Err("subscription not found".to_owned())
    } else {
        Ok(())
    }
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
