import { expect, test } from 'vitest'
import { runBatchJob, verifyPlatform } from '../../../batch-layer/commands.ts'
import { defineProject, m, stream, t, view } from '../../../core/index.ts'
import { BATCH_KIND, batchTable, SPEED_KIND, speedTable } from '../../../core/sql/tables.ts'
import { bounded } from '../../support/bounded.ts'
import { expectExact } from '../../support/exactness.ts'
import { orders, ordersProject } from '../../support/orders.ts'
import { type Platform, withPlatform } from '../../support/platform.ts'

const platforms = withPlatform()

async function fed(): Promise<Platform> {
  const platform = await platforms.open(ordersProject())
  await platform.produce(orders(0, 900))
  await platform.archive()
  await platform.speed()
  await runBatchJob(platform.context, { kind: 'extend' })
  return platform
}

const verify = ({ context }: Platform) => verifyPlatform(context, () => {})

test('what the archive does not have yet is read from Kafka', async () => {
  const platform = await fed()
  await platform.produce(orders(900, 1500))
  await platform.speed()
  const report = await expectExact(platform, 1500)
  expect(report.streams[0]).toMatchObject({ records: 900 })
  expect(Object.values(report.views[0]!.through).reduce((sum, end) => sum + end, 0)).toBe(1500)
})

test('what the speed layer does not have yet is not counted against it', async () => {
  const platform = await fed()
  await platform.produce(orders(900, 1500))
  await platform.archive()
  await expectExact(platform, 900)
})

test('each measure tells how far it is from plain SQL', async () => {
  const report = await expectExact(await fed(), 900)
  const measures = new Map(report.views[0]!.measures.map(measure => [measure.name, measure]))
  expect(measures.get('revenue')).toEqual({ name: 'revenue', allowed: 0, largest: 0, differing: 0 })
  expect(measures.get('amounts at 0.95')!.largest).toBeGreaterThan(0)
  expect(measures.get('weight')!.largest).toBeLessThan(1e-12)
})

test('a list that differs is told as it is and as it should be', async () => {
  const platform = await fed()
  const { clickhouse } = platform.context
  const [table] = await clickhouse.rows<{ name: string }>(
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE 'batch_by_country_%'",
  )
  await clickhouse.command(
    `ALTER TABLE ${table!.name} UPDATE amounts_between__buckets = map(toInt32(0), toUInt64(77)) WHERE __kind = ${BATCH_KIND.partial}`,
    { settings: { mutations_sync: 1 } },
  )
  const { findings } = await verify(platform)
  expect(JSON.stringify(findings)).toMatch(/amounts_between is \[\D*77.*, should be \[/)
})

test('progress goes from nothing to all, and names each view and measure in turn', async () => {
  const { context } = await fed()
  const told: { share: number; text: string }[] = []
  const { views } = await verifyPlatform(context, (done, total, text) =>
    told.push({ share: done / total, text }),
  )
  const shares = told.map(({ share }) => share)
  expect(shares).toEqual(shares.toSorted((a, b) => a - b))
  expect([shares[0], shares.at(-1)]).toEqual([0, 1])
  const steps = views.flatMap(({ view, measures }) => [
    ...['reading its answer', 'reading its events'].map(step => `view ${view}: ${step}`),
    ...measures.map(({ name }) => `view ${view}: comparing ${name}`),
  ])
  const texts = [...new Set(told.map(({ text }) => text))]
  expect(texts.filter(text => text.startsWith('view '))).toEqual(steps)
})

test('columns, dimensions and measures may have the names that verify has for its own', async () => {
  const names = ['p', 'k', 'n', 'v', 'a', 'c', 'e', 'value', 'size', 'distance']
  // These only a column may have.
  const columns = [...names, 'digest', 'block']
  const named = stream({
    topic: 'names-of-our-own',
    time: 't',
    schema: { t: t.timestamp(), ...Object.fromEntries(columns.map(name => [name, t.int64()])) },
    blockSize: 64,
    partitions: 2,
  })
  const all = Object.fromEntries(names.map(name => [name, name]))
  const asDimensions = view({
    ...{ name: 'as_dimensions', from: named, grain: 'minute', dimensions: all },
    measures: { t: m.count(), label: m.max('t') },
  })
  const asMeasures = view({
    ...{
      name: 'as_measures',
      from: named,
      grain: 'minute',
      dimensions: { t: 'n', k0: 'k', m1: 'p' },
      where: 'v > 3',
    },
    measures: Object.fromEntries(names.map(name => [name, m.sum(name)])),
  })
  const platform = await platforms.open(
    defineProject({ streams: [named], views: [asDimensions, asMeasures], batch: { every: '1 hour' } }),
  )
  const values = Array.from({ length: 300 }, (_, index) => {
    const numbers = columns.map((name, place) => [name, (index + place) % 7])
    return JSON.stringify({ t: 1_700_000_000_000 + index * 1000, ...Object.fromEntries(numbers) })
  })
  await platform.produce(
    values.map((value, index) => ({ key: null, value: Buffer.from(value), partition: index % 2 })),
  )
  await platform.archive()
  await platform.speed()
  await runBatchJob(platform.context, { kind: 'extend' })
  expect(await verify(platform)).toMatchObject({ ok: true, findings: [] })
})

test.each(
  bounded(
    [
      [
        'a group is missing',
        'by_country',
        'RUN_MISMATCH',
        `ALTER TABLE BATCH DELETE WHERE __kind = ${BATCH_KIND.partial} AND country = 'NL' AND urgent AND day = '2024-01-11'`,
        /^group .*country = NL.*urgent = true is missing$/,
      ],
      [
        'a group is invented',
        'by_country',
        undefined,
        `INSERT INTO SPEED SELECT * REPLACE ('Atlantis' AS country, 0 AS __records, 0 AS __digest) FROM SPEED WHERE __kind = ${SPEED_KIND.partial} AND __partition = 0 ORDER BY __block DESC LIMIT 1`,
        /^group .*country = Atlantis.* should not be there$/,
      ],
      [
        'a count is off',
        'overall',
        'CHAIN_DIFFERS',
        `INSERT INTO SPEED SELECT * FROM SPEED WHERE __kind = ${SPEED_KIND.partial} AND __partition = 0 ORDER BY __block DESC LIMIT 1`,
        /^group 2024-02-29 23:00:00: orders is \d+, should be \d+$/,
      ],
      [
        'a greatest value is off',
        'overall',
        'CHAIN_DIFFERS',
        `INSERT INTO SPEED SELECT * REPLACE (0 AS orders__count, 7 AS largest__max, 0 AS spread__count, 0 AS spread__sum) FROM SPEED WHERE __kind = ${SPEED_KIND.partial} AND __partition = 0 ORDER BY __block DESC LIMIT 1`,
        /^group .*: largest is 7, should be 1$/,
      ],
      [
        'a mean of doubles is off in its seventh digit',
        'overall',
        'CHAIN_DIFFERS',
        `INSERT INTO SPEED SELECT * REPLACE (0 AS orders__count, NULL AS largest__max, 0 AS spread__count, 0.001 AS spread__sum) FROM SPEED WHERE __kind = ${SPEED_KIND.partial} AND __partition = 0 ORDER BY __block DESC LIMIT 1`,
        /^group .*: spread is .*, should be /,
      ],
      [
        'the coverage is off',
        'overall',
        'RUN_MISMATCH',
        `ALTER TABLE BATCH UPDATE __accepted = __accepted + 1 WHERE __kind = ${BATCH_KIND.chunkTally}`,
        /^coverage: the number of records is \d+, should be \d+$/,
      ],
      [
        'the last markers are missing',
        'overall',
        'CHAIN_DIFFERS',
        `ALTER TABLE SPEED DELETE WHERE __kind = ${SPEED_KIND.marker} AND __partition = 0 AND __block >= 64`,
        /^group .*: orders is \d+, should be \d+$/,
      ],
    ],
    2,
  ),
)('%s: it is told, by view and group', async (what, name, located, statement, line) => {
  const platform = await fed()
  const { clickhouse, views } = platform.context
  const view = views.find(candidate => candidate.name === name)!
  const sql = statement.replaceAll('SPEED', speedTable(view)).replaceAll('BATCH', batchTable(view))
  await clickhouse.command(sql, { settings: { mutations_sync: 1 } })
  const report = await verify(platform)
  expect(report.ok, what).toBe(false)
  const codes = [...(located === undefined ? [] : [located]), 'ANSWER_DIFFERS']
  expect(report.findings).toMatchObject(
    codes.map(code => ({ code, answersAffected: true, view: name, details: { view: name } })),
  )
  expect(report.views.find(comparison => comparison.view === name)!.differences).toContainEqual(
    expect.stringMatching(line),
  )
  expect(report.views.find(comparison => comparison.view !== name)!.differences).toEqual([])
})

test('a gap in a chain is told instead of an answer', async () => {
  const platform = await platforms.open(ordersProject())
  const { clickhouse, views } = platform.context
  await platform.produce(orders(0, 900))
  await platform.archive()
  await platform.speed()
  await clickhouse.command(
    `ALTER TABLE ${speedTable(views[1]!)} DELETE WHERE __kind = ${SPEED_KIND.marker} AND __partition = 0 AND __block = 64`,
    { settings: { mutations_sync: 1 } },
  )
  const report = await verify(platform)
  expect(report.findings).toMatchObject([
    { code: 'CHAIN_BROKEN', message: expect.stringContaining('offsets 64 to 128 are missing (partition 0') },
  ])
  expect(report.views.map(({ view }) => view)).toEqual(['by_country'])
})

test('differences are listed up to a hundred and counted beyond', async () => {
  const platform = await fed()
  const { clickhouse, views } = platform.context
  await clickhouse.command(
    `ALTER TABLE ${batchTable(views[0]!)} UPDATE orders__count = orders__count + 1 WHERE __kind = ${BATCH_KIND.partial}`,
    { settings: { mutations_sync: 1 } },
  )
  const [comparison] = (await verify(platform)).views
  expect(comparison!.differences).toHaveLength(100)
  expect(comparison!.measures[0]).toMatchObject({ name: 'orders', allowed: 0, largest: 1 })
  expect(comparison!.measures[0]!.differing).toBeGreaterThan(100)
})
