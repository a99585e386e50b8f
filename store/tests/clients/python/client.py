"""Proves that clickhouse-connect works against the embedded engine.

Usage: client.py URL. Prints one JSON object with what it saw; the test compares it.
"""

import json
import re
import sys
from urllib.parse import urlparse

import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError

MILLION = 1_000_000


def small(client, report):
    """Creates a table, inserts three rows and reads them back with a parameter bound by the server."""
    client.command(
        "CREATE TABLE py_small (id UInt64, name String, note Nullable(String)) ENGINE = MergeTree ORDER BY id"
    )
    data = [[0, "a", None], [1, "b;c", "it's; \n noted"], [2, "ü", None]]
    summary = client.insert("py_small", data, column_names=["id", "name", "note"])
    report["written"] = summary.written_rows
    answer = client.query(
        "SELECT id, name, note FROM py_small WHERE id >= {from:UInt64} ORDER BY id", parameters={"from": 0}
    )
    report["columns"] = list(answer.column_names)
    report["rows"] = [list(row) for row in answer.result_rows]
    report["empty"] = len(client.query("SELECT id FROM py_small WHERE id > 100").result_rows)
    report["no_rows_columns"] = list(client.query("SELECT id, name FROM py_small LIMIT 0").column_names)
    report["count"] = client.command("SELECT count() FROM py_small")
    report["setting"] = client.command("SELECT getSetting('max_threads')", settings={"max_threads": 3})


def large(client, report):
    """Streams a million rows in, in batches on one insert context, and out again."""
    client.command("CREATE TABLE py_large (id UInt64, name String) ENGINE = MergeTree ORDER BY id")
    ids = list(range(MILLION))
    client.insert("py_large", [ids, [f"row {i}" for i in ids]], column_names=["id", "name"], column_oriented=True)
    report["inserted"], report["sum"] = client.query("SELECT count(), sum(id) FROM py_large").first_row
    streamed = 0
    with client.query_row_block_stream("SELECT id, name FROM py_large ORDER BY id") as blocks:
        for block in blocks:
            for row_id, name in block:
                if row_id != streamed or name != f"row {row_id}":
                    raise AssertionError(f"row {streamed} came as {(row_id, name)}")
                streamed += 1
    report["streamed"] = streamed


def bad(client, report):
    """A missing table."""
    try:
        client.query("SELECT * FROM no_such_table")
    except ClickHouseError as error:
        report["error_code"] = int(re.search(r"Code: (\d+)|code (\d+)", str(error)).group(1))


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: client.py URL")
    url = urlparse(sys.argv[1])
    client = clickhouse_connect.get_client(host=url.hostname, port=url.port)
    report = {"version": client.server_version, "ping": client.ping()}
    for step in (small, large, bad):
        step(client, report)
    client.close()
    print(json.dumps(report))


if __name__ == "__main__":
    main()
