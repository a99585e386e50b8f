//! ClickHouse's HTTP interface as the gateway serves it: statuses and codes, sessions that do not leak, compressed
//! bodies, and input that is broken on purpose. After each the engine still serves.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::LazyLock;

use common::{exchange, get, post, post_with, sql, url};
use gridproof_store::engine::testing::TestEngine;

/// One engine for all tests of this file; each uses tables of its own name.
/// A static is never dropped: the engine ends with this process, when its standard input does.
static ENGINE: LazyLock<TestEngine> = LazyLock::new(TestEngine::start);

fn engine() -> SocketAddr {
    ENGINE.address()
}

fn still_serves() {
    assert_eq!(sql(engine(), "SELECT 1"), "1");
}

fn count(table: &str) -> String {
    sql(engine(), &format!("SELECT count() FROM {table}"))
}

fn table(name: &str) {
    sql(
        engine(),
        &format!("CREATE TABLE {name} (id UInt64, name String) ENGINE = MergeTree ORDER BY id"),
    );
}

fn insert_target(table: &str, format: &str) -> String {
    format!("/?query={}", url(&format!("INSERT INTO {table} FORMAT {format}")))
}

#[test]
fn errors_have_the_code_and_status_of_clickhouse() {
    for (statement, code, status) in [
        ("SELECT * FROM missing", 60, 404),
        ("SELEC 1", 62, 400),
        ("", 62, 400),
        ("SELECT 1; SELECT 2", 62, 400),
        ("SHOW TABLES; SHOW TABLES", 62, 400),
        ("SELECT missing FROM system.one", 47, 404),
        ("SELECT missing(1)", 46, 404),
        ("SELECT 1 FORMAT Missing", 73, 404),
        ("SELECT 1 + 'a'", 43, 400),
        ("SELECT toUInt8('x')", 6, 400),
        ("DROP TABLE missing", 60, 404),
        ("USE missing", 81, 404),
        ("INSERT INTO missing VALUES (1)", 60, 404),
        ("INSERT INTO missing FORMAT Native\n", 60, 404),
        ("SELECT 1 INTO OUTFILE 'x'", 358, 500),
        (
            "SELECT sleep(3) SETTINGS max_execution_time = 0.1, timeout_overflow_mode = 'throw'",
            159,
            408,
        ),
        ("SELECT {a:UInt8}", 456, 400),
    ] {
        let answer = post(engine(), "/", statement);
        assert_eq!(
            (answer.code(), answer.status),
            (Some(code), status),
            "{statement}: {}",
            answer.text()
        );
        assert!(
            answer.text().starts_with(&format!("Code: {code}. DB::Exception: ")),
            "{}",
            answer.text()
        );
        assert!(answer.text().contains("(version 26.7.2"), "{}", answer.text());
    }
    for (target, code, status) in [
        ("/?database=missing&query=SELECT%201", 81, 404),
        ("/?no_such_setting=1&query=SELECT%201", 115, 404),
        ("/?max_threads=many&query=SELECT%201", 27, 400),
        ("/?query=%zz", 36, 400),
        ("/?query=CREATE%20TABLE%20g(a%20UInt8)%20ENGINE%3DMemory", 164, 500),
    ] {
        let answer = get(engine(), target);
        assert_eq!(
            (answer.code(), answer.status),
            (Some(code), status),
            "{target}: {}",
            answer.text()
        );
    }
}

#[test]
fn answers_carry_clickhouses_headers() {
    let answer = post(
        engine(),
        "/?query_id=my-id&default_format=JSONEachRow",
        "SELECT number AS n FROM numbers(3)",
    );
    assert_eq!(answer.text(), "{\"n\":0}\n{\"n\":1}\n{\"n\":2}\n");
    assert_eq!(answer.header("x-clickhouse-query-id"), Some("my-id"));
    assert_eq!(answer.header("x-clickhouse-format"), Some("JSONEachRow"));
    assert_eq!(answer.header("x-clickhouse-timezone"), Some("UTC"));
    assert_eq!(
        answer.header("content-type"),
        Some("application/x-ndjson; charset=UTF-8")
    );
    assert!(answer.header("x-clickhouse-server-display-name").is_some());
    let summary: serde_json::Value = serde_json::from_str(answer.header("x-clickhouse-summary").unwrap()).unwrap();
    assert_eq!(summary["result_rows"], "3");
    let named = post(
        engine(),
        "/?default_format=JSONEachRow",
        "SELECT 1 AS n FORMAT CSVWithNames",
    );
    assert_eq!(
        (named.text().as_str(), named.header("x-clickhouse-format")),
        ("\"n\"\n1\n", Some("CSVWithNames"))
    );
}

#[test]
fn probes_answer_without_sql() {
    for target in ["/ping", "/", "/replicas_status"] {
        assert_eq!(get(engine(), target).text(), "Ok.\n", "{target}");
    }
    let head = exchange(
        engine(),
        b"HEAD /ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    );
    assert_eq!(head.status, 200);
}

#[test]
fn nothing_of_one_request_reaches_the_next() {
    assert_eq!(
        post(engine(), "/?max_threads=3", "SELECT getSetting('max_threads')").text(),
        "3\n"
    );
    assert_ne!(sql(engine(), "SELECT getSetting('max_threads')"), "3");
    sql(engine(), "SET max_block_size = 7");
    assert_ne!(sql(engine(), "SELECT getSetting('max_block_size')"), "7");
    sql(engine(), "CREATE DATABASE other");
    sql(engine(), "USE other");
    assert_eq!(sql(engine(), "SELECT currentDatabase()"), "default");
    assert_eq!(
        post(engine(), "/?database=other", "SELECT currentDatabase()").text(),
        "other\n"
    );
    assert_eq!(get(engine(), "/?query=SELECT%201").text(), "1\n");
    table("after_a_read_only_request");
}

#[test]
fn settings_of_an_insert_arrive_wherever_they_stand() {
    sql(
        engine(),
        "CREATE TABLE tokens (id UInt64) ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 100",
    );
    let target = |token: &str| format!("{}&insert_deduplication_token={token}", insert_target("tokens", "TSV"));
    for (token, rows) in [("a", "1\n"), ("a", "2\n"), ("b", "3\n")] {
        assert_eq!(post(engine(), &target(token), rows).status, 200);
    }
    for _ in 0..2 {
        sql(
            engine(),
            "INSERT INTO tokens SETTINGS insert_deduplication_token = 'c' FORMAT TSV\n4\n",
        );
        sql(
            engine(),
            "INSERT INTO tokens SETTINGS insert_deduplication_token = 'd' VALUES (5)",
        );
    }
    assert_eq!(
        sql(
            engine(),
            "SELECT groupArray(id) FROM (SELECT id FROM tokens ORDER BY id)"
        ),
        "[1,3,4,5]"
    );
}

#[test]
fn an_insert_may_be_split_between_url_and_body_anywhere() {
    table("split");
    assert_eq!(post(engine(), &insert_target("split", "TSV"), "1\ta\n").status, 200);
    assert_eq!(
        post(engine(), "/", "INSERT INTO split FORMAT TSV\n2\tb;c\n").status,
        200
    );
    assert_eq!(
        post(
            engine(),
            &format!("/?query={}", url("INSERT INTO split VALUES")),
            "(3, 'it''s;')"
        )
        .status,
        200
    );
    assert_eq!(
        post(engine(), "/", "INSERT INTO split (id) VALUES (4), (5);").status,
        200
    );
    assert_eq!(post(engine(), "/", "INSERT INTO split SELECT 6, 'x'").status, 200);
    assert_eq!(
        post(engine(), "/?param_n=7", "INSERT INTO split SELECT {n:UInt64}, 'x'").status,
        200
    );
    assert_eq!(
        post(engine(), &format!("/?query={}", url("SELECT 1 +")), "2").text(),
        "3\n"
    );
    assert_eq!(
        sql(
            engine(),
            "SELECT groupArray(id) FROM (SELECT id FROM split ORDER BY id)"
        ),
        "[1,2,3,4,5,6,7]"
    );
    assert_eq!(
        sql(engine(), "SELECT groupArray(name) FROM split WHERE id IN (2, 3)"),
        r"['b;c','it\'s;']"
    );
}

#[test]
fn every_streamed_format_comes_back_row_for_row() {
    // 200,000 rows are four chunks of the engine, each with a header of its own; names and values hold what formats escape.
    let select = "SELECT number AS n, concat('a\t\"\n', toString(number)) AS `s\"t` FROM numbers(200000)";
    let expected = sql(engine(), &format!("SELECT count(), sum(cityHash64(*)) FROM ({select})"));
    sql(
        engine(),
        "CREATE TABLE returned (n UInt64, `s\"t` String) ENGINE = Memory",
    );
    for format in [
        "Native",
        "RowBinary",
        "RowBinaryWithNames",
        "RowBinaryWithNamesAndTypes",
        "TSV",
        "TabSeparatedWithNames",
        "TSVWithNamesAndTypes",
        "CSV",
        "CSVWithNames",
        "CSVWithNamesAndTypes",
        "JSONEachRow",
        "JSONCompactEachRow",
        "JSONCompactEachRowWithNames",
        "JSONCompactEachRowWithNamesAndTypes",
        "JSONStringsEachRow",
    ] {
        let streamed = post(engine(), &format!("/?default_format={format}"), select);
        assert_eq!(streamed.header("transfer-encoding"), Some("chunked"), "{format}");
        assert!(streamed.complete, "{format}");
        let answer = post(engine(), &insert_target("returned", format), &streamed.body);
        assert_eq!(answer.status, 200, "{format}: {}", answer.text());
        assert_eq!(
            sql(engine(), "SELECT count(), sum(cityHash64(*)) FROM returned"),
            expected,
            "{format}"
        );
        sql(engine(), "TRUNCATE TABLE returned");
    }
}

#[test]
fn an_empty_answer_still_has_its_header() {
    table("empty");
    let answer = post(
        engine(),
        "/?default_format=RowBinaryWithNamesAndTypes",
        "SELECT * FROM empty",
    );
    assert_eq!(answer.body, b"\x02\x02id\x04name\x06UInt64\x06String");
    assert_eq!(
        post(engine(), "/?default_format=CSVWithNames", "SELECT * FROM empty").text(),
        "\"id\",\"name\"\n"
    );
}

#[test]
fn documents_come_whole() {
    let select = "SELECT number FROM numbers(200000)";
    let json = post(engine(), "/?default_format=JSON", select);
    let value: serde_json::Value = serde_json::from_slice(&json.body).unwrap();
    assert_eq!(
        (value["rows"].as_u64(), value["data"].as_array().map(Vec::len)),
        (Some(200_000), Some(200_000))
    );
    let totals =
        "SELECT number % 2 AS k, count() AS c FROM numbers(10) GROUP BY k WITH TOTALS ORDER BY k FORMAT JSONCompact";
    let value: serde_json::Value = serde_json::from_slice(&post(engine(), "/", totals).body).unwrap();
    assert_eq!(value["totals"].to_string(), r#"[0,10]"#);
}

#[test]
fn a_failure_in_mid_stream_is_marked_and_breaks_the_transfer() {
    let answer = post(
        engine(),
        "/",
        "SELECT number, throwIf(number = 900000) FROM numbers(1000000)",
    );
    assert_eq!(answer.status, 200);
    let tag = answer.header("x-clickhouse-exception-tag").unwrap().to_owned();
    let text = answer.text();
    assert!(
        text.contains(&format!("\r\n__exception__\r\n{tag}\r\nCode: 395. DB::Exception: ")),
        "no exception block"
    );
    assert!(
        text.ends_with(&format!(" {tag}\r\n__exception__\r\n")),
        "{:?}",
        &text[text.len() - 80..]
    );
    assert!(
        !answer.complete,
        "a client that does not know the block must see a broken transfer"
    );
    let waited = post(
        engine(),
        "/?wait_end_of_query=1",
        "SELECT number, throwIf(number = 900000) FROM numbers(1000000)",
    );
    assert_eq!(
        (waited.status, waited.code()),
        (500, Some(395)),
        "nothing is sent before the end"
    );
}

/// Native frames that hold `text`, taken from the gateway itself as a compressed answer. That they are what others
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
fn a_writer_may_keep_an_insert_open_for_each_of_its_tables() {
    const TABLES: usize = 60;
    let mut open = Vec::new();
    for n in 0..TABLES {
        table(&format!("open_{n}"));
        let mut stream = common::connect(engine());
        let target = insert_target(&format!("open_{n}"), "TSV");
        write!(stream, "POST {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n1\ta\n\r\n").unwrap();
        open.push(stream);
    }
    still_serves();
    for (n, mut stream) in open.into_iter().enumerate() {
        stream.write_all(b"4\r\n2\tb\n\r\n0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert_eq!(count(&format!("open_{n}")), "2");
    }
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
fn a_large_answer_that_is_held_back_comes_whole() {
    let answer = post(
        engine(),
        "/?wait_end_of_query=1&default_format=RowBinary",
        "SELECT number FROM numbers(2000000)",
    );
    assert!(
        answer.complete && answer.body.len() == 16_000_000,
        "{} bytes",
        answer.body.len()
    );
    assert_eq!(answer.body[15_999_992..], 1_999_999_u64.to_le_bytes());
    let summary: serde_json::Value = serde_json::from_str(answer.header("x-clickhouse-summary").unwrap()).unwrap();
    assert_eq!(summary["result_rows"], "2000000", "the summary is final");
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
