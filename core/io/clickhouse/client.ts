import { open } from 'node:fs/promises'
import { addAbortSignal, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type ClickHouseClient, ClickHouseLogLevel, createClient, parseError } from '@clickhouse/client'
import { TruncatedAnswer, toTwofoldError } from './errors.ts'
import {
  attemptOf,
  openDeadline,
  request,
  type Statement,
  type StatementOptions,
  sendOrRepeat,
} from './request.ts'
import { EVERY_STATEMENT, EXACT_NUMBERS, ONE_PART_INSERT, UNBUFFERED } from './settings.ts'
import { checkedStream } from './stream.ts'

export type { StatementOptions } from './request.ts'

/**
 * The one way in which any layer speaks to ClickHouse.
 *
 * Values are always bound: `{name:Type}` in the statement, the value, 128 KiB at most, in `params`. Every method
 * raises CLICKHOUSE_UNAVAILABLE where no server answers, CLICKHOUSE_QUERY_FAILED with ClickHouse's own code and
 * message where it refuses, QUERY_TIMEOUT and QUERY_CANCELLED. The details of an error of `command` and
 * `insertSelect` say in `outcome` if the statement certainly wrote nothing: see `isUnknownOutcome`.
 */
export interface ClickHouse {
  /** Runs a statement without an answer, DDL for instance, to its end. */
  command(sql: string, options?: StatementOptions): Promise<void>
  /**
   * The rows of a SELECT as objects. Integers of 64 bits and more and decimals come as strings, since a
   * JavaScript number would round them; so T declares them as `string`.
   */
  rows<T>(sql: string, options?: StatementOptions): Promise<T[]>
  /**
   * The rows of a SELECT as ClickHouse wrote them and complete, each a line of JSON: numbers keep all their digits.
   * The statement itself has no FORMAT clause.
   */
  lines(sql: string, options?: StatementOptions): Promise<AnswerLines>
  /**
   * The bytes of a SELECT's answer in the given format as they come into being, for answers that are too large
   * to hold. A failure on the way ends the stream in an error. The time-out covers the whole of it.
   */
  stream(sql: string, options: FormatOptions): Promise<Readable>
  /**
   * Runs `INSERT … SELECT … FROM input('…') … FORMAT Parquet` with the body as that input. Up to a million rows
   * of one row group become one part, at once or not at all, in a table that is not partitioned.
   * `settings.insert_deduplication_token` makes a repeat within the table's window a no-op; the summary then
   * still reports its rows as written. The statement travels in the URL, of which ClickHouse
   * takes 128 KiB.
   */
  insertSelect(sql: string, body: InsertBody, options?: StatementOptions): Promise<InsertSummary>
  /** Closes the connections; what runs is broken off. */
  close(): Promise<void>
}

export interface ClickHouseConnection {
  /** Scheme, host and port. It stands in errors, so it holds no credentials. */
  readonly url: string
  readonly user: string
  readonly password: string
  readonly database?: string
  /** For statements that set no `timeoutMs` of their own; 5 minutes by default. */
  readonly requestTimeoutMs?: number
}

export interface FormatOptions extends StatementOptions {
  /** A ClickHouse output format by its name, `JSONEachRow` for instance. */
  readonly format: string
}

export type InsertBody = Uint8Array | Readable | { readonly file: string }

export interface AnswerLines {
  /** Ends in a line feed, unless there are none. */
  readonly text: string
  /** What ClickHouse read for it. */
  readonly rowsRead: number
  readonly bytesRead: number
}

export interface InsertSummary {
  /** Rows that the statement handed to the table, also those that deduplication then dropped. */
  readonly writtenRows: number
  readonly readRows: number
  readonly queryId: string
}

const REQUEST_TIMEOUT_MS = 300_000
/** Requests beyond it wait. */
const MAX_CONNECTIONS = 16
/** Below the 3 seconds after which the oldest servers close an idle connection. */
const IDLE_SOCKET_MS = 2_500
/** Never: `deadline.ts` keeps the time of each request. */
const NO_TIMEOUT_MS = 2 ** 31 - 1

/** Opens a pool of connections to one server. Nothing is sent before the first statement. */
export function openClickHouse(connection: ClickHouseConnection): ClickHouse {
  const client = openClient(connection)
  const { url, requestTimeoutMs: defaultTimeoutMs = REQUEST_TIMEOUT_MS } = connection
  const read = (sql: string, options: StatementOptions): Statement => ({
    sql,
    kind: 'read',
    url,
    options,
    defaultTimeoutMs,
  })
  const write = (sql: string, options: StatementOptions): Statement => ({
    ...read(sql, options),
    kind: 'write',
  })
  return {
    async command(sql, options = {}) {
      await request(write(sql, options), parameters => client.command(parameters))
    },
    async rows<T>(sql: string, options: StatementOptions = {}) {
      const settings = { ...EXACT_NUMBERS, ...options.settings }
      const { text } = await readLines(client, read(sql, { ...options, settings }))
      return text.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line) as T]))
    },
    lines: (sql, options = {}) => readLines(client, read(sql, options)),
    stream: (sql, { format, ...options }) => openStream(client, read(`${sql}\nFORMAT ${format}`, options)),
    insertSelect: (sql, body, options = {}) => insertBody(client, write(sql, options), body),
    close: () => client.close(),
  }
}

function openClient({ url, user, password, database }: ClickHouseConnection): ClickHouseClient {
  return createClient({
    url,
    username: user,
    password,
    ...(database !== undefined && { database }),
    application: 'twofold',
    request_timeout: NO_TIMEOUT_MS,
    max_open_connections: MAX_CONNECTIONS,
    keep_alive: { enabled: true, idle_socket_ttl: IDLE_SOCKET_MS, eagerly_destroy_stale_sockets: true },
    clickhouse_settings: EVERY_STATEMENT,
    // Failures are raised; its log would repeat them with the statement's settings.
    log: { level: ClickHouseLogLevel.OFF },
  })
}

function readLines(client: ClickHouseClient, statement: Statement): Promise<AnswerLines> {
  return request(statement, async parameters => {
    // Long lists of values do not fit the URL; the client then sends them in the body.
    const answer = await client.query({
      ...parameters,
      format: 'JSONEachRow',
      use_multipart_params_auto: true,
    })
    const text = await answer.text()
    const summary = JSON.parse(String(answer.response_headers['x-clickhouse-summary'] ?? '{}'))
    assertWhole(text, summary.result_rows)
    return {
      text,
      rowsRead: Number(summary.read_rows ?? 0),
      bytesRead: Number(summary.read_bytes ?? 0),
    }
  })
}

/**
 * ClickHouse keeps an answer until it is complete, and where there is no room on its disk sends what it has of it,
 * which may be nothing, with status 200 and no error.
 * @param rows how many it says there are; what stands before a server may drop that
 */
function assertWhole(text: string, rows: string | undefined): void {
  if (rows === undefined) return
  const found = countLines(text)
  if (found !== Number(rows)) throw new TruncatedAnswer(found, Number(rows))
}

function countLines(text: string): number {
  let lines = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++
  return lines
}

async function openStream(client: ClickHouseClient, statement: Statement): Promise<Readable> {
  const deadline = openDeadline(statement)
  const describe = (cause: unknown) => toTwofoldError(cause, attemptOf(statement, deadline))
  try {
    const { stream } = await sendOrRepeat(statement, deadline, parameters => {
      const clickhouse_settings = { ...parameters.clickhouse_settings, ...UNBUFFERED }
      return client.exec({ ...parameters, clickhouse_settings })
    })
    const answer = checkedStream(addAbortSignal(deadline.signal, stream), describe)
    return answer.once('close', () => deadline.clear())
  } catch (cause) {
    deadline.clear()
    throw describe(cause)
  }
}

/** An insert that went well answers with headers alone: whatever its body says is what went wrong behind them. */
async function insertBody(
  client: ClickHouseClient,
  statement: Statement,
  body: InsertBody,
): Promise<InsertSummary> {
  const values = await bodyStream(body)
  return request(statement, async parameters => {
    const clickhouse_settings = { ...ONE_PART_INSERT, ...parameters.clickhouse_settings }
    const answer = await client.exec({ ...parameters, clickhouse_settings, values })
    // A body that breaks off raises, too.
    const said = await text(answer.stream)
    if (said !== '') throw parseError(said)
    const { written_rows = '0', read_rows = '0' } = answer.summary ?? {}
    return { writtenRows: Number(written_rows), readRows: Number(read_rows), queryId: answer.query_id }
  })
}

/** A file is opened first, so that one that cannot be read is told before anything is sent. */
async function bodyStream(body: InsertBody): Promise<Readable> {
  if (body instanceof Readable) return body
  if (body instanceof Uint8Array) return Readable.from([body])
  return (await open(body.file)).createReadStream()
}
