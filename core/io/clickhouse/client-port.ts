/**
 * What Twofold asks of ClickHouse, over HTTP alone, so that the embedded server and a real one run the same code.
 * Values are bound (`{name:Type}`), never put into the text.
 *
 * @throws CLICKHOUSE_UNAVAILABLE where no answer came: what an insert did is then unknown (`isUnknownOutcome`)
 * @throws CLICKHOUSE_QUERY_FAILED where ClickHouse refused or failed, with its code and message in the details
 */
export interface ClickHouse {
  /** Runs a statement that answers nothing. */
  command(sql: string, options?: StatementOptions): Promise<void>
  /** Rows of a SELECT as objects; 64-bit and wider integers and decimals come as strings. */
  rows<Row>(sql: string, options?: StatementOptions): Promise<Row[]>
  /** The raw text of a SELECT in `format`, with exact unquoted numbers, and what ClickHouse read for it. */
  text(sql: string, format: string, options?: StatementOptions): Promise<TextResult>
  /**
   * Runs an `INSERT … SELECT … FROM input(…) … FORMAT …` with `body`, so that it becomes one part, whole or not at
   * all, and is dropped where `deduplicationToken` was seen before.
   */
  insertSelect(sql: string, body: Uint8Array, options?: InsertOptions): Promise<void>
  close(): Promise<void>
}

export interface StatementOptions {
  readonly params?: Readonly<Record<string, unknown>>
  readonly settings?: Readonly<Record<string, string | number>>
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface InsertOptions extends StatementOptions {
  readonly deduplicationToken?: string
}

export interface TextResult {
  readonly text: string
  readonly rowsRead: number
  readonly bytesRead: number
  readonly elapsedMs: number
}
