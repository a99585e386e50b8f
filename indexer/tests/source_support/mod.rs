//! What the tests of the source share: recordings, replay endpoints, and a small server that misbehaves.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use gridproof_indexer::source::replay::{Fault, Recording, ReplayHandle, ReplayOptions, serve};
use gridproof_indexer::source::{Pool, PoolConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub const CHAIN: &str = "gridlocal-1";

/// A height of `gridlocal-1` with transactions, in the middle of a page of headers, and the one after.
pub const BUSY: u64 = 90;

static RECORDING: LazyLock<Arc<Recording>> =
    LazyLock::new(|| Arc::new(Recording::open(&testdata("akash-gridlocal-1")).unwrap()));

pub fn testdata(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata")).join(name)
}

/// The recording of chain [`CHAIN`].
pub fn recording() -> Arc<Recording> {
    RECORDING.clone()
}

/// The lines of a compressed file of a recording.
pub fn lines(name: &str, file: &str) -> Vec<String> {
    let packed = std::fs::File::open(testdata(name).join(file)).unwrap();
    std::io::BufReader::new(zstd::Decoder::new(packed).unwrap())
        .lines()
        .map(Result::unwrap)
        .collect()
}

/// A replay of [`recording`].
pub async fn replay(options: ReplayOptions) -> ReplayHandle {
    serve(recording(), "127.0.0.1:0".parse().unwrap(), options)
        .await
        .unwrap()
}

/// A replay with these faults.
pub async fn faulty(faults: impl Into<Vec<Fault>>) -> ReplayHandle {
    replay(ReplayOptions {
        faults: faults.into(),
        ..ReplayOptions::default()
    })
    .await
}

/// Settings for loopback: short patience, and every range is cross-checked.
pub fn config(endpoints: impl IntoIterator<Item = String>) -> PoolConfig {
    let mut config = PoolConfig::new(CHAIN, endpoints.into_iter().collect());
    config.patience = Duration::from_secs(8);
    config.limits.request = Duration::from_secs(2);
    config.limits.connect = Duration::from_secs(1);
    config.cross_check = 1.0;
    config.poll = Duration::from_millis(100);
    config
}

pub fn pool(endpoints: impl IntoIterator<Item = String>) -> Pool {
    Pool::new(config(endpoints)).unwrap()
}

/// The body of a GET, as it comes over the wire.
pub async fn get(url: &str) -> (u16, String) {
    let (head, body) = get_raw(url).await;
    (head[9..12].parse().unwrap(), body)
}

/// Head and body of a GET.
pub async fn get_raw(url: &str) -> (String, String) {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    exchange(
        host,
        &format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
    )
    .await
}

/// The answer to a JSON-RPC POST.
pub async fn post(url: &str, body: &str) -> (u16, String) {
    let host = url.strip_prefix("http://").unwrap();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let (head, body) = exchange(host, &request).await;
    (head[9..12].parse().unwrap(), body)
}

async fn exchange(host: &str, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// A server that answers `/status` well and everything else as told.
pub struct Hostile {
    pub url: String,
    pub requests: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Hostile {
    /// Writes what `answer` says and closes; `None` keeps the connection open without a word.
    pub async fn new(answer: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = requests.clone();
        let answer = Arc::new(answer);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, answer.clone(), counter.clone()));
            }
        });
        Self { url, requests, task }
    }

    /// Sends JSON that never ends, a byte in each interval.
    pub async fn dripping(every: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let head = answer_head("200 OK", "Content-Type: application/json\r\n", 1_000_000);
                    stream.write_all(&head).await?;
                    stream.write_all(b"{\"x\":\"").await?;
                    loop {
                        tokio::time::sleep(every).await;
                        stream.write_all(b"y").await?;
                    }
                    #[allow(unreachable_code)]
                    Ok::<(), std::io::Error>(())
                });
            }
        });
        Self { url, requests, task }
    }

    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn talk(
    mut stream: TcpStream,
    answer: Arc<impl Fn(&str) -> Option<Vec<u8>>>,
    counter: Arc<AtomicUsize>,
) -> Option<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut piece = [0; 1024];
        let n = stream.read(&mut piece).await.ok().filter(|n| *n > 0)?;
        request.extend_from_slice(&piece[..n]);
    }
    counter.fetch_add(1, Ordering::SeqCst);
    let text = String::from_utf8(request).ok()?;
    let path = text.split(' ').nth(1)?;
    let reply = if path == "/status" {
        Some(good_status())
    } else {
        answer(path)
    };
    match reply {
        Some(bytes) => stream.write_all(&bytes).await.ok(),
        None => {
            // Longer than any time-out of the tests.
            tokio::time::sleep(Duration::from_secs(60)).await;
            None
        }
    }
}

/// An HTTP answer with a JSON body.
pub fn ok(body: &str) -> Vec<u8> {
    answer("200 OK", "Content-Type: application/json\r\n", body)
}

/// An HTTP answer.
pub fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    [&answer_head(status, headers, body.len()), body.as_bytes()].concat()
}

/// The head of an HTTP answer.
pub fn answer_head(status: &str, headers: &str, length: usize) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}
{headers}Content-Length: {length}
Connection: close

"
    )
    .into_bytes()
}

fn good_status() -> Vec<u8> {
    ok(&std::fs::read_to_string(testdata("akash-gridlocal-1/status.json")).unwrap())
}
