//! A small world with numbers that can be checked by hand: the real engine, the real tables, and the API on a real port.
#![allow(dead_code, clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub)]

pub mod names;

use gridproof_graphql::{ApiState, Limits, NetworkDescriptor, router};
use gridproof_store::client::{ClickHouse, ClickHouseConfig};
use gridproof_store::engine::testing::TestEngine;
use serde_json::{Value, json};

/// The network whose state is known from the first block on: 240 blocks, one every 30 s, from 2026-03-01 23:00:30 UTC
/// (height 1) to 2026-03-02 01:00:00 UTC (height 240).
pub const WHOLE: &str = "rec-whole-1";
/// The network of which only the facts of heights 101 to 200 are committed.
pub const FACTS: &str = "facts-only";
/// The network of which nothing is committed.
pub const EMPTY: &str = "nothing-yet";

/// The network of kind render: slots 100 to 450.
pub const RENDER: &str = "rec-render-1";

pub const NOTICE: &str = "No public endpoint answered, so <b>this</b> is shown.";

const DATABASE: &str = "gridproof";

pub struct World {
    pub engine: TestEngine,
    pub base: String,
    client: clickhouse::Client,
    http: reqwest::Client,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn descriptor(name: &str, is_recording: bool) -> NetworkDescriptor {
    NetworkDescriptor {
        name: name.into(),
        kind: "akash".into(),
        chain_id: format!("{name}-chain"),
        is_recording,
        notice: is_recording.then(|| NOTICE.to_owned()),
        first_height: 1,
    }
}

fn render_descriptor() -> NetworkDescriptor {
    NetworkDescriptor {
        kind: "render".into(),
        chain_id: "render-1".into(),
        first_height: 100,
        ..descriptor(RENDER, true)
    }
}

impl World {
    pub async fn start() -> Self {
        Self::start_with(Limits::default()).await
    }

    pub async fn start_with(limits: Limits) -> Self {
        // reqwest is built without a default; a second world in the same process finds it installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let engine = tokio::task::spawn_blocking(TestEngine::start).await.unwrap();
        let client = clickhouse::Client::default()
            .with_url(engine.url())
            .with_database(DATABASE);
        migrate(&engine).await;
        let render = names::filled(include_str!("render.sql"));
        for sql in statements(include_str!("world.sql")).iter().chain(&statements(&render)) {
            client
                .query_raw(sql)
                .execute()
                .await
                .unwrap_or_else(|error| panic!("{error}\n{sql}"));
        }
        let mut state = ApiState::new(
            client.clone(),
            vec![
                descriptor(WHOLE, true),
                descriptor(FACTS, false),
                descriptor(EMPTY, false),
                render_descriptor(),
            ],
        );
        state.limits = limits;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, router(state)).await.unwrap() });
        Self {
            engine,
            base,
            client,
            http: reqwest::Client::new(),
            server,
        }
    }

    pub async fn sql(&self, sql: &str) {
        self.client.query_raw(sql).execute().await.unwrap();
    }

    pub fn client(&self) -> &clickhouse::Client {
        &self.client
    }

    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    pub fn graphql(&self) -> String {
        format!("{}/graphql", self.base)
    }

    /// The whole answer to a query.
    pub async fn answer(&self, query: &str, variables: Value) -> Value {
        let body = json!({"query": query, "variables": variables}).to_string();
        let post = self
            .http
            .post(self.graphql())
            .header("content-type", "application/json")
            .body(body);
        serde_json::from_str(&post.send().await.unwrap().text().await.unwrap()).unwrap()
    }

    /// The data of a query that must succeed.
    pub async fn data(&self, query: &str) -> Value {
        let mut answer = self.answer(query, Value::Null).await;
        assert!(answer.get("errors").is_none(), "{query}\n{answer:#}");
        answer["data"].take()
    }

    /// The code of the first error of a query that must fail.
    pub async fn code(&self, query: &str) -> String {
        let answer = self.answer(query, Value::Null).await;
        answer["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_else(|| panic!("{query}\n{answer:#}"))
            .to_owned()
    }
}

/// The project's own migrations by the project's own runner.
async fn migrate(engine: &TestEngine) {
    let config = ClickHouseConfig {
        url: engine.url(),
        user: String::new(),
        password: String::new(),
        database: DATABASE.to_owned(),
    };
    gridproof_store::migrate::clickhouse::up(&ClickHouse::new(config))
        .await
        .unwrap();
}

fn statements(text: &str) -> Vec<String> {
    text.split("-- @stmt")
        .map(|s| s.trim().to_owned())
        .filter(|s| !s.is_empty())
        .collect()
}
