import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { repairChain, rollBack, runBatchJob, verifyPlatform } from '../../../batch-layer/commands.ts'
import { lockBatch } from '../../../batch-layer/job.ts'
import { collect } from '../../../batch-layer/publish/collect.ts'
import { readPointer } from '../../../core/io/store/pointer-store.ts'
import { SPEED_KIND, speedTable } from '../../../core/sql/tables.ts'
import { buildChain } from '../../../speed-layer/build-chain.ts'
import { runSpeedLayer } from '../../../speed-layer/run.ts'
import { bounded } from '../../support/bounded.ts'
import { Died, dyingClickHouse } from '../../support/dying-clickhouse.ts'
import { expectExact } from '../../support/exactness.ts'
import { orders, ordersProject } from '../../support/orders.ts'
import { type Platform, withPlatform } from '../../support/platform.ts'
import { until } from '../../support/processes.ts'
import { passRetention } from '../../support/retention.ts'

const platforms = withPlatform()
const VIEW = 'overall'

/** A platform that has published 600 orders and has 400 more in the speed layer. */
async function fed(): Promise<Platform> {
  const platform = await platforms.open(ordersProject(), { archiveSegmentRecords: 150 })
  await platform.produce(orders(0, 600))
  await platform.archive()
  await platform.speed()
  await runBatchJob(platform.context, { kind: 'extend' })
  await platform.produce(orders(600, 1000))
  await platform.speed()
  return platform
}

const verify = ({ context }: Platform) => verifyPlatform(context, () => {})
const tableOf = ({ context }: Platform) => speedTable(context.views.find(({ name }) => name === VIEW)!)
const repair = ({ context }: Platform, isDryRun = false) =>
  repairChain(context, { view: VIEW, isDryRun, build: (chain, signal) => buildChain(context, chain, signal) })

/** Runs statements on the view's speed table. */
async function damage(platform: Platform, statement: string): Promise<void> {
  for (const sql of statement.replaceAll('SPEED', tableOf(platform)).split(';'))
    await platform.context.clickhouse.command(sql, { settings: { mutations_sync: 1 } })
}

async function chainsIn(platform: Platform): Promise<string[]> {
  const rows = await platform.context.clickhouse.rows<{ chain: string }>(
    `SELECT DISTINCT __chain AS chain FROM ${tableOf(platform)} ORDER BY chain`,
  )
  return rows.map(({ chain }) => chain)
}

/** A marker that counts nothing, whatever the one counted that it is made of. */
const NO_RECORDS = ['__accepted', '__filtered', '__quarantined', '__all_digest', '__digest']
  .map(name => `0 AS ${name}`)
  .join(', ')
const marker = `__kind = ${SPEED_KIND.marker}`
const partial = `__kind = ${SPEED_KIND.partial}`
/** A block of partition 0 above the cut, and one below the cut. */
const ABOVE = '__partition = 0 AND __block = 320'
const BELOW = '__partition = 0 AND __block = 64'

/** Name, code of the finding, kind of break, and the statements that do the damage. */
const DAMAGES: readonly (readonly [string, string, string, string])[] = [
  ['a gap in the offsets', 'CHAIN_BROKEN', 'gap', `ALTER TABLE SPEED DELETE WHERE ${marker} AND ${ABOVE}`],
  [
    'offsets that stand twice',
    'CHAIN_BROKEN',
    'overlap',
    `INSERT INTO SPEED SELECT * REPLACE (__seq + 100 AS __seq) FROM SPEED WHERE ${marker} AND ${ABOVE}`,
  ],
  [
    'a marker of another lane',
    'CHAIN_BROKEN',
    'misplaced',
    `INSERT INTO SPEED SELECT * REPLACE (1 AS __lane) FROM SPEED WHERE ${marker} AND ${ABOVE};
     ALTER TABLE SPEED DELETE WHERE ${marker} AND ${ABOVE} AND __lane = 0`,
  ],
  [
    'a marker of blocks of another size',
    'CHAIN_BROKEN',
    'gap',
    `INSERT INTO SPEED SELECT * REPLACE (320 + 31 AS __block, __end + 7 AS __start, __end + 9 AS __end, __seq + 50 AS __seq) FROM SPEED WHERE ${marker} AND __partition = 0 ORDER BY __end DESC LIMIT 1`,
  ],
  [
    'two writers of one number',
    'CHAIN_BROKEN',
    'two writers',
    `INSERT INTO SPEED SELECT * REPLACE ('somebody' AS __writer, max(__end) OVER () AS __start, max(__end) OVER () AS __end) FROM SPEED WHERE ${marker} AND __partition = 0 ORDER BY __seq DESC LIMIT 1`,
  ],
  [
    'offsets that are not in the log',
    'CHAIN_BROKEN',
    'beyond the log',
    `INSERT INTO SPEED SELECT * REPLACE (__seq + 1 AS __seq, __end AS __start, __end + 1 AS __end) FROM SPEED WHERE ${marker} AND __partition = 0 ORDER BY __end DESC LIMIT 1`,
  ],
  [
    'a marker of records of another topic',
    'CHAIN_DIFFERS',
    'markers',
    `ALTER TABLE SPEED UPDATE __all_digest = __all_digest + 1 WHERE ${marker} AND ${ABOVE} AND __start = 320`,
  ],
  [
    'a marker of another decoder',
    'CHAIN_DIFFERS',
    'markers',
    `ALTER TABLE SPEED UPDATE __accepted = __accepted - 1, __quarantined = __quarantined + 1 WHERE ${marker} AND ${ABOVE} AND __start = 320`,
  ],
  [
    'partials without their marker',
    'CHAIN_DIFFERS',
    'partials',
    `ALTER TABLE SPEED DELETE WHERE ${marker} AND __partition = 0 AND __end > 448`,
  ],
  [
    'a marker without its partials',
    'CHAIN_DIFFERS',
    'partials',
    `ALTER TABLE SPEED DELETE WHERE ${partial} AND ${ABOVE}`,
  ],
  [
    'partials that stand twice',
    'CHAIN_DIFFERS',
    'partials',
    `INSERT INTO SPEED SELECT * FROM SPEED WHERE ${partial} AND ${ABOVE}`,
  ],
]

describe('verify names the damage, a repair builds another chain, and answers are exact again', () => {
  test.each(bounded(DAMAGES, 6))('%s', async (_, code, what, statement) => {
    const platform = await fed()
    const { context } = platform
    await damage(platform, statement)
    const { findings } = await verify(platform)
    const finding = findings.find(candidate => candidate.code === code)
    expect(finding).toMatchObject({
      answersAffected: true,
      view: VIEW,
      generation: 1,
      repair: `twofold repair chain --view ${VIEW}`,
      details: { view: VIEW, chain: 'c0', table: tableOf(platform).replaceAll('`', '') },
    })
    const places = (finding!.details['breaks'] ?? finding!.details['blocks']) as {
      what: string
      partition: number
    }[]
    expect(places).toContainEqual(expect.objectContaining({ what, partition: 0 }))
    expect(findings.every(({ view }) => view === VIEW)).toBe(true)

    expect(await repair(platform, true)).toMatchObject({ isDryRun: true, from: 'c0', generation: undefined })
    expect(await chainsIn(platform)).toEqual(['c0'])
    expect(await repair(platform)).toMatchObject({ view: VIEW, from: 'c0', generation: 2 })
    expect((await readPointer(context.clickhouse))!.views[VIEW]!.chain).not.toBe('c0')
    await expectExact(platform, 1000)

    // The speed layer goes on with the new chain, and so does the batch layer.
    await platform.produce(orders(1000, 1200))
    await platform.speed()
    await expectExact(platform, 1200)
    await platform.archive()
    await runBatchJob(context, { kind: 'extend' })
    await expectExact(platform, 1200)
  })
})

test('what lies below every cut that can be read is no damage', async () => {
  const platform = await fed()
  await runBatchJob(platform.context, { kind: 'full' })
  await damage(platform, `ALTER TABLE SPEED DELETE WHERE ${marker} AND ${BELOW}`)
  // Both generations can be rolled back to, and the least cut of them is above the break.
  await expectExact(platform, 1000)
})

test('a view of which nothing is published is looked at, and repaired, from the beginning', async () => {
  const unpublished = await platforms.open(ordersProject())
  await unpublished.produce(orders(0, 300))
  await unpublished.speed()
  await damage(
    unpublished,
    `INSERT INTO SPEED SELECT * REPLACE (__seq + 9 AS __seq, __end AS __start, ${NO_RECORDS}) FROM SPEED WHERE ${marker} AND __partition = 0 ORDER BY __end DESC LIMIT 1`,
  )
  expect((await verify(unpublished)).findings).toMatchObject([
    { code: 'CHAIN_BROKEN', answersAffected: false, details: { breaks: [{ what: 'missing number' }] } },
  ])
  expect(await repair(unpublished)).toMatchObject({ begin: {}, generation: 1 })
  await expectExact(unpublished, 300)
  await unpublished.archive()
  await runBatchJob(unpublished.context, { kind: 'extend' })
  await expectExact(unpublished, 300)
  await rollBack(unpublished.context, 1)
  await expectExact(unpublished, 300)
})

test('a roll-back to a generation before the repair goes on with the new chain; the old one is collected', async () => {
  const platform = await fed()
  const { context } = platform
  await platform.archive()
  await runBatchJob(context, { kind: 'extend' })
  await platform.produce(orders(1000, 1300))
  await platform.speed()
  await damage(platform, `ALTER TABLE SPEED DELETE WHERE ${marker} AND __partition = 0 AND __end > 448`)
  const { to, begin, generation } = await repair(platform)
  const back = await rollBack(context, 1)
  expect(back.views[VIEW]).toMatchObject({ chain: to, cut: begin })
  await expectExact(platform, 1300)

  await platform.archive()
  await runBatchJob(context, { kind: 'full' })
  const policy = { keep: 1, graceMs: 0, minRows: 1, configured: context.views }
  expect(await chainsIn(platform)).toEqual(['c0', to])
  await collect(context.clickhouse, policy)
  await collect(context.clickhouse, policy)
  expect(await chainsIn(platform)).toEqual([to])
  expect(generation).toBe(3)
  await expectExact(platform, 1300)
})

test('the old chain serves until the new one has come as far as answers reach', async () => {
  const platform = await fed()
  const { context } = platform
  const progress: number[] = []
  let servedMeanwhile: unknown
  const { generation } = await repairChain(context, {
    view: VIEW,
    build: async (chain, signal) => {
      await until('it has been looked at', () => progress.length > 5)
      servedMeanwhile = (await readPointer(context.clickhouse))!.views[VIEW]!.chain
      await buildChain(context, chain, signal)
    },
    onProgress: (done, total) => progress.push(done / total),
  })
  expect(servedMeanwhile).toBe('c0')
  expect(generation).toBe(2)
  expect(progress[0]).toBeLessThan(1)
  expect(progress.at(-1)).toBe(1)
})

test('what Kafka has deleted since the cut is read from the archive', async () => {
  const platform = await fed()
  await platform.archive()
  await passRetention(platforms.admin, platform, 0.9)
  await damage(platform, `ALTER TABLE SPEED DELETE WHERE ${marker} AND ${ABOVE}`)
  await repair(platform)
  await expectExact(platform, 1000)
})

test('where neither has it, the repair fails by name, the old chain still serves, and what was built is collected', async () => {
  const platform = await fed()
  const { context } = platform
  await passRetention(platforms.admin, platform, 0.9)
  await expect(repair(platform)).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' })
  expect(await readPointer(context.clickhouse)).toMatchObject({ seq: 1, views: { [VIEW]: { chain: 'c0' } } })
  expect((await chainsIn(platform)).length).toBe(2)
  const lock = await lockBatch(context)
  await expect(repair(platform)).rejects.toMatchObject({ code: 'BATCH_BUSY' })
  lock.release()
  for (let times = 0; times < 2; times++) await runBatchJob(context, { kind: 'full' })
  const policy = { keep: 1, graceMs: 0, minRows: 1, configured: context.views }
  for (let times = 0; times < 2; times++) await collect(context.clickhouse, policy)
  expect(await chainsIn(platform)).toEqual(['c0'])
})

test('under load, with the speed layer at work and another publication meanwhile, answers never go back', async () => {
  const platform = await fed()
  const { context } = platform
  const stopping = new AbortController()
  const speed = runSpeedLayer(context, {}, stopping.signal)
  let produced = 1000
  const load = (async () => {
    for (; !stopping.signal.aborted; produced += 20) {
      await platform.produce(orders(produced, produced + 20))
      await sleep(50)
    }
  })()
  await platform.archive()
  await repair(platform)
  for (let times = 0; times < 2; times++) expect((await verify(platform)).findings).toEqual([])
  await runBatchJob(context, { kind: 'extend' })
  expect((await verify(platform)).findings).toEqual([])
  await repair(platform)
  expect((await verify(platform)).findings).toEqual([])
  stopping.abort()
  await Promise.all([speed, load])
  await platform.speed()
  await expectExact(platform, produced)
})

test('a repair that dies before any of its inserts leaves what the next one mends', async () => {
  const platform = await fed()
  const { context } = platform
  await damage(platform, `ALTER TABLE SPEED DELETE WHERE ${marker} AND ${ABOVE}`)
  for (let beforeInsert = 1; ; beforeInsert++) {
    const dying = { ...context, clickhouse: dyingClickHouse(context.clickhouse, beforeInsert) }
    const outcome = await repair({ ...platform, context: dying }).catch(error => error)
    if (!(outcome instanceof Died)) {
      expect(outcome).toMatchObject({ generation: 2 })
      expect(beforeInsert).toBeGreaterThan(3)
      break
    }
    expect((await verify(platform)).findings).toMatchObject([{ code: 'CHAIN_BROKEN' }])
  }
  await expectExact(platform, 1000)
})

test('a view that is not there is told', async () => {
  const { context } = await platforms.open(ordersProject())
  await expect(repairChain(context, { view: 'none', build: async () => {} })).rejects.toMatchObject({
    code: 'VIEW_UNKNOWN',
  })
})
