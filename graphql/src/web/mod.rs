//! The built-in page and the query console: files compiled into the binary, served without any other host.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use axum::Router;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/assets"]
struct Assets;

/// Bytes of a file's hash that go into its address.
const TAG_BYTES: usize = 8;

/// A file as it is served.
struct Asset {
    bytes: Cow<'static, [u8]>,
    kind: &'static str,
    /// The first bytes of its SHA-256 in hexadecimal: its version.
    tag: String,
}

/// All files by their path under `/assets/`. Addresses in the HTML pages carry the version of what they point to.
static FILES: LazyLock<HashMap<String, Asset>> = LazyLock::new(|| {
    let mut files: HashMap<String, Asset> = Assets::iter().filter_map(|path| load(&path)).collect();
    let tags: Vec<(String, String)> = files
        .iter()
        .map(|(path, file)| (path.clone(), file.tag.clone()))
        .collect();
    for page in files.values_mut().filter(|file| file.kind.starts_with("text/html")) {
        let mut html = String::from_utf8_lossy(&page.bytes).into_owned();
        for (path, tag) in &tags {
            let address = format!("\"/assets/{path}\"");
            html = html.replace(&address, &format!("\"/assets/{path}?v={tag}\""));
        }
        page.bytes = Cow::Owned(html.into_bytes());
    }
    files
});

fn load(path: &str) -> Option<(String, Asset)> {
    let file = Assets::get(path)?;
    let hash = file.metadata.sha256_hash();
    let tag = hash.iter().take(TAG_BYTES).map(|byte| format!("{byte:02x}")).collect();
    Some((
        path.to_owned(),
        Asset {
            bytes: file.data,
            kind: kind_of(path),
            tag,
        },
    ))
}

fn kind_of(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}

/// The page at `/`, the query console at `/graphiql`, and the files under `/assets/`.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/", get(|| async { page("index.html") }))
        .route("/graphiql", get(|| async { page("console.html") }))
        .route(
            "/favicon.ico",
            get(|| async { serve("icon.svg", None, &HeaderMap::new()) }),
        )
        .route("/assets/{*path}", get(asset))
}

fn page(name: &str) -> Response {
    FILES.get(name).map_or_else(missing, |file| {
        let headers = [(header::CONTENT_TYPE, file.kind), (header::CACHE_CONTROL, "no-cache")];
        (headers, file.bytes.clone()).into_response()
    })
}

async fn asset(Path(path): Path<String>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    serve(&path, query.as_deref(), &headers)
}

/// A file. Under its current version it may be kept for ever; under any other address it must be asked for again.
fn serve(path: &str, query: Option<&str>, headers: &HeaderMap) -> Response {
    let Some(file) = FILES.get(path).filter(|file| !file.kind.starts_with("text/html")) else {
        return missing();
    };
    let etag = format!("\"{}\"", file.tag);
    let current = query.and_then(|query| query.strip_prefix("v=")) == Some(file.tag.as_str());
    let cache = if current {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let common = [(header::CACHE_CONTROL, cache.to_owned()), (header::ETAG, etag.clone())];
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag)) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (common, [(header::CONTENT_TYPE, file.kind)], file.bytes.clone()).into_response()
}

fn missing() -> Response {
    (StatusCode::NOT_FOUND, "no such file\n").into_response()
}
