import { describe, expect, test } from 'vitest'
import { prepareTables } from '../../../core/io/store/prepare.ts'
import { batchTable, speedTable } from '../../../core/sql/tables.ts'
import { allKinds, events } from '../../support/all-kinds.ts'
import { type MergedView, PARTITION_END, withMergedViews } from '../../support/merged-view.ts'
import { writeSpeed } from '../../support/partials.ts'

const mergedView = withMergedViews()
const question = { view: allKinds.name, measures: ['events'] }

async function publishedView(): Promise<MergedView> {
  const merged = await mergedView()
  await merged.decideOrigins()
  await merged.writeChain()
  await merged.publish({ 0: 64, 1: 128 })
  return merged
}

/** Puts a marker into the chain that no worker would write. */
async function forgeMarker(merged: MergedView, partition: number, start: number, end: number) {
  await merged.clickhouse.command(
    `INSERT INTO ${speedTable(merged.view)} (__kind, __chain, __lane, __seq, __partition, __block, __start, __end)
     VALUES (1, 'c0', 0, 99, ${partition}, ${Math.floor(start / 64) * 64}, ${start}, ${end})`,
  )
}

const deleteFrom = (merged: MergedView, table: string, where: string) =>
  merged.clickhouse.command(`DELETE FROM ${table} WHERE ${where}`)

describe('an answer that cannot be exact is an error', () => {
  test('where rows of a run are missing', async () => {
    const merged = await publishedView()
    await deleteFrom(merged, batchTable(merged.view), '__kind = 2 AND __chunk = 1')
    await expect(merged.runner().ask(question)).rejects.toMatchObject({
      code: 'ANSWER_INCOMPLETE',
      message: expect.stringMatching(/runs of generation 1 should hold \d+ .* ClickHouse has \d+/),
    })
  })

  test('where the chain has a gap', async () => {
    const merged = await publishedView()
    await deleteFrom(merged, speedTable(merged.view), '__kind = 1 AND __partition = 0 AND __start = 128')
    await expect(merged.runner().ask(question)).rejects.toMatchObject({
      code: 'ANSWER_INCOMPLETE',
      details: {
        partition: 0,
        expected: { start: 64 },
        found: { start: 64, end: PARTITION_END, tiled: false },
      },
    })
  })

  test('where the chain has a gap and an overlap of the same length', async () => {
    const merged = await publishedView()
    await deleteFrom(merged, speedTable(merged.view), '__kind = 1 AND __partition = 0 AND __start = 128')
    await forgeMarker(merged, 0, 192, 256)
    await expect(merged.runner().ask(question)).rejects.toMatchObject({ code: 'ANSWER_INCOMPLETE' })
  })

  test('where the chain has an overlap', async () => {
    const merged = await publishedView()
    await forgeMarker(merged, 1, 256, 260)
    await expect(merged.runner().ask(question)).rejects.toMatchObject({ code: 'ANSWER_INCOMPLETE' })
  })

  test('where the chain begins above the cut', async () => {
    const merged = await publishedView()
    await deleteFrom(merged, speedTable(merged.view), '__kind = 1 AND __partition = 1 AND __start < 192')
    await expect(merged.runner().ask(question)).rejects.toMatchObject({
      code: 'ANSWER_INCOMPLETE',
      message: expect.stringContaining(
        'from offset 128 to 300 without gap or overlap, but they begin at 192',
      ),
    })
  })

  test('where an insert was carried out twice, also once its equal markers have merged into one', async () => {
    const merged = await publishedView()
    const table = speedTable(merged.view)
    await merged.clickhouse.command(`INSERT INTO ${table} SELECT * FROM ${table} WHERE __block >= 256`)
    const refused = { code: 'ANSWER_INCOMPLETE', message: expect.stringContaining('a gap or an overlap') }
    await expect(merged.runner().ask(question)).rejects.toMatchObject(refused)
    await merged.clickhouse.command(`OPTIMIZE TABLE ${table} FINAL`)
    await expect(merged.runner().ask(question)).rejects.toMatchObject(refused)
  })

  test('but not where tables of an earlier version, without that column, have been brought up to date', async () => {
    const merged = await publishedView()
    const table = speedTable(merged.view)
    await merged.clickhouse.command(`ALTER TABLE ${table} DROP COLUMN __copies`, {
      settings: { mutations_sync: 1 },
    })
    await prepareTables(merged.clickhouse, [merged.view])
    await expect(merged.runner().ask(question)).resolves.toBeDefined()
  })

  test('where nobody recorded where the partition begins', async () => {
    const merged = await mergedView()
    await merged.writeChain()
    await expect(merged.runner().ask(question)).rejects.toMatchObject({ code: 'ANSWER_INCOMPLETE' })
  })

  test('where it reaches less far than one before it', async () => {
    const merged = await publishedView()
    const runner = merged.runner()
    await runner.ask(question)
    await deleteFrom(merged, speedTable(merged.view), `__partition = 1 AND __block >= 256`)
    await expect(runner.ask(question)).rejects.toMatchObject({
      code: 'ANSWER_WENT_BACK',
      details: { partition: 1, expected: PARTITION_END, found: 256 },
    })
    await expect(merged.runner().ask(question)).resolves.toMatchObject({ coverage: { through: { 1: 256 } } })
  })

  test('where the generation is being collected', async () => {
    const merged = await publishedView()
    await merged.clickhouse.command(`INSERT INTO collections SELECT 2, '', now64(3)`)
    await expect(merged.runner().ask(question)).rejects.toMatchObject({ code: 'GENERATION_COLLECTED' })
  })

  test('where a sum has more than 38 digits, named by its measure', async () => {
    const merged = await publishedView()
    await merged.clickhouse.command(
      `INSERT INTO ${speedTable(merged.view)} (__kind, __chain, __block, __bucket, sum_n__sum)
       SELECT 0, 'c0', 256, 0, toDecimal256('2${'0'.repeat(38)}', 0)`,
    )
    await expect(merged.runner().ask({ ...question, measures: ['sum_n'] })).rejects.toMatchObject({
      code: 'MEASURE_OVERFLOW',
      details: { measure: 'sum_n' },
    })
    await expect(merged.runner().ask(question)).resolves.toBeDefined()
  })

  test('where the view has no tables', async () => {
    const merged = await mergedView()
    await merged.clickhouse.command(`DROP TABLE ${speedTable(merged.view)} SYNC`)
    await expect(merged.runner().ask(question)).rejects.toMatchObject({ code: 'NOT_READY' })
  })

  test('where the definition of the published version is not kept, and the project has another', async () => {
    const merged = await publishedView()
    const changed = { ...merged.view, version: '0123456789ab' }
    await expect(merged.runner(changed).ask(question)).resolves.toMatchObject({ coverage: { generation: 1 } })
    await merged.clickhouse.command('TRUNCATE TABLE definitions')
    await expect(merged.runner(changed).ask(question)).rejects.toMatchObject({
      code: 'NOT_READY',
      message: `The published version ${merged.view.version} of view all_kinds has no definition in ClickHouse.`,
      details: { view: 'all_kinds', version: merged.view.version },
    })
    await expect(merged.runner().ask(question)).resolves.toBeDefined()
  })

  test('where it has more rows than an answer may have and no limit was set', async () => {
    const merged = await publishedView()
    await merged.clickhouse.command(
      `INSERT INTO ${speedTable(merged.view)} (__kind, __chain, __block, __bucket, events__count)
       SELECT 0, 'c0', 256, 60 * number, 1 FROM numbers(100001)`,
    )
    const wide = { ...question, grain: 'minute' }
    await expect(merged.runner().ask(wide)).rejects.toMatchObject({ code: 'RESULT_TOO_LARGE' })
    const { rows } = await merged.runner().ask({ ...wide, limit: 100_000 })
    expect(rows).toHaveLength(100_000)
  })
})

describe('an answer is exact', () => {
  test('where the generation known from a moment ago has been replaced and collected', async () => {
    const merged = await publishedView()
    const runner = merged.runner()
    await merged.fold({ 0: 128, 1: 128 })
    await runner.ask(question)
    await merged.publishRuns()
    await merged.clickhouse.command(`INSERT INTO collections SELECT 2, '', now64(3)`)
    await expect(runner.ask(question)).resolves.toMatchObject({ coverage: { generation: 2 } })
  })

  test('where the speed layer is behind the cut', async () => {
    const merged = await mergedView()
    await merged.decideOrigins()
    await merged.publish({ 0: 256, 1: 192 })
    const { coverage } = await merged.runner().ask(question)
    expect(coverage.through).toEqual({ 0: 256, 1: 192 })
    expect(coverage.records.speed).toBe(0)
  })

  test('where the stream begins in the middle of a block', async () => {
    const merged = await mergedView()
    await merged.decideOrigins(70)
    const ranges = [0, 1].map(partition => ({ partition, start: 70, end: 70 }))
    const write = (seq: number, end: number) =>
      writeSpeed(merged.clickhouse, merged.session, merged.view, 'events', {
        chain: 'c0',
        seq,
        ranges: seq === 0 ? ranges : ranges.map(range => ({ ...range, end })),
      })
    await write(0, 70)
    const empty = await merged.runner().ask(question)
    expect(empty.coverage.through).toEqual({ 0: 70, 1: 70 })
    expect(empty.rows).toEqual(['{"events":0}'])
    await write(1, PARTITION_END)
    const whole = await merged.runner().ask(question)
    expect(whole.coverage.through).toEqual({ 0: PARTITION_END, 1: PARTITION_END })
    const [{ n }] = (await merged.session.rows<{ n: bigint }>(
      'SELECT count(*) AS n FROM events WHERE __accepted AND n % 10 <> 3 AND __offset >= 70',
    )) as [{ n: bigint }]
    expect(whole.rows).toEqual([`{"events":${n}}`])
  })

  test('and says how fresh it is, by the lane that is furthest behind', async () => {
    const merged = await publishedView()
    const freshAtMs = Date.now() - 5_000
    const body = {
      streams: [{ topic: events.topic, lanes: [0], freshAtMs, partitions: [], recordsPerSecond: 0 }],
    }
    await merged.clickhouse.command(`INSERT INTO heartbeats SELECT 'speed', 'a', now64(3), {body:String}`, {
      params: { body: JSON.stringify(body) },
    })
    const { coverage } = await merged.runner().ask(question)
    expect(coverage.freshnessMs).toBeGreaterThanOrEqual(5_000)
    expect(coverage.freshnessMs).toBeLessThan(60_000)
  })
})
