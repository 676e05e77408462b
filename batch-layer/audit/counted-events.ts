import { join } from 'node:path'
import { compileDecoder } from '../../core/decode/compile.ts'
import type { DuckDBSession } from '../../core/io/duckdb/session.ts'
import type { ValueBatch } from '../../core/model/record.ts'
import type { CompiledView } from '../../core/sql/compiled-view.ts'
import { duckdbString } from '../../core/sql/text.ts'
import { eventKeys } from '../../core/sql/unnest.ts'
import { EventTable } from '../recompute/raw-events.ts'
import { type BlockSum, blockOf } from './block-sums.ts'
import { countedEventsOf, countedSql } from './plain-sql.ts'
import { RepeatedEvents } from './repeated-events.ts'

/** Events that are judged at a time; DuckDB compresses rows that come in at least 122,880 at a time. */
const CHUNK_EVENTS = 250_000

/**
 * What a verification keeps of a view's raw events: by block the sums of all and of those that count, and of those
 * that count the values that answers are made of, as the relation `counted`. The values lie in a database file, so
 * that a stream may have more events than there is memory.
 */
export class CountedEvents {
  readonly #session: DuckDBSession
  readonly #compiled: CompiledView
  readonly #below: string
  readonly #repeated: RepeatedEvents | undefined
  #events: EventTable
  #waiting = 0
  #records = 0
  #counting = 0

  private constructor(
    session: DuckDBSession,
    compiled: CompiledView,
    below: string,
    repeated: RepeatedEvents | undefined,
    events: EventTable,
  ) {
    this.#repeated = repeated
    this.#session = session
    this.#compiled = compiled
    this.#below = below
    this.#events = events
  }

  /** @param limits of each partition that is summed up, the offset below which it is */
  static async create(
    session: DuckDBSession,
    compiled: CompiledView,
    folder: string,
    limits: ReadonlyMap<number, number>,
  ): Promise<CountedEvents> {
    const below = [...limits].map(([partition, end]) => `(__partition = ${partition} AND __offset < ${end})`)
    const events = await newEvents(session, compiled)
    await session.run(`ATTACH ${duckdbString(join(folder, 'counted.duckdb'))} AS kept;
      CREATE TABLE kept.counted AS SELECT ${valuesOf(compiled)} FROM (${countedSql(compiled, events.name)});
      CREATE TEMP VIEW counted AS FROM kept.counted;
      CREATE TEMP TABLE event_sums (partition INTEGER, block BIGINT, n BIGINT, digest HUGEINT, counts BOOLEAN)`)
    return new CountedEvents(
      session,
      compiled,
      below.length === 0 ? 'false' : `(${below.join(' OR ')})`,
      await RepeatedEvents.create(session, compiled.view.stream.deduplication, events.name),
      events,
    )
  }

  /** All events that were given, whether they count or not. */
  get records(): number {
    return this.#records
  }

  /** Those that were left out because they repeat an id. */
  get skipped(): number {
    return this.#repeated?.count ?? 0
  }

  /** Those that count, once all were given: of elements, the events that they are of. */
  get counting(): number {
    return this.#counting
  }

  async append(topicId: string, batch: ValueBatch): Promise<void> {
    const { columns } = await this.#events.append(topicId, batch)
    this.#records += columns.rows
    this.#waiting += columns.rows
    if (this.#waiting >= CHUNK_EVENTS) await this.flush()
  }

  /** To be called once all were given. */
  async flush(): Promise<void> {
    const judged = 'judged_events'
    const { name } = this.#events
    const distinct = (await this.#repeated?.leaveOut(name)) ?? name
    const counting = countedEventsOf(this.#compiled, judged)
    await this.#session.run(`CREATE OR REPLACE TEMP TABLE ${judged} AS ${countedSql(this.#compiled, distinct)};
      INSERT INTO kept.counted SELECT ${valuesOf(this.#compiled)} FROM ${judged};
      INSERT INTO event_sums ${this.#sumsSql(name, false)};
      INSERT INTO event_sums ${this.#sumsSql(counting, true)}`)
    const [found] = await this.#session.rows<{ n: bigint }>(`SELECT count(*) AS n FROM ${counting}`)
    this.#counting += Number(found!.n)
    await this.#session.run(`DROP TABLE ${judged}`)
    this.#events = await newEvents(this.#session, this.#compiled)
    this.#waiting = 0
  }

  /** Grouped by their places: a name would be that of the stream's own column, where it has one like it. */
  #sumsSql(relation: string, counts: boolean): string {
    const { blockSize } = this.#compiled.view.stream
    return `SELECT __partition, __offset - __offset % ${blockSize}, count(*), sum(__hash) % 18446744073709551616, ${counts}
      FROM ${relation} WHERE ${this.#below} GROUP BY 1, 2`
  }

  /** The sums by block, once all were given. */
  async blockSums(): Promise<BlockSum[]> {
    const digest = (filter: string) =>
      `CAST(coalesce(sum(digest) FILTER (${filter}), 0) % 18446744073709551616 AS VARCHAR)`
    const count = (filter: string) => `coalesce(sum(n) FILTER (${filter}), 0)`
    const rows = await this.#session.rows<Record<string, unknown>>(
      `SELECT partition, block, ${count('NOT counts')} AS records, ${digest('NOT counts')} AS digest,
         ${count('counts')} AS accepted, ${digest('counts')} AS accepted_digest, 0 AS lost
       FROM event_sums GROUP BY partition, block`,
    )
    return rows.map(blockOf)
  }
}

/** What `countedSql` tells of an event beside its place in the log and its hash. */
function valuesOf({ view }: CompiledView): string {
  return `* EXCLUDE (${eventKeys(view)}, __hash)`
}

function newEvents(session: DuckDBSession, { view }: CompiledView): Promise<EventTable> {
  return EventTable.create(session, 'events', compileDecoder(view.stream))
}
