import { describe, expect, it } from 'vitest'
import { defineProject, m, stream, t, view } from '../../../core/index.ts'
import type { KafkaDriver } from '../../../core/io/kafka/driver.ts'
import { unpublished } from '../../../core/model/pointer.ts'
import type { ProjectDefinition } from '../../../core/model/project.ts'
import { compileView } from '../../../core/sql/compiled-view.ts'
import { mergeSql } from '../../../core/sql/merge.ts'
import { speedTable } from '../../../core/sql/tables.ts'
import { runSpeedLayer } from '../../../speed-layer/run.ts'
import { type Platform, withPlatform } from '../../support/platform.ts'
import { until } from '../../support/processes.ts'

const platform = withPlatform()

let topics = 0

/** Two views of one stream: one takes all, one an expression that fails on large numbers. */
function project(change: { partitions?: number; lanes?: number } = {}): ProjectDefinition {
  const events = stream({
    topic: `lane-${++topics}`,
    time: 'ts',
    schema: { ts: t.timestamp(), n: t.int64() },
    blockSize: 8,
    partitions: change.partitions ?? 2,
    lanes: change.lanes ?? 1,
  })
  const measures = { events: m.count(), total: m.sum('n') }
  return defineProject({
    streams: [events],
    views: [
      view({ name: 'all_events', from: events, grain: 'hour', measures }),
      view({
        name: 'squares',
        from: events,
        grain: 'hour',
        where: 'n >= 0',
        measures: { events: m.count(), squares: m.sum('n * n * n * n') },
      }),
    ],
  })
}

const event = (n: number | string, partition: number) => ({
  key: null,
  value: Buffer.from(`{"ts":"2026-01-01T00:00:00Z","n":${n}}`),
  partition,
})

interface Totals {
  readonly events: number
  readonly sum: string | null
  readonly coverage: readonly (readonly string[])[]
}

/** The answer of a view that has not been published, straight from its chain. */
async function totals({ context }: Platform, index: number): Promise<Totals> {
  const compiled = compileView(context.views[index]!)
  const [events, sum] = compiled.measures.map(measure => measure.name) as [string, string]
  const query = {
    view: compiled.view.name,
    measures: [events, sum],
    dimensions: [],
    buckets: undefined,
    fromSeconds: undefined,
    toSeconds: undefined,
    filters: [],
    having: [],
    fill: undefined,
    order: [],
    limit: 10,
    offset: 0,
  }
  const { sql, params } = mergeSql(compiled, unpublished(compiled.view.version), 0, query)
  const rows = await context.clickhouse.rows<Record<string, unknown>>(sql, { params })
  const answer = rows.find(row => (row['__coverage'] as string[]).length === 0)!
  return {
    events: Number(answer[events]),
    sum: answer[sum] as string | null,
    coverage: rows.filter(row => row !== answer).map(row => row['__coverage'] as string[]),
  }
}

/** Sum of a fact of the coverage rows: 4 accepted, 5 filtered, 6 quarantined (see COVERAGE_FACTS). */
const counted = ({ coverage }: Totals, fact: 4 | 5 | 6) =>
  coverage.reduce((sum, row) => sum + Number(row[fact]), 0)

describe('a lane', () => {
  it('folds each event once for each view, over restarts', async () => {
    const at = await platform.open(project())
    await at.produce(Array.from({ length: 30 }, (_, n) => event(n, n % 2)))
    await at.speed()
    await at.produce(Array.from({ length: 30 }, (_, n) => event(n, n % 2)))
    await at.speed()
    expect(await totals(at, 0)).toMatchObject({ events: 60, sum: String(2 * 435) })
  })

  it('sets aside what is no event, and for one view alone what its expressions fail on', async () => {
    const at = await platform.open(project())
    const huge = '9223372036854775807'
    await at.produce([
      event(1, 0),
      { key: null, value: Buffer.from('{oops'), partition: 0 },
      { key: null, value: null, partition: 1 },
      event(huge, 1),
      event(-5, 1),
      event(2, 0),
    ])
    await at.speed()
    const all = await totals(at, 0)
    expect(all).toMatchObject({ events: 4, sum: '9223372036854775805' })
    expect([counted(all, 4), counted(all, 5), counted(all, 6)]).toEqual([4, 0, 2])
    const squares = await totals(at, 1)
    expect(squares).toMatchObject({ events: 2, sum: '17' })
    expect([counted(squares, 4), counted(squares, 5), counted(squares, 6)]).toEqual([2, 1, 3])
    const kept = await at.context.clickhouse.rows<{
      view: string
      partition: number
      offset: string
      reason: string
      field: string
    }>(
      `SELECT view, partition, offset, reason, field FROM quarantine FINAL WHERE topic = '${at.context.project.streams[0]!.topic}' ORDER BY view, partition, offset`,
    )
    expect(kept.map(row => [row.view, row.partition, Number(row.offset), row.reason])).toEqual([
      ['', 0, 1, 'invalid_json'],
      ['', 1, 0, 'tombstone'],
      ['squares', 1, 1, 'expression_failed'],
    ])
    expect(kept[2]!.field).toBe('measures.squares')
  })

  it('is safe with two workers on it, whoever wins', async () => {
    const at = await platform.open(project())
    const stopping = new AbortController()
    const workers = [
      runSpeedLayer(at.context, {}, stopping.signal),
      runSpeedLayer(at.context, {}, stopping.signal),
    ]
    for (let round = 0; round < 10; round++)
      await at.produce(Array.from({ length: 40 }, (_, n) => event(n, n % 2)))
    await until(
      'all is folded',
      async () => (await totals(at, 0)).events >= 400 && (await totals(at, 1)).events >= 400,
    )
    stopping.abort()
    await Promise.all(workers)
    expect(await totals(at, 0)).toMatchObject({ events: 400, sum: String(10 * 780) })
    const [markers] = await at.context.clickhouse.rows<{ doubled: string }>(
      `SELECT countIf(writers > 1) AS doubled FROM (
         SELECT __seq, uniqExact(__writer) AS writers FROM ${speedTable(at.context.views[0]!)} WHERE __kind = 1 GROUP BY __seq)`,
    )
    expect(Number(markers!.doubled)).toBe(0)
  })

  it('reads on from the lowest view where views have diverged, and the others leave out what they have', async () => {
    const at = await platform.open(project())
    await at.produce(Array.from({ length: 20 }, (_, n) => event(n, 0)))
    await at.speed()
    // As after a crash between two inserts: one view has lost its last numbers.
    const behind = speedTable(at.context.views[1]!)
    await at.context.clickhouse.command(`TRUNCATE TABLE ${behind}`)
    await at.produce(Array.from({ length: 20 }, (_, n) => event(n, 0)))
    await at.speed()
    expect(await totals(at, 0)).toMatchObject({ events: 40 })
    expect(await totals(at, 1)).toMatchObject({ events: 40 })
  })

  it('takes up partitions that are added', async () => {
    const at = await platform.open(project({ partitions: 1 }))
    await at.produce([event(1, 0)])
    const stopping = new AbortController()
    const running = runSpeedLayer(at.context, {}, stopping.signal)
    await until('the first is folded', async () => (await totals(at, 0)).events === 1)
    const { topic } = at.context.project.streams[0]!
    await platform.admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
    await until(
      'the new partitions are known',
      async () => ((await at.context.driver.describeTopic(topic))?.partitions.length ?? 0) === 3,
    )
    await at.produce([event(10, 1), event(100, 2)])
    await until('all is folded', async () => (await totals(at, 0)).events === 3)
    stopping.abort()
    await running
    expect(await totals(at, 0)).toMatchObject({ events: 3, sum: '111' })
  })

  it('shares a stream by lanes', async () => {
    const at = await platform.open(project({ partitions: 4, lanes: 2 }))
    await at.produce(Array.from({ length: 40 }, (_, n) => event(n, n % 4)))
    const stopping = new AbortController()
    const first = runSpeedLayer(at.context, { lanes: [0] }, stopping.signal)
    await until('lane 0 has its half', async () => (await totals(at, 0)).events === 20)
    const second = runSpeedLayer(at.context, { lanes: [1] }, stopping.signal)
    await until('lane 1 has the other', async () => (await totals(at, 0)).events === 40)
    stopping.abort()
    await Promise.all([first, second])
    expect(await totals(at, 0)).toMatchObject({ events: 40, sum: '780' })
  })
})

describe('a lane stops, and says why,', () => {
  /** Runs the speed layer until it logs an error, and answers that error's code. */
  async function failure(at: Platform): Promise<string> {
    const stopping = new AbortController()
    const running = runSpeedLayer(at.context, {}, stopping.signal)
    await until('it fails', () => at.logged.some(line => line.level === 'error'))
    stopping.abort()
    await running
    return String(at.logged.find(line => line.level === 'error')!.fields['code'])
  }

  it('where its chain has a gap (CHAIN_BROKEN)', async () => {
    const at = await platform.open(project())
    for (let round = 0; round < 3; round++) {
      await at.produce([event(round, 0)])
      await at.speed()
    }
    const table = speedTable(at.context.views[0]!)
    await at.context.clickhouse.command(`ALTER TABLE ${table} DELETE WHERE __kind = 1 AND __seq = 2`, {
      settings: { mutations_sync: 1 },
    })
    expect(await failure(at)).toBe('CHAIN_BROKEN')
  })

  it('where its topic was deleted and created again (TOPIC_RECREATED)', async () => {
    const at = await platform.open(project())
    await at.produce([event(1, 0)])
    await at.speed()
    const stream = at.context.project.streams[0]!
    await platform.admin.deleteTopics({ topics: [stream.topic] })
    await until('it is gone', async () => (await at.context.driver.describeTopic(stream.topic)) === undefined)
    await at.context.driver.createTopic(stream.topic, stream.topicSettings)
    expect(await failure(at)).toBe('TOPIC_RECREATED')
    expect(await totals(at, 0)).toMatchObject({ events: 1 })
  })

  it('where its topic is compacted (TOPIC_COMPACTED)', async () => {
    const definition = project()
    const { topic } = definition.streams[0]!
    await platform.admin.createTopics({
      topics: [{ topic, numPartitions: 2, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] }],
    })
    expect(await failure(await platform.open(definition))).toBe('TOPIC_COMPACTED')
  })

  it('where the broker compresses its topic with what the driver cannot read (CODEC_UNREADABLE)', async () => {
    const definition = project()
    const { topic } = definition.streams[0]!
    const configEntries = [{ name: 'compression.type', value: 'zstd' }]
    await platform.admin.createTopics({ topics: [{ topic, numPartitions: 2, configEntries }] })
    const { context, ...at } = await platform.open(definition)
    const driver: KafkaDriver = { ...context.driver, name: 'node-rdkafka', codecs: ['gzip', 'snappy', 'lz4'] }
    expect(await failure({ ...at, context: { ...context, driver } })).toBe('CODEC_UNREADABLE')
    const warnings = at.logged.filter(({ level }) => level === 'warn')
    expect(warnings.map(({ fields }) => fields)).toContainEqual({ driver: 'node-rdkafka', codecs: ['zstd'] })
  })

  it('where the definition of the published version is missing (DEFINITION_MISSING)', async () => {
    const at = await platform.open(project())
    const { keptViews } = await import('../../../core/io/store/publication-store.ts')
    const pointer = {
      format: 1,
      seq: 1,
      prev: 0,
      publishedAtMs: 0,
      reason: 'full',
      rolledBackTo: undefined,
      paused: false,
      views: { gone: unpublished('0123456789ab') },
    } as const
    await expect(keptViews(at.context.clickhouse, at.context.views, pointer)).rejects.toMatchObject({
      code: 'DEFINITION_MISSING',
    })
  })

  it('where the tables are of another version of Twofold (FORMAT_UNSUPPORTED)', async () => {
    const at = await platform.open(project())
    const { prepareTables } = await import('../../../core/io/store/prepare.ts')
    await at.context.clickhouse.command(`ALTER TABLE meta UPDATE value = '99' WHERE key = 'format'`, {
      settings: { mutations_sync: 1 },
    })
    await expect(prepareTables(at.context.clickhouse, at.context.views)).rejects.toMatchObject({
      code: 'FORMAT_UNSUPPORTED',
    })
  })
})
