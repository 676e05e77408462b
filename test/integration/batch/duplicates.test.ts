import { describe, expect, test } from 'vitest'
import { acceptLoss, repairChain, runBatchJob, verifyPlatform } from '../../../batch-layer/commands.ts'
import { defineProject, m, stream, t, view } from '../../../core/index.ts'
import type { ProducerRecord } from '../../../core/io/kafka/driver.ts'
import type { ProjectDefinition } from '../../../core/model/project.ts'
import { buildChain } from '../../../speed-layer/build-chain.ts'
import { runSpeedLayer } from '../../../speed-layer/run.ts'
import { openRunner } from '../../laws/check.ts'
import { type Platform, withPlatform } from '../../support/platform.ts'
import { until } from '../../support/processes.ts'
import { passRetention } from '../../support/retention.ts'

const platforms = withPlatform()

/** `npm run test:field` has it all. */
/** Of `npm run test:field` alone. */
const longTest: (name: string, play: () => Promise<void>) => void =
  process.env['FIELD_FULL'] === '1' ? test : () => undefined

/** The same event id delivered once, twice and three times. */
const DUPLICATE_IDS = [1, 2, 2, 3, 3, 3].map(number => ({
  ts: '2026-01-05T10:00:00Z',
  event_id: `00000000-0000-0000-0000-00000000000${number}`,
  amount: '10.00',
}))

let topics = 0

function payments(
  options: { within?: number; blockSize?: number; topic?: string; unit?: boolean } = {},
): ProjectDefinition {
  const { within = 1_000_000, blockSize = 2, topic = `payments-${++topics}`, unit = false } = options
  const from = stream({
    topic,
    time: 'ts',
    schema: {
      event_id: t.uuid().optional(),
      ts: t.timestamp(),
      amount: t.decimal(12, 2),
      ...(unit && { unit: t.string().optional() }),
    },
    id: 'event_id',
    within,
    blockSize,
    partitions: 1,
  })
  const revenue = view({
    name: 'revenue',
    from,
    grain: 'hour',
    measures: { events: m.count(), amount: m.sum('amount') },
  })
  return defineProject({ streams: [from], views: [revenue], batch: { every: '1 hour', full: false } })
}

const recordsOf = (events: readonly object[]): ProducerRecord[] =>
  events.map(event => ({ key: null, value: Buffer.from(JSON.stringify(event)), partition: 0 }))

async function ask({ context }: Platform) {
  const { rows, coverage } = await openRunner(context.clickhouse, context.views).ask({ view: 'revenue' })
  const [row] = rows.map(text => JSON.parse(text) as { events: number; amount: number })
  const { records, skipped } = coverage
  return { ...row, skipped, batch: records.batch, speed: records.speed }
}

async function expectVerified({ context }: Platform): Promise<void> {
  expect((await verifyPlatform(context, () => {})).findings).toEqual([])
}

test('F4: of an id that is delivered two or three times one event counts, in the speed layer, once published, and recomputed', async () => {
  const platform = await platforms.open(payments())
  await platform.produce(recordsOf(DUPLICATE_IDS))
  await platform.speed()
  const right = { events: 3, amount: 30, skipped: 3 }
  expect(await ask(platform)).toEqual({ ...right, batch: 0, speed: 3 })
  await expectVerified(platform)
  await platform.archive()
  await runBatchJob(platform.context, { kind: 'extend' })
  expect(await ask(platform)).toEqual({ ...right, batch: 3, speed: 0 })
  await runBatchJob(platform.context, { kind: 'full' })
  expect(await ask(platform)).toEqual({ ...right, batch: 3, speed: 0 })
  await expectVerified(platform)
})

const WITHIN = 100
const WORTH = 0.25

/** Records number `from` up to `to`: most repeat an id of up to `WITHIN` + 3 records before, some have none, some are bad. */
function deliveries(from: number, to: number): ProducerRecord[] {
  return Array.from({ length: to - from }, (_, index) => {
    const number = from + index
    if (number % 31 === 0) return { key: null, value: Buffer.from('{"event_id":'), partition: 0 }
    const event = { ts: '2026-01-05T10:00:00Z', event_id: idOf(number), amount: WORTH }
    return recordsOf([event])[0]!
  })
}

function idOf(number: number): string | null {
  if (number % 17 === 0) return null
  const same = number < 110 ? number : number - (number % 5) * 21 - 18
  return `00000000-0000-4000-8000-${String(same % 3 === 0 ? same - (same % 7) : same).padStart(12, '0')}`
}

/** What the log alone tells, but for what was lost: the events of the first `end` records that count, and those that do not. */
function expected(end: number, lost = { start: 0, end: 0 }) {
  const numbers = Array.from({ length: end }, (_, number) => number).filter(
    number => number % 31 !== 0 && !(number >= lost.start && number < lost.end),
  )
  const skipped = numbers.filter(number =>
    numbers.some(
      before =>
        before < number &&
        number - before <= WITHIN &&
        idOf(number) !== null &&
        idOf(before) === idOf(number),
    ),
  ).length
  const events = numbers.length - skipped
  return { events, amount: events * WORTH, skipped }
}

describe('repeats are told alike', () => {
  test('whichever layer starts where, from whatever it reads the ids before, and after a repair', async () => {
    const project = payments({ within: WITHIN, blockSize: 16 })
    const options = { archiveSegmentRecords: 70, batchChunkRecords: 1000 }
    const platform = await platforms.open(project, options)
    // Each call of `speed` is another worker: it reads the ids before its position from Kafka, then from the archive.
    await platform.produce(deliveries(0, 150))
    await platform.speed()
    await platform.produce(deliveries(150, 230))
    await platform.speed()
    expect(await ask(platform)).toMatchObject(expected(230))
    expect(expected(230).skipped).toBeGreaterThan(50)
    await platform.archive()
    await runBatchJob(platform.context, { kind: 'extend' })
    await passRetention(platforms.admin, platform, 1)
    await platform.produce(deliveries(230, 470))
    await platform.speed()
    expect(await ask(platform)).toMatchObject(expected(470))
    await expectVerified(platform)
    // The run begins where the one before ended: of what lies before, only the ids are read.
    await platform.archive()
    await runBatchJob(platform.context, { kind: 'extend' })
    expect(await ask(platform)).toMatchObject(expected(470))
    await expectVerified(platform)

    // A chain that is built anew begins in the middle of the log.
    await platform.produce(deliveries(470, 500))
    await platform.speed()
    await repairChain(platform.context, {
      view: 'revenue',
      build: (chain, signal) => buildChain(platform.context, chain, signal),
    })
    expect(await ask(platform)).toMatchObject(expected(500))
    await expectVerified(platform)
  })

  longTest('by another decoder, which decodes the ids of older segments anew', async () => {
    const project = payments({ within: WITHIN, blockSize: 16 })
    const platform = await platforms.open(project, { archiveSegmentRecords: 70 })
    await platform.produce(deliveries(0, 300))
    await platform.archive()
    await platform.speed()
    await runBatchJob(platform.context, { kind: 'extend' })
    const { topic } = project.streams[0]!
    const changed = await platform.reconfigured(
      payments({ within: WITHIN, blockSize: 16, topic, unit: true }),
    )
    await changed.speed()
    await runBatchJob(changed.context, { kind: 'extend' })
    expect(await ask(changed)).toMatchObject(expected(300))
    await changed.produce(deliveries(300, 360))
    await changed.speed()
    await changed.archive()
    await runBatchJob(changed.context, { kind: 'extend' })
    expect(await ask(changed)).toMatchObject(expected(360))
    await expectVerified(changed)
  })

  longTest('what was declared lost repeats nothing, once a chain is built without it', async () => {
    const platform = await platforms.open(payments({ within: WITHIN, blockSize: 16 }))
    await platform.produce(deliveries(0, 200))
    await platform.archive()
    await platform.produce(deliveries(200, 340))
    await platform.speed()
    const lost = { start: 200, end: 300 }
    await passRetention(platforms.admin, platform, lost.end / 340)
    // A new worker would have to know what they repeat.
    const stopping = new AbortController()
    const running = runSpeedLayer(platform.context, {}, stopping.signal)
    await until('the lane tells', () => platform.logged.length > 0)
    stopping.abort()
    await running
    expect(platform.logged[0]).toMatchObject({ fields: { code: 'OFFSET_OUT_OF_RANGE' } })

    await acceptLoss(platform.context, { isAccepted: true })
    await platform.archive()
    await repairChain(platform.context, {
      view: 'revenue',
      build: (chain, signal) => buildChain(platform.context, chain, signal),
    })
    expect(expected(340, lost)).not.toEqual(expected(340))
    expect(await ask(platform)).toMatchObject(expected(340, lost))
    await expectVerified(platform)
    await runBatchJob(platform.context, { kind: 'extend' })
    expect(await ask(platform)).toMatchObject(expected(340, lost))
    await expectVerified(platform)
  })
})
