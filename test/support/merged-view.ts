import { tmpdir } from 'node:os'
import { afterAll, beforeAll } from 'vitest'
import { type ClickHouse, openClickHouse } from '../../core/io/clickhouse/client.ts'
import { bindView } from '../../core/io/duckdb/bind-view.ts'
import { type DuckDB, type DuckDBSession, openDuckDB } from '../../core/io/duckdb/session.ts'
import { publishPointer } from '../../core/io/store/pointer-store.ts'
import { prepareTables } from '../../core/io/store/prepare.ts'
import type { Cut } from '../../core/model/cut.ts'
import { FIRST_CHAIN, type RunReference } from '../../core/model/pointer.ts'
import type { BoundView } from '../../core/model/view.ts'
import { QueryRunner } from '../../serving/query/run.ts'
import { ServedViews } from '../../serving/query/served-views.ts'
import { allKinds, events, eventsSql } from './all-kinds.ts'
import { withClickHouse } from './clickhouse.ts'
import { writeRun, writeSpeed } from './partials.ts'

/** Offsets in each of the two partitions. */
export const PARTITION_END = 300

/** The view of all kinds in a database of its own, with everything that asking it takes. */
export class MergedView {
  readonly clickhouse: ClickHouse
  readonly session: DuckDBSession
  readonly view: BoundView
  #seq = 0
  readonly runs: RunReference[] = []

  constructor(clickhouse: ClickHouse, session: DuckDBSession, view: BoundView) {
    this.clickhouse = clickhouse
    this.session = session
    this.view = view
  }

  /** A new process that answers questions; `configured` is what its project says of the view. */
  runner(configured = this.view): QueryRunner {
    const views = new ServedViews(this.clickhouse, [configured])
    return new QueryRunner({ clickhouse: this.clickhouse, views, timeoutMs: 30_000 })
  }

  async decideOrigins(begin = 0): Promise<void> {
    for (const partition of [0, 1]) {
      await this.clickhouse.command(
        'INSERT INTO partitions SELECT {topic:String}, {id:String}, {partition:Int32}, {begin:Int64}, now64(3)',
        { params: { topic: events.topic, id: 'topic-id', partition, begin } },
      )
    }
  }

  /** The chain from the beginning to the end, in four inserts, one of which is the genesis. */
  async writeChain(): Promise<void> {
    const steps = [
      [0, 0, 0, 0],
      [0, 50, 0, 130],
      [50, 201, 130, 131],
      [201, PARTITION_END, 131, PARTITION_END],
    ]
    for (const [seq, [from0, to0, from1, to1]] of steps.entries()) {
      const ranges = [
        { partition: 0, start: from0!, end: to0! },
        { partition: 1, start: from1!, end: to1! },
      ]
      await writeSpeed(this.clickhouse, this.session, this.view, 'events', {
        chain: FIRST_CHAIN,
        seq,
        ranges,
      })
    }
  }

  /** Publishes a run from the last cut to `to`. */
  async publish(to: Cut): Promise<void> {
    await this.fold(to)
    await this.publishRuns()
  }

  /** Writes a run from the last cut to `to`, which the next publication names. */
  async fold(to: Cut): Promise<void> {
    const from = this.runs.at(-1)?.to ?? {}
    const run = { id: `run${this.runs.length}`, from, to }
    this.runs.push(await writeRun(this.clickhouse, this.session, this.view, 'events', run))
  }

  async publishRuns(): Promise<void> {
    const prev = this.#seq++
    const { version } = this.view
    const cut = this.runs.at(-1)!.to
    await publishPointer(this.clickhouse, {
      format: 1,
      seq: this.#seq,
      prev,
      publishedAtMs: Date.now(),
      reason: 'extend',
      rolledBackTo: undefined,
      paused: false,
      views: { [this.view.name]: { version, chain: FIRST_CHAIN, cut, runs: this.runs } },
    })
  }
}

/** Makes merged views over the same events for the tests of a file, each in a database of its own. */
export function withMergedViews(): () => Promise<MergedView> {
  const context = withClickHouse()
  const opened: ClickHouse[] = []
  let duckdb: DuckDB
  let session: DuckDBSession
  beforeAll(async () => {
    duckdb = await openDuckDB({ threads: 1, memoryLimitMb: 1024, tempDirectory: tmpdir() })
    session = await duckdb.session()
    await session.run(eventsSql(2 * PARTITION_END))
  })
  afterAll(async () => {
    await Promise.all(opened.map(clickhouse => clickhouse.close()))
    await duckdb?.close()
  })
  return async () => {
    const database = `merged_${opened.length}`
    const anywhere = openClickHouse(context.server)
    await anywhere.command(`CREATE DATABASE ${database}`)
    await anywhere.close()
    const clickhouse = openClickHouse({ ...context.server, database })
    opened.push(clickhouse)
    const view = await bindView(session, events, allKinds)
    await prepareTables(clickhouse, [view])
    return new MergedView(clickhouse, session, view)
  }
}
