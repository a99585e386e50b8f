// Proves that clickhouse-go works over HTTP against the embedded engine.
//
// Usage: client URL. Prints one JSON object with what it saw; the test compares it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/url"
	"os"

	"github.com/ClickHouse/clickhouse-go/v2"
)

const million = 1_000_000

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: client URL")
	}
	report, err := run(context.Background(), os.Args[1])
	if err != nil {
		log.Fatalf("clickhouse-go: %v", err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(report); err != nil {
		log.Fatal(err)
	}
}

type report struct {
	Version   string `json:"version"`
	Rows      []row  `json:"rows"`
	Inserted  uint64 `json:"inserted"`
	Sum       uint64 `json:"sum"`
	Streamed  uint64 `json:"streamed"`
	StreamSum uint64 `json:"stream_sum"`
	ErrorCode int32  `json:"error_code"`
	Empty     int    `json:"empty"`
}

type row struct {
	ID   uint64  `json:"id"`
	Name string  `json:"name"`
	Note *string `json:"note"`
}

func run(ctx context.Context, address string) (*report, error) {
	target, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	conn, err := clickhouse.Open(&clickhouse.Options{Addr: []string{target.Host}, Protocol: clickhouse.HTTP})
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.Ping(ctx); err != nil {
		return nil, fmt.Errorf("ping: %w", err)
	}
	version, err := conn.ServerVersion()
	if err != nil {
		return nil, fmt.Errorf("version: %w", err)
	}
	out := &report{Version: version.Version.String()}
	for _, step := range []func(context.Context, clickhouse.Conn, *report) error{small, large, bad} {
		if err := step(ctx, conn, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// small creates a table, inserts three rows and reads them back with a parameter bound by the server.
func small(ctx context.Context, conn clickhouse.Conn, out *report) error {
	ddl := "CREATE TABLE go_small (id UInt64, name String, note Nullable(String)) ENGINE = MergeTree ORDER BY id"
	if err := conn.Exec(ctx, ddl); err != nil {
		return fmt.Errorf("create: %w", err)
	}
	batch, err := conn.PrepareBatch(ctx, "INSERT INTO go_small")
	if err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	note := "it's; \n noted"
	for id, name := range []string{"a", "b;c", "ü"} {
		var n *string
		if id == 1 {
			n = &note
		}
		if err := batch.Append(uint64(id), name, n); err != nil {
			return fmt.Errorf("append: %w", err)
		}
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	bound := clickhouse.Context(ctx, clickhouse.WithParameters(clickhouse.Parameters{"from": "0"}))
	rows, err := conn.Query(bound, "SELECT id, name, note FROM go_small WHERE id >= {from:UInt64} ORDER BY id")
	if err != nil {
		return fmt.Errorf("select: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.ID, &r.Name, &r.Note); err != nil {
			return fmt.Errorf("scan: %w", err)
		}
		out.Rows = append(out.Rows, r)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	none, err := conn.Query(ctx, "SELECT id FROM go_small WHERE id > 100")
	if err != nil {
		return fmt.Errorf("empty select: %w", err)
	}
	defer none.Close()
	for none.Next() {
		out.Empty++
	}
	return none.Err()
}

// large streams a million rows in, in batches, and out again.
func large(ctx context.Context, conn clickhouse.Conn, out *report) error {
	if err := conn.Exec(ctx, "CREATE TABLE go_large (id UInt64, name String) ENGINE = MergeTree ORDER BY id"); err != nil {
		return fmt.Errorf("create: %w", err)
	}
	batch, err := conn.PrepareBatch(ctx, "INSERT INTO go_large")
	if err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	for id := uint64(0); id < million; id++ {
		if err := batch.Append(id, fmt.Sprintf("row %d", id)); err != nil {
			return fmt.Errorf("append: %w", err)
		}
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	if err := conn.QueryRow(ctx, "SELECT count(), sum(id) FROM go_large").Scan(&out.Inserted, &out.Sum); err != nil {
		return fmt.Errorf("count: %w", err)
	}
	rows, err := conn.Query(ctx, "SELECT id, name FROM go_large ORDER BY id")
	if err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id uint64
		var name string
		if err := rows.Scan(&id, &name); err != nil {
			return fmt.Errorf("scan: %w", err)
		}
		if name != fmt.Sprintf("row %d", id) || id != out.Streamed {
			return fmt.Errorf("row %d came as (%d, %q)", out.Streamed, id, name)
		}
		out.Streamed++
		out.StreamSum += id
	}
	return rows.Err()
}

// bad asks for a table that is not there.
func bad(ctx context.Context, conn clickhouse.Conn, out *report) error {
	err := conn.Exec(ctx, "SELECT * FROM no_such_table")
	if err == nil {
		return errors.New("a missing table was found")
	}
	var exception *clickhouse.Exception
	if errors.As(err, &exception) {
		out.ErrorCode = exception.Code
		return nil
	}
	// Over HTTP the driver passes the engine's text on.
	if _, scan := fmt.Sscanf(afterCode(err.Error()), "%d", &out.ErrorCode); scan != nil {
		return fmt.Errorf("no exception code in %q", err)
	}
	return nil
}

func afterCode(text string) string {
	const mark = "Code: "
	for i := 0; i+len(mark) <= len(text); i++ {
		if text[i:i+len(mark)] == mark {
			return text[i+len(mark):]
		}
	}
	return ""
}
