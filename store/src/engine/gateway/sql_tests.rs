#![allow(clippy::unwrap_used)]
use super::*;
use proptest::prelude::*;

fn format_of(text: &str) -> Option<String> {
    match route(text.as_bytes()) {
        Statement::Select { format, .. } | Statement::Other { format } => format,
        other => panic!("{text}: {other:?}"),
    }
}

/// Head, format and data of an insert.
fn insert_parts(text: &str) -> (&str, Option<String>, &str) {
    match route(text.as_bytes()) {
        Statement::Insert(i) => (&text[..i.head], i.format, &text[i.data..]),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn the_format_is_the_last_clause_and_nothing_else() {
    assert_eq!(format_of("SELECT 1 FORMAT JSON").as_deref(), Some("JSON"));
    assert_eq!(format_of("select 1\nformat TSV ; -- end").as_deref(), Some("TSV"));
    assert_eq!(
        format_of("SELECT 1 FORMAT TSV SETTINGS max_threads = 1, a.b = -2").as_deref(),
        Some("TSV")
    );
    assert_eq!(
        format_of("SELECT 1 SETTINGS max_threads = 1 FORMAT CSV").as_deref(),
        Some("CSV")
    );
    assert_eq!(
        format_of("SHOW TABLES FORMAT JSONEachRow").as_deref(),
        Some("JSONEachRow")
    );
    for none in [
        "SELECT 1",
        "SELECT 'x FORMAT JSON'",
        "SELECT 1 -- FORMAT JSON",
        "SELECT 1 /* FORMAT /* nested */ JSON */",
        "SELECT format('{}', x) FROM t",
        "SELECT format FROM t",
        "SELECT $$ FORMAT JSON $$",
        "SELECT * FROM (SELECT 1 FORMAT JSON)",
        "SELECT format x FROM t WHERE 1",
    ] {
        assert_eq!(format_of(none), None, "{none}");
    }
}

#[test]
fn only_selects_are_streamed() {
    for select in [
        "SELECT 1",
        " (SELECT 1) UNION ALL (SELECT 2)",
        "WITH 1 AS x SELECT x",
        "FROM t SELECT a",
        "/* c */ select 1",
    ] {
        assert!(matches!(route(select.as_bytes()), Statement::Select { .. }), "{select}");
    }
    for other in [
        "SHOW TABLES",
        "DESCRIBE t",
        "CREATE TABLE t (a UInt8) ENGINE = Memory",
        "ALTER TABLE t DELETE WHERE 1",
        "EXPLAIN SELECT 1",
    ] {
        assert!(matches!(route(other.as_bytes()), Statement::Other { .. }), "{other}");
    }
    for empty in ["", " \n", "-- only a comment", "/* a /* b */ c */", ";"] {
        assert_eq!(route(empty.as_bytes()), Statement::Empty, "{empty:?}");
    }
    assert!(matches!(
        route(b"SELECT a, count() FROM t GROUP BY a WITH TOTALS"),
        Statement::Select { whole: true, .. }
    ));
}

#[test]
fn files_of_a_client_are_refused() {
    assert_eq!(route(b"SELECT 1 INTO OUTFILE 'x'"), Statement::ClientFile);
    assert_eq!(
        route(b"INSERT INTO t FROM INFILE 'x' FORMAT CSV"),
        Statement::ClientFile
    );
}

#[test]
fn an_insert_splits_into_head_format_and_data() {
    assert_eq!(
        insert_parts("INSERT INTO `t`(`a`,`b`) FORMAT RowBinary\n;data"),
        ("INSERT INTO `t`(`a`,`b`)", Some("RowBinary".to_owned()), ";data")
    );
    assert_eq!(
        insert_parts("insert into db.t settings insert_deduplication_token = 'x FORMAT y' format TSV  \n1\n2\n"),
        (
            "insert into db.t settings insert_deduplication_token = 'x FORMAT y'",
            Some("TSV".to_owned()),
            "1\n2\n"
        )
    );
    assert_eq!(
        insert_parts("INSERT INTO t VALUES (1, ';')"),
        ("INSERT INTO t", Some("Values".to_owned()), " (1, ';')")
    );
    assert_eq!(
        insert_parts("INSERT INTO values (values) VALUES (1)").0,
        "INSERT INTO values (values)"
    );
    assert_eq!(insert_parts("INSERT INTO format FORMAT CSV\n1").0, "INSERT INTO format");
    assert_eq!(
        insert_parts("INSERT INTO TABLE FUNCTION file('x', 'CSV') VALUES (1)").2,
        " (1)"
    );
    assert_eq!(insert_parts("INSERT INTO t (a)"), ("INSERT INTO t (a)", None, ""));
}

#[test]
fn an_insert_from_a_query_carries_no_data() {
    for text in [
        "INSERT INTO t SELECT 1",
        "INSERT INTO t (a) WITH 1 AS x SELECT x",
        "INSERT INTO t (a) (SELECT 1)",
    ] {
        assert!(matches!(route(text.as_bytes()), Statement::Other { .. }), "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_lexer_panic_or_point_outside(text in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Statement::Insert(i) = route(&text) {
            prop_assert!(i.head <= i.data && i.data <= text.len());
        }
    }

    #[test]
    fn what_follows_the_format_is_never_looked_at(data in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut text = b"INSERT INTO t FORMAT Native\n".to_vec();
        let data_at = text.len();
        text.extend(&data);
        let Statement::Insert(i) = route(&text) else { panic!() };
        prop_assert_eq!((i.head, i.data), (13, data_at));
    }
}
