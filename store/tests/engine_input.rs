//! What the gateway makes of input: every compression that clients use, bodies that are broken on purpose, clients that
//! break off, and those that may not come in. After each the engine still serves and holds nothing of the broken part.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::Write;

use common::{count, engine, exchange, get, insert_target, post, post_with, sql, still_serves, table};
use gridproof_store::engine::testing::TestEngine;

/// write and read is shown by the `clickhouse` crate, whose inserts are framed.
fn native_frames(text: &str) -> Vec<u8> {
    let answer = post(
        engine(),
        "/?compress=1&default_format=RawBLOB",
        format!("SELECT '{text}'"),
    );
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.body
}

#[test]
fn native_frames_are_read_and_written() {
    table("framed");
    let frames = [native_frames("1\\ta\\n"), native_frames("2\\tb\\n")].concat();
    let target = format!("{}&decompress=1", insert_target("framed", "TSV"));
    assert_eq!(post(engine(), &target, &frames).status, 200);
    assert_eq!(count("framed"), "2");
    let statement = native_frames("SELECT 40 + 2");
    assert_eq!(
        post(engine(), "/?decompress=1", statement).text(),
        "42\n",
        "a statement may be compressed, too"
    );
}

#[test]
fn broken_frames_insert_nothing_and_name_the_fault() {
    table("broken_frames");
    let target = format!("{}&decompress=1", insert_target("broken_frames", "TSV"));
    let good = native_frames("1\\ta\\n");
    let changed = |at: usize, to: u8| {
        let mut frame = good.clone();
        frame[at] = to;
        frame
    };
    for (what, body, code) in [
        ("flipped data", changed(good.len() - 1, 0xff), 40),
        ("flipped checksum", changed(0, good[0] ^ 1), 40),
        ("cut", good[..good.len() - 2].to_vec(), 33),
        ("one byte", vec![1], 33),
        ("absurd size", changed(20, 0xff), 131),
        ("garbage", vec![0x55; 1000], 131),
    ] {
        let answer = post(engine(), &target, &body);
        assert_eq!(
            (answer.code(), answer.status),
            (Some(code), 400),
            "{what}: {}",
            answer.text()
        );
    }
    assert_eq!(count("broken_frames"), "0");
    still_serves();
}

#[tokio::test]
async fn every_content_encoding_is_read_member_by_member() {
    use async_compression::tokio::write::{BrotliEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
    use tokio::io::AsyncWriteExt;
    table("encoded");
    /// Compresses each part as a member of its own.
    macro_rules! members {
        ($encoder:ident, $parts:expr) => {{
            let mut out = Vec::new();
            for part in $parts {
                let mut encoder = $encoder::new(Vec::new());
                encoder.write_all(part).await.unwrap();
                encoder.shutdown().await.unwrap();
                out.extend(encoder.into_inner());
            }
            out
        }};
    }
    let parts: [&[u8]; 2] = [b"1\ta\n", b"2\tb\n"];
    let mut lz4 = Vec::new();
    for part in parts {
        let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
        encoder.write_all(part).unwrap();
        lz4.extend(encoder.finish().unwrap());
    }
    for (name, body) in [
        ("gzip", members!(GzipEncoder, parts)),
        ("deflate", members!(ZlibEncoder, parts)),
        ("br", members!(BrotliEncoder, parts)),
        ("zstd", members!(ZstdEncoder, parts)),
        ("lz4", lz4),
    ] {
        let header = format!("Content-Encoding: {name}\r\n");
        let answer = post_with(engine(), &insert_target("encoded", "TSV"), &header, &body);
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        assert_eq!(count("encoded"), "2", "{name}");
        let cut = post_with(
            engine(),
            &insert_target("encoded", "TSV"),
            &header,
            &body[..body.len() - 3],
        );
        assert!(cut.code().is_some(), "{name}: a body cut short was accepted");
        let garbage = post_with(engine(), &insert_target("encoded", "TSV"), &header, &[0x55; 100]);
        assert!(garbage.code().is_some(), "{name}: garbage was accepted");
        assert_eq!(count("encoded"), "2", "{name}");
        sql(engine(), "TRUNCATE TABLE encoded");
    }
    let unknown = post_with(engine(), "/", "Content-Encoding: snappy\r\n", b"x");
    assert_eq!((unknown.status, unknown.code()), (415, Some(779)));
}

#[test]
fn broken_rows_insert_nothing() {
    table("broken_rows");
    let rows = b"\x02\x02id\x04name\x06UInt64\x06String\x01\0\0\0\0\0\0\0\x01a\x02\0\0\0";
    for (format, body) in [
        ("RowBinaryWithNamesAndTypes", &rows[..]),
        ("RowBinaryWithNamesAndTypes", &[0xff; 500][..]),
        ("RowBinary", &[0xff; 500][..]),
        ("Native", &[0x55; 500][..]),
        ("TSV", b"not a number\tx\n"),
        ("JSONEachRow", b"{\"id\": 1, \"name\": \"a\"}\n{\"id\": "),
        ("Values", b"(1, 'a'), (2, "),
    ] {
        let answer = post(engine(), &insert_target("broken_rows", format), body);
        assert!(
            answer.code().is_some() && answer.status >= 400,
            "{format}: {} {}",
            answer.status,
            answer.text()
        );
        assert!(answer.text().starts_with("Code: "), "{format}: {}", answer.text());
    }
    assert_eq!(count("broken_rows"), "0");
    still_serves();
}

#[test]
fn an_insert_that_breaks_off_leaves_nothing() {
    table("aborted");
    let rows: String = (0..50_000).map(|id| format!("{id}\trow\n")).collect();
    for sent in [0, 1, 10, rows.len() / 2, rows.len()] {
        let mut stream = common::connect(engine());
        let target = insert_target("aborted", "TSV");
        write!(
            stream,
            "POST {target} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        .unwrap();
        if sent > 0 {
            write!(stream, "{sent:x}\r\n{}\r\n", &rows[..sent]).unwrap();
        }
        // Dropped without the final chunk, whole rows sent or not.
    }
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert_eq!(count("aborted"), "0");
    still_serves();
}

#[test]
fn what_is_not_http_or_too_large_is_refused_with_a_reason() {
    let long = format!(
        "GET /?query={} HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "x".repeat(100_000)
    );
    let answer = exchange(engine(), long.as_bytes());
    assert_eq!((answer.status, answer.code()), (414, Some(36)));
    assert!(
        answer.text().contains("DB::Exception") && answer.text().contains("65534"),
        "{}",
        answer.text()
    );
    let headers = format!(
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n",
        "x".repeat(1 << 20)
    );
    let answer = exchange(engine(), headers.as_bytes());
    assert_eq!((answer.status, answer.code()), (431, Some(36)));
    let answer = exchange(engine(), b"this is not HTTP\r\n\r\n");
    assert_eq!((answer.status, answer.code()), (400, Some(36)));
    let huge = post(engine(), "/", format!("SELECT '{}'", "x".repeat(17 << 20)));
    assert_eq!((huge.status, huge.code()), (413, Some(229)));
    let method = exchange(
        engine(),
        b"DELETE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    );
    assert_eq!((method.status, method.code()), (501, Some(48)));
    still_serves();
}

#[test]
fn a_select_stops_when_its_client_goes_away() {
    let endless = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1";
    let running = "SELECT count() FROM system.processes WHERE query LIKE '%numbers(1000000000000)%' AND query NOT LIKE '%processes%'";
    for format in ["TSV", "JSON"] {
        let mut stream = common::connect(engine());
        let body = format!("{endless} FORMAT {format}");
        write!(
            stream,
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        assert!(
            common::within_seconds(20, || sql(engine(), running) == "1"),
            "{format}: it does not run"
        );
        drop(stream);
        assert!(
            common::within_seconds(20, || sql(engine(), running) == "0"),
            "{format}: it runs on"
        );
    }
}

#[test]
fn a_broken_form_is_refused() {
    let form = "Content-Type: multipart/form-data; boundary=B\r\n";
    for (what, body, code) in [
        (
            "no end",
            "--B\r\nContent-Disposition: form-data; name=\"query\"\r\n\r\nSELECT 1",
            117,
        ),
        ("nothing", "", 117),
        (
            "a file",
            "--B\r\nContent-Disposition: form-data; name=\"t\"; filename=\"t\"\r\n\r\n1\r\n--B--\r\n",
            48,
        ),
    ] {
        let answer = post_with(engine(), "/", form, body.as_bytes());
        assert_eq!(answer.code(), Some(code), "{what}: {}", answer.text());
    }
    still_serves();
}

#[test]
fn a_web_page_cannot_reach_an_engine_without_a_password() {
    for (host, origin) in [("localhost", "Origin: https://evil.example\r\n"), ("evil.example", "")] {
        let request = format!(
            "POST / HTTP/1.1\r\nHost: {host}\r\n{origin}Connection: close\r\nContent-Length: 8\r\n\r\nSELECT 1"
        );
        let answer = exchange(engine(), request.as_bytes());
        assert_eq!((answer.status, answer.code()), (403, Some(497)), "{request}");
    }
}

#[test]
fn a_password_is_asked_for_when_one_is_set() {
    let engine = TestEngine::start_with_password("writer", "se:cret");
    let with = |header: &str| post_with(engine.address(), "/", header, b"SELECT 1");
    for header in [
        "X-ClickHouse-User: writer\r\nX-ClickHouse-Key: se:cret\r\n",
        "Authorization: Basic d3JpdGVyOnNlOmNyZXQ=\r\n",
    ] {
        assert_eq!(with(header).text(), "1\n", "{header}");
    }
    assert_eq!(
        post(engine.address(), "/?user=writer&password=se%3Acret", "SELECT 1").text(),
        "1\n"
    );
    for (header, code, status) in [
        ("", 194, 401),
        ("X-ClickHouse-User: writer\r\nX-ClickHouse-Key: wrong\r\n", 516, 403),
        ("X-ClickHouse-User: other\r\nX-ClickHouse-Key: se:cret\r\n", 516, 403),
        ("Authorization: Bearer abc\r\n", 516, 403),
    ] {
        let answer = with(header);
        assert_eq!((answer.code(), answer.status), (Some(code), status), "{header}");
    }
    assert_eq!(
        get(engine.address(), "/ping").text(),
        "Ok.\n",
        "a ping needs no password"
    );
}
