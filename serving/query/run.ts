import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { type Heartbeat, readHeartbeats } from '../../core/io/store/heartbeats.ts'
import { readOrigins } from '../../core/io/store/partition-store.ts'
import { type ErrorCode, TwofoldError } from '../../core/model/errors.ts'
import type { PartitionOrigin } from '../../core/model/partition.ts'
import type { ViewQuery } from '../../core/model/query.ts'
import { COVERAGE_FACTS, mergeSql } from '../../core/sql/merge.ts'
import { freshnessOf } from '../freshness.ts'
import { type Remembered, remembered } from '../remembered.ts'
import { type Answer, metaOf, splitAnswer } from './answer.ts'
import { coverageOf } from './coverage.ts'
import { meaningOf } from './failure.ts'
import { Furthest } from './furthest.ts'
import { planQuery } from './plan.ts'
import { MAX_ROWS, type QueryRequest } from './request.ts'
import type { ServedView, ServedViews } from './served-views.ts'

export interface QueryRunnerOptions {
  readonly clickhouse: ClickHouse
  readonly views: ServedViews
  /** The longest that ClickHouse may work on one answer. */
  readonly timeoutMs: number
}

export interface AskOptions {
  /** 64-bit integers and decimals as JSON strings, for readers that would round them. */
  readonly quoteNumbers?: boolean
  /** Stops the question where the one who asks has gone. */
  readonly signal?: AbortSignal
}

/** A process older than this is taken for gone. */
export const HEARTBEAT_WITHIN_MS = 5_000
const HEARTBEATS_KEPT_MS = 250
/** What is said of a generation, or of a view version, that has been collected since the pointer was read. */
const STALE: readonly ErrorCode[] = ['GENERATION_COLLECTED', 'NOT_READY']
const ORIGINS_KEPT_MS = 1_000
/** A chain that takes another's place may be behind by a micro-batch; nobody shall hear of that. */
const CATCHES_UP_WITHIN_MS = 2_000
const LOOK_EVERY_MS = 50

/** Plans, runs and judges questions. */
export class QueryRunner {
  readonly #options: QueryRunnerOptions
  readonly #furthest = new Furthest()
  readonly #heartbeats: Remembered<Heartbeat[]>
  readonly #origins = new Map<string, Remembered<Map<number, PartitionOrigin>>>()

  constructor(options: QueryRunnerOptions) {
    this.#options = options
    this.#heartbeats = remembered(HEARTBEATS_KEPT_MS, () =>
      readHeartbeats(options.clickhouse, HEARTBEAT_WITHIN_MS),
    )
  }

  /**
   * The exact answer to a question whose shape has been checked.
   * @throws the errors of `planQuery`; VIEW_UNKNOWN, NOT_READY, RESULT_TOO_LARGE, MEASURE_OVERFLOW, QUERY_TIMEOUT,
   *   ANSWER_INCOMPLETE, ANSWER_WENT_BACK, GENERATION_COLLECTED
   */
  async ask(request: QueryRequest, options: AskOptions = {}): Promise<Answer> {
    const deadlineMs = performance.now() + CATCHES_UP_WITHIN_MS
    let isRefreshed = false
    for (;;) {
      try {
        return await this.#askOnce(request, options)
      } catch (error) {
        const code = error instanceof TwofoldError ? error.code : 'INTERNAL'
        if (code === 'ANSWER_WENT_BACK' && performance.now() < deadlineMs) await sleep(LOOK_EVERY_MS)
        else if (STALE.includes(code) && !isRefreshed) {
          await this.#options.views.pointer.refresh()
          isRefreshed = true
        } else throw error
      }
    }
  }

  async #askOnce(request: QueryRequest, options: AskOptions): Promise<Answer> {
    try {
      const served = await this.#options.views.get(request.view)
      const query = planQuery(request, served.compiled)
      return await this.#run(query, served, options)
    } catch (error) {
      throw meaningOf(error, request.view)
    }
  }

  async #run(query: ViewQuery, served: ServedView, options: AskOptions): Promise<Answer> {
    const { compiled, generation, seq } = served
    // What is said of freshness and progress must have been true before the answer's snapshot was taken.
    const freshnessMs = freshnessOf(compiled.view.stream, await this.#heartbeats.get(), Date.now())
    const assertNotBack = this.#furthest.before({
      view: query.view,
      topic: compiled.view.stream.topic,
      version: generation.version,
      chain: generation.chain,
    })
    const startedMs = performance.now()
    const { text, rowsRead, bytesRead } = await this.#send(query, served, options)
    const { coverage: facts, rows } = splitAnswer(text)
    const coverage = coverageOf(facts, {
      view: query.view,
      seq,
      generation,
      origins: await this.#originsFor(compiled.view.stream.topic, facts),
      freshnessMs,
    })
    assertNotBack(coverage)
    return {
      meta: metaOf(query, compiled),
      rows: rowsAsked(rows, query),
      statistics: { elapsedMs: Math.round(performance.now() - startedMs), rowsRead, bytesRead },
      coverage,
    }
  }

  #send(query: ViewQuery, { compiled, generation, seq }: ServedView, options: AskOptions) {
    const { sql, params } = mergeSql(compiled, generation, seq, query)
    const quoted = options.quoteNumbers === true ? 1 : 0
    return this.#options.clickhouse.lines(sql, {
      params,
      timeoutMs: this.#options.timeoutMs,
      settings: {
        output_format_json_quote_64bit_integers: quoted,
        output_format_json_quote_decimals: quoted,
        date_time_output_format: 'iso',
        // Weeks, months and years begin before 1970 and after 2149, too.
        enable_extended_results_for_datetime_functions: 1,
      },
      ...(options.signal !== undefined && { signal: options.signal }),
    })
  }

  /** Where the stream's partitions begin; read anew where the answer has one that is not known yet. */
  async #originsFor(topic: string, facts: readonly string[][]): Promise<Map<number, PartitionOrigin>> {
    let origins = this.#origins.get(topic)
    if (origins === undefined) {
      origins = remembered(ORIGINS_KEPT_MS, () => readOrigins(this.#options.clickhouse, topic))
      this.#origins.set(topic, origins)
    }
    const known = await origins.get()
    const sources = facts.map(row => Number(row[SOURCE])).filter(source => source >= 0)
    return sources.every(partition => known.has(partition)) ? known : origins.refresh()
  }
}

const SOURCE = COVERAGE_FACTS.indexOf('source')

/** The page asked for. @throws RESULT_TOO_LARGE where no limit was asked for and there are more than an answer may have */
function rowsAsked(rows: readonly string[], query: ViewQuery): readonly string[] {
  const asked = rows.slice(query.offset, query.offset + query.limit)
  if (asked.length <= MAX_ROWS) return asked
  throw new TwofoldError(
    'RESULT_TOO_LARGE',
    `The answer of view ${query.view} has more than ${MAX_ROWS} rows, and the question sets no limit.`,
    { details: { view: query.view, maxRows: MAX_ROWS } },
  )
}
