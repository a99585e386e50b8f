//! The one way to ClickHouse: a server, a cluster or the embedded engine, all over HTTP.

mod error;
mod insert;
mod retry;

pub use error::{ClientError, ErrorClass};
pub use insert::Acknowledged;
pub use retry::RetryPolicy;

use clickhouse::Compression;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::future::Future;
use std::time::Duration;

/// Where ClickHouse is and how to enter.
#[derive(Clone, PartialEq, Eq)]
pub struct ClickHouseConfig {
    /// HTTP address, such as `http://127.0.0.1:8123`.
    pub url: String,
    /// User name; empty: none is sent.
    pub user: String,
    /// Password; empty: none is sent.
    pub password: String,
    /// Database that holds all tables.
    pub database: String,
}

impl std::fmt::Debug for ClickHouseConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClickHouseConfig")
            .field("url", &self.url)
            .field("user", &self.user)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

/// TCP keep-alive of idle connections.
const KEEPALIVE: Duration = Duration::from_secs(60);
/// Below the three seconds after which a ClickHouse server closes an idle connection.
const POOL_IDLE: Duration = Duration::from_secs(2);

/// A connection to ClickHouse that retries what can pass. Clones share the connection pool.
#[derive(Clone)]
pub struct ClickHouse {
    client: clickhouse::Client,
    config: ClickHouseConfig,
    retry: RetryPolicy,
}

impl std::fmt::Debug for ClickHouse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClickHouse")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl ClickHouse {
    /// A client for `config`. Nothing is sent yet.
    pub fn new(config: ClickHouseConfig) -> Self {
        let mut client = driver()
            .with_url(&config.url)
            .with_database(&config.database)
            .with_compression(Compression::None)
            .with_product_info("gridproof", env!("CARGO_PKG_VERSION"));
        if !config.user.is_empty() {
            client = client.with_user(&config.user);
        }
        if !config.password.is_empty() {
            client = client.with_password(&config.password);
        }
        Self {
            client,
            config,
            retry: RetryPolicy::default(),
        }
    }

    /// The same with another retry policy.
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Where this client connects to.
    pub fn config(&self) -> &ClickHouseConfig {
        &self.config
    }

    /// The driver, for queries that need no retry.
    pub fn raw(&self) -> &clickhouse::Client {
        &self.client
    }

    /// Whether ClickHouse answers and lets this user in. One attempt, no retry.
    pub async fn ping(&self) -> Result<(), ClientError> {
        let one: u8 = self.without_database().query("SELECT toUInt8(1)").fetch_one().await?;
        debug_assert_eq!(one, 1);
        Ok(())
    }

    /// Version of the server, such as `26.7.2.1`.
    pub async fn version(&self) -> Result<String, ClientError> {
        self.retrying(|| self.without_database().query("SELECT version()").fetch_one::<String>())
            .await
    }

    /// Creates the configured database if it is not there.
    pub async fn create_database(&self) -> Result<(), ClientError> {
        let sql = format!(
            "CREATE DATABASE IF NOT EXISTS {}",
            quote_identifier(&self.config.database)
        );
        self.retrying(|| self.without_database().query_raw(&sql).execute())
            .await
    }

    /// Runs a statement that returns no rows and may safely run twice.
    pub async fn execute(&self, sql: &str) -> Result<(), ClientError> {
        self.retrying(|| {
            self.client
                .query_raw(sql)
                .with_setting("wait_end_of_query", "1")
                .execute()
        })
        .await
    }

    /// All rows of a query without parameters.
    pub async fn fetch_all<T>(&self, sql: &str) -> Result<Vec<T>, ClientError>
    where
        T: clickhouse::RowOwned + clickhouse::RowRead + Send + Sync,
    {
        self.retrying(|| self.client.query_raw(sql).fetch_all::<T>()).await
    }

    /// Calls `attempt` until it succeeds, fails for good or the policy gives up.
    pub async fn retrying<T, F>(&self, attempt: impl Fn() -> F + Send + Sync) -> Result<T, ClientError>
    where
        F: Future<Output = Result<T, clickhouse::error::Error>> + Send,
    {
        self.retry.run(&self.config.url, attempt).await
    }

    fn without_database(&self) -> clickhouse::Client {
        self.client.clone().with_database("default")
    }
}

/// The driver on connections without Nagle's algorithm, which would hold back the end of each small insert
/// until the server's delayed acknowledgement, 40 ms later.
fn driver() -> clickhouse::Client {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_keepalive(Some(KEEPALIVE));
    let mut builder = hyper_util::client::legacy::Client::builder(TokioExecutor::new());
    builder.pool_timer(TokioTimer::new()).pool_idle_timeout(POOL_IDLE);
    clickhouse::Client::with_http_client(builder.build(connector))
}

/// A name in backticks, safe for any content.
pub fn quote_identifier(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}

/// A string literal, safe for any content.
pub fn quote_string(value: &str) -> String {
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
}
