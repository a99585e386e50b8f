// Proves that @clickhouse/client works against the embedded engine.
//
// Usage: node client.mjs URL. Prints one JSON object with what it saw; the test compares it.
import { Readable } from 'node:stream'
import { ClickHouseLogLevel, createClient, ClickHouseError } from '@clickhouse/client'

const MILLION = 1_000_000

const url = process.argv[2]
if (!url) {
  console.error('usage: node client.mjs URL')
  process.exit(64)
}

const client = createClient({ url, log: { level: ClickHouseLogLevel.OFF } })
const report = {}

async function rows(query, query_params) {
  const answer = await client.query({ query, query_params, format: 'JSONEachRow' })
  return answer.json()
}

async function ping() {
  report.ping = (await client.ping()).success
  report.ping_select = (await client.ping({ select: true })).success
}

/** Creates a table, inserts three rows and reads them back with a parameter bound by the server. */
async function small() {
  await client.command({
    query: 'CREATE TABLE node_small (id UInt64, name String, note Nullable(String)) ENGINE = MergeTree ORDER BY id',
  })
  const values = [
    { id: '0', name: 'a', note: null },
    { id: '1', name: 'b;c', note: "it's; \n noted" },
    { id: '2', name: 'ü', note: null },
  ]
  const inserted = await client.insert({ table: 'node_small', values, format: 'JSONEachRow' })
  report.written = Number(inserted.summary?.written_rows)
  report.query_id_echoed = inserted.query_id.length > 0
  report.rows = await rows('SELECT * FROM node_small WHERE id >= {from:UInt64} ORDER BY id', { from: 0 })
  report.empty = (await rows('SELECT * FROM node_small WHERE id > 100')).length
  const whole = await (await client.query({ query: 'SELECT count() AS n FROM node_small' })).json()
  report.json = { rows: whole.rows, n: whole.data[0].n }
}

async function* generated() {
  for (let id = 0; id < MILLION; id++) yield { id, name: `row ${id}` }
}

/** Streams a million rows in and out. */
async function large() {
  await client.command({ query: 'CREATE TABLE node_large (id UInt64, name String) ENGINE = MergeTree ORDER BY id' })
  await client.insert({
    table: 'node_large',
    values: Readable.from(generated(), { objectMode: true }),
    format: 'JSONEachRow',
  })
  const [total] = await rows('SELECT count() AS n, sum(id) AS s FROM node_large')
  report.inserted = Number(total.n)
  report.sum = Number(total.s)
  report.streamed = 0
  const answer = await client.query({
    query: 'SELECT id, name FROM node_large ORDER BY id',
    format: 'JSONCompactEachRowWithNames',
  })
  let header = true
  for await (const chunk of answer.stream()) {
    for (const line of chunk) {
      const [id, name] = line.json()
      if (header) {
        header = false
        if (id !== 'id' || name !== 'name') throw new Error(`header: ${line.text}`)
      } else {
        if (Number(id) !== report.streamed || name !== `row ${id}`) throw new Error(`row ${report.streamed} came as ${line.text}`)
        report.streamed++
      }
    }
  }
}

/** A missing table before the answer, and a failure in the middle of one. */
async function bad() {
  try {
    await rows('SELECT * FROM no_such_table')
  } catch (error) {
    if (!(error instanceof ClickHouseError)) throw error
    report.error = { code: Number(error.code), type: error.type }
  }
  try {
    const answer = await client.query({
      query: 'SELECT number, throwIf(number = 900000) FROM numbers(1000000)',
      format: 'JSONEachRow',
    })
    for await (const chunk of answer.stream()) report.before_failure = (report.before_failure ?? 0) + chunk.length
    report.mid_stream = 'ended as if it were whole'
  } catch (error) {
    report.mid_stream = Number(error.code)
  }
}

try {
  for (const step of [ping, small, large, bad]) await step()
  console.log(JSON.stringify(report))
} finally {
  await client.close()
}
