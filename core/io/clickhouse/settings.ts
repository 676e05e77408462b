import type { ClickHouseSettings } from '@clickhouse/client'

/** ClickHouse settings by name. */
export type Settings = Readonly<Record<string, string | number>>

/**
 * ClickHouse 26.7 compiles an aggregation once it has run three times, and its compiled min and max take instants
 * before 1970 for the greatest: from the fourth run on the answer is wrong.
 */
export const EXACT_AGGREGATES = { compile_aggregate_expressions: 0 } as const

/** What the correctness of every statement rests on, whatever the server's or the user's profile says. */
export const EVERY_STATEMENT: ClickHouseSettings = {
  // An insert is acknowledged when its part is written, not when it is queued.
  async_insert: 0,
  // The status is sent after the work: an error cannot hide behind a 200 that was sent before.
  wait_end_of_query: 1,
  // Meanwhile the answer is kept in memory, as far as it goes: of a file on a full disk ClickHouse sends what is there.
  http_response_buffer_size: String(2 ** 30),
  // A stream that fails must break off, not end as if it were whole with the error in its last row.
  http_write_exception_in_output_format: 0,
  ...EXACT_AGGREGATES,
}

/** Reads cannot write, and ClickHouse stops them when the caller goes away: it does so for read-only ones alone. */
export const READS: Settings = {
  readonly: 2,
  // However often a statement names a table, it reads one state of it: also where an answer is filled.
  enable_shared_storage_snapshot_in_query: 1,
  cancel_http_readonly_queries_on_client_close: 1,
}

/** Streams answer as they come into being: `stream.ts` sees to what `wait_end_of_query` is for. */
export const UNBUFFERED: ClickHouseSettings = { wait_end_of_query: 0, http_response_buffer_size: '0' }

/** What a JavaScript number would round is quoted. */
export const EXACT_NUMBERS: Settings = {
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_decimals: 1,
}

const ONE_PART_ROWS = 1_000_000

/**
 * One insert makes one block and one part, up to a million rows however wide, and its deduplication token
 * holds. (ClickHouse 26 adds `deduplicate_insert_select`, on by default, which older servers would refuse.)
 */
export const ONE_PART_INSERT: ClickHouseSettings = {
  insert_deduplicate: 1,
  // DuckDB has folded the rows of an insert by their key: to do so again would cost a fifth of the insert.
  optimize_on_insert: 0,
  min_insert_block_size_rows: String(ONE_PART_ROWS),
  min_insert_block_size_bytes: '0',
  max_threads: 1,
  max_insert_threads: '1',
  max_block_size: String(ONE_PART_ROWS),
  preferred_block_size_bytes: '0',
  input_format_parquet_max_block_size: String(ONE_PART_ROWS),
}
