//! ClickHouse's HTTP interface as the gateway serves it: statuses and codes, headers, formats, and sessions that do not
//! leak. `engine_input.rs` has compressed and broken input.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{Read, Write};

use common::{count, engine, exchange, get, insert_target, post, sql, still_serves, table, url};

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
        sql(
            engine(),
            "SELECT arraySort(groupArray(name)) FROM split WHERE id IN (2, 3)"
        ),
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
