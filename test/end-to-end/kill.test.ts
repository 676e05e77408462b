import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { VerifyReport } from '../../batch-layer/commands.ts'
import { openKafkaDriver } from '../../core/io/kafka/open-driver.ts'
import type { RawRecord } from '../../core/model/record.ts'
import { type Answer, Api, eventually, isUnreachable, recordsOf } from '../support/api.ts'
import { firstDifference } from '../support/differences.ts'
import { FLIGHTS_NEARNESS, FlightsOracle } from '../support/flights-oracle.ts'
import { readLog } from '../support/kafka-log.ts'
import { Ledger } from '../support/ledger.ts'
import { pauseSample } from '../support/sample.ts'
import { feedByHttp, feedByKafka, type ShopFeed } from '../support/shop-feed.ts'
import { answerShop, SHOP_NEARNESS, SHOP_SQL } from '../support/shop-oracle.ts'
import { expectPrefixes, TOTAL } from '../support/shop-prefixes.ts'
import { killAll, killQuietly } from '../support/system-processes.ts'
import { ROOT, TwofoldHome } from '../support/twofold-home.ts'
import type { TwofoldProcess } from '../support/twofold-process.ts'

const example = (name: string) => JSON.stringify(join(ROOT, 'examples', name, 'twofold.config.ts'))
/** Both examples in one project; small blocks and a batch layer that is often at work. */
const CONFIG = `
import flights from ${example('flights')}
import shop from ${example('shop')}

export default {
  ...flights,
  streams: [...flights.streams, ...shop.streams].map(stream => ({ ...stream, blockSize: 256 })),
  views: [...flights.views, ...shop.views],
  batch: { everyMs: 5000, full: undefined },
  options: { archiveFlushMs: 5000 },
  sample: { ...flights.sample, historyRows: 20_000, ratePerSecond: 100 },
}
`
const RECOVERS_WITHIN_MS = 200_000

let home: TwofoldHome
let twofold: TwofoldProcess
let api: Api
const ledger = new Ledger()
const feeds: ShopFeed[] = []
const watched: Answer[] = []
/** By its code, the first of each that was refused. */
const refused = new Map<string, unknown>()
const watching = new AbortController()
let watch: Promise<void>

beforeAll(async () => {
  home = await TwofoldHome.create(CONFIG)
  api = new Api(home.apiUrl)
  twofold = home.start()
  await twofold.ready()
  feeds.push(feedByHttp(home.apiUrl, ledger), await feedByKafka(home.brokers, ledger))
  watch = watchAnswers()
  // Awaited at the end; until then its failure must not count as one that nobody handles.
  watch.catch(() => undefined)
})

afterAll(async () => {
  watching.abort()
  await home?.remove()
})

/** Asks all the time. That nobody answers is no fault, for what answers is killed; an answer that cannot be read is. */
async function watchAnswers(): Promise<void> {
  while (!watching.signal.aborted) {
    try {
      const { status, body } = await api.post('/v1/query', TOTAL)
      if (status === 200) watched.push(body as Answer)
      else {
        const { error } = body as { error: { code: string } }
        if (!refused.has(error.code)) refused.set(error.code, error)
      }
    } catch (error) {
      if (!isUnreachable(error)) throw error
    }
    await sleep(250)
  }
}

const reachOf = ({ coverage }: Answer) => Object.values(coverage.through).reduce((sum, end) => sum + end, 0)

/** New events come in, answers hold them, and a generation is published. */
async function recovery(since: Answer): Promise<void> {
  await eventually(
    'answers with new events of a new generation',
    () => api.ask(TOTAL),
    answer =>
      reachOf(answer) > reachOf(since) + 200 && answer.coverage.generation > since.coverage.generation,
    RECOVERS_WITHIN_MS,
  )
}

/** The process of a child as the platform records it. */
function childPid(folder: string, name: string): number {
  const record = readdirSync(join(folder, 'children')).find(file => file.startsWith(`${name}-`))
  return Number(/\d+/.exec(record!)![0])
}

/** Java itself, not the shell that watches over it. */
function javaPid(): number {
  return home.processes().find(({ commandLine }) => /^\S*java /.test(commandLine))!.pid
}

const CHILDREN: readonly [string, () => number][] = [
  ['the speed layer', () => childPid(home.dataDir, 'speed')],
  ['the batch layer', () => childPid(home.dataDir, 'batch')],
  ['the HTTP API', () => childPid(home.dataDir, 'api')],
  ['ClickHouse', () => childPid(join(home.dataDir, 'clickhouse'), 'clickhouse')],
  ['Kafka', javaPid],
]

const WHOLE: readonly [string, () => Promise<void>][] = [
  ['all processes at once', () => killAll(() => home.processes())],
  ['the first process alone, whose children notice', async () => twofold.kill('SIGKILL')],
]

describe('SIGKILL in the middle of work', () => {
  test('begins with answers of both layers', async () => {
    const both = ({ coverage: { records } }: Answer) => records.batch > 0 && records.speed > 0
    await eventually('records of both layers', () => api.ask(TOTAL), both)
  })

  test.each(CHILDREN)('of %s: it is started again and goes on', async (_, pid) => {
    const since = await api.ask(TOTAL)
    killQuietly(pid())
    await recovery(since)
  })

  test.each(WHOLE)('of %s: the next start goes on at once', async (_, kill) => {
    const since = await api.ask(TOTAL)
    await kill()
    expect(await twofold.exited).toMatchObject({ signal: 'SIGKILL' })
    twofold = home.start()
    await twofold.ready()
    await recovery(since)
  })
})

describe('after all of that', () => {
  let log: ReadonlyMap<number, readonly RawRecord[]>
  let good: Uint8Array[]
  let answer: Answer

  test('the log holds all that was acknowledged, and nothing twice', async () => {
    await Promise.all(feeds.map(feed => feed.stop()))
    const driver = await openKafkaDriver('kafkajs', { brokers: home.brokers, clientId: 'test' })
    log = await readLog(driver, 'clicks')
    await driver.close()
    const values = [...log.values()].flatMap(records => records.map(({ value }) => value!))
    good = values.filter(value => ledger.reasonOf(value) === undefined)
    expect(ledger.acknowledged).toBeGreaterThan(5_000)
    expect(ledger.contradictions(values)).toEqual([])
  })

  test('each record is in an answer once, or in quarantine', async () => {
    const records = [...log.values()].reduce((sum, { length }) => sum + length, 0)
    answer = await eventually(
      'answers with the whole log',
      () => api.ask(TOTAL),
      found => reachOf(found) === records,
    )
    watching.abort()
    await watch
    expect(recordsOf(answer)).toBe(good.length)
    expect(answer.coverage).toMatchObject({ quarantined: records - good.length, lost: 0, complete: true })
    expect(answer.coverage.quarantined).toBeGreaterThan(500)
  })

  test('the quarantine has each reason as often as it should', async () => {
    const expected: Record<string, number> = {}
    for (const { value } of [...log.values()].flat()) {
      const reason = ledger.reasonOf(value!)
      if (reason !== undefined) expected[reason] = (expected[reason] ?? 0) + 1
    }
    const { quarantined } = await api.status()
    expect(Object.fromEntries(quarantined.map(({ reason, records }) => [reason, records]))).toEqual(expected)
  })

  test('views say what DuckDB says of the log', async () => {
    const expected = await answerShop(good)
    for (const [view, { by }] of Object.entries(SHOP_SQL)) {
      const measures = Object.keys(expected[view]![0]!).filter(name => !by.includes(name))
      const dimensions = by.filter(name => name !== 'time')
      const grain = by.includes('time') ? { grain: 'hour' } : {}
      const found = await api.ask({ view, measures, dimensions, ...grain })
      expect(firstDifference(found.data, expected[view]!, by, SHOP_NEARNESS), view).toBeUndefined()
    }
  })

  test('every answer on the way was that of a prefix of each partition, and none shrank', () => {
    expect(watched.length).toBeGreaterThan(50)
    expectPrefixes(watched, log, ledger)
    const isAway = ([code]: [string, unknown]) => ['NOT_READY', 'CLICKHOUSE_UNAVAILABLE'].includes(code)
    expect([...refused].filter(entry => !isAway(entry))).toEqual([])
  })

  test('the sample feed brought each row of its file once', async () => {
    const rows = await pauseSample(api)
    const question = { view: 'routes_by_day', dimensions: ['origin', 'destination'] }
    const found = await eventually(
      `${rows} rows`,
      () => api.ask(question),
      answer => recordsOf(answer) === rows,
    )
    const oracle = await FlightsOracle.open(rows)
    const by = { origin: 'origin', destination: 'destination' }
    const expected = await oracle.answer({ by }, found.coverage.through)
    oracle.close()
    expect(rows).toBeGreaterThan(20_000)
    expect(firstDifference(found.data, expected, Object.keys(by), FLIGHTS_NEARNESS)).toBeUndefined()
  })

  test('verify finds nothing wrong', async () => {
    expect(await home.json<VerifyReport>('verify')).toMatchObject({ ok: true, findings: [] })
  })

  test('nothing is left when it stops', async () => {
    expect(await twofold.stop()).toEqual({ code: 0, signal: null })
    expect(await home.survivors()).toEqual([])
    expect(readdirSync(home.dataDir)).not.toContain('connection.json')
  })
})
