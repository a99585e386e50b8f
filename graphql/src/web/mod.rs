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

/// Bytes of the version that go into an address.
const TAG_BYTES: usize = 8;

/// A file as it is served.
struct Asset {
    bytes: Cow<'static, [u8]>,
    kind: &'static str,
}

/// All files by their path under `/assets/`, and the version of the whole set in hexadecimal.
struct Files {
    by_path: HashMap<String, Asset>,
    tag: String,
}

/// Scripts refer to each other, so that one file's version would depend on the others': the set has one version, and
/// every address in a page or a script carries it.
static FILES: LazyLock<Files> = LazyLock::new(|| {
    let mut version = [0_u8; 32];
    let mut by_path = HashMap::new();
    for path in Assets::iter() {
        let Some(file) = Assets::get(&path) else { continue };
        version
            .iter_mut()
            .zip(file.metadata.sha256_hash())
            .for_each(|(sum, byte)| *sum = sum.rotate_left(1) ^ byte);
        by_path.insert(
            path.to_string(),
            Asset {
                bytes: file.data,
                kind: kind_of(&path),
            },
        );
    }
    let tag: String = version
        .iter()
        .take(TAG_BYTES)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let paths: Vec<String> = by_path.keys().cloned().collect();
    for (path, file) in &mut by_path {
        if !path.starts_with("vendor/") && (path.ends_with(".html") || path.ends_with(".js")) {
            file.bytes = Cow::Owned(with_version(&file.bytes, &paths, &tag));
        }
    }
    Files { by_path, tag }
});

fn with_version(bytes: &[u8], paths: &[String], tag: &str) -> Vec<u8> {
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    for path in paths {
        text = text.replace(&format!("\"/assets/{path}\""), &format!("\"/assets/{path}?v={tag}\""));
    }
    text.into_bytes()
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
    FILES.by_path.get(name).map_or_else(missing, |file| {
        let headers = [(header::CONTENT_TYPE, file.kind), (header::CACHE_CONTROL, "no-cache")];
        (headers, file.bytes.clone()).into_response()
    })
}

async fn asset(Path(path): Path<String>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    serve(&path, query.as_deref(), &headers)
}

/// A file. Under its current version it may be kept for ever; under any other address it must be asked for again.
fn serve(path: &str, query: Option<&str>, headers: &HeaderMap) -> Response {
    let Some(file) = FILES
        .by_path
        .get(path)
        .filter(|file| !file.kind.starts_with("text/html"))
    else {
        return missing();
    };
    let etag = format!("\"{}\"", FILES.tag);
    let current = query.and_then(|query| query.strip_prefix("v=")) == Some(FILES.tag.as_str());
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
