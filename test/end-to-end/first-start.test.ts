import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, Api, eventually, recordsOf } from '../support/api.ts'
import { firstDifference } from '../support/differences.ts'
import { FLIGHTS_NEARNESS, FlightsOracle } from '../support/flights-oracle.ts'
import { until } from '../support/processes.ts'
import { sampleStatus } from '../support/sample.ts'
import { TwofoldHome } from '../support/twofold-home.ts'
import type { TwofoldProcess } from '../support/twofold-process.ts'

const FILE_ROWS = 3_000_000
const QUESTION = { view: 'delays_by_hour', measures: ['flights', 'delay_mean', 'delay_max', 'routes'] }
const VIEWS = ['delays_by_hour', 'routes_by_day']
/** What a start may take on a machine that has other work: a limit to end by, not a promise. */
const AT_LAST_MS = 500_000

let home: TwofoldHome
let api: Api
let twofold: TwofoldProcess

beforeAll(async () => {
  home = await TwofoldHome.create()
  api = new Api(home.apiUrl)
})

afterAll(async () => {
  twofold?.kill('SIGTERM')
  await twofold?.exited
  await home?.remove()
})

/** Every answer that was given. */
const answers: Answer[] = []

async function ask(view: string): Promise<Answer> {
  const answer = await api.ask({ ...QUESTION, view })
  answers.push(answer)
  return answer
}

/** An answer holds as many flights as it covers offsets: the topic has nothing else in it. */
function expectExact({ data, coverage, ...answer }: Answer): void {
  const covered = Object.values(coverage.through).reduce((sum, end) => sum + end, 0)
  expect(recordsOf({ ...answer, coverage })).toBe(covered)
  expect(covered).toBeLessThanOrEqual(FILE_ROWS)
  if (covered > 0) expect(data).toMatchObject([{ flights: covered }])
  expect(coverage).toMatchObject({ complete: true, quarantined: 0, lost: 0, skipped: 0 })
}

/** Ctrl-C, in the middle of all that goes on; answers with all that was written. */
async function stop(): Promise<string> {
  expect(await twofold.stop('SIGINT')).toEqual({ code: 0, signal: null })
  expect(await home.survivors()).toEqual([])
  expect(home.temporaryFiles()).toEqual([])
  return twofold.output
}

/** What `start` says once it has started: where everything listens, and a question to try. */
function expectWelcome(output: string): void {
  const lines = output.split('\n')
  expect(output).toMatch(
    /^There is no twofold\.config\.ts here: starting the example .*examples\/flights\/twofold\.config\.ts$/m,
  )
  expect(output).toMatch(/^Starting Apache Kafka/m)
  expect(output).toMatch(/^Started in [\d.]+ (ms|s|min)$/m)
  expect(lines).toContain(`  HTTP API    ${home.apiUrl}   (OpenAPI: ${home.apiUrl}/v1/openapi.json)`)
  expect(lines).toContain(`  Kafka       127.0.0.1:${home.kafkaPort}   (topics: flights)`)
  expect(output).toMatch(/^ {2}ClickHouse {2}http:\/\/127\.0\.0\.1:\d+$/m)
  expect(lines).toContain(`  Data        ${home.dataDir}`)
  expect(lines).toContain('Ctrl-C stops.')
}

/** Events in, rate, freshness, generation, cut, quarantined. */
const STATUS_LINE =
  /^([\d,]+) events in · [\d,]+\/s · fresh (?:[\d.,]+ (?:ms|s|min)|[?]) · generation ([1-9]\d*) · cut ([\d,]+) \(\d+ %\) · 0 quarantined$/gm

interface Figures {
  readonly events: number
  readonly generation: number
  readonly cut: number
}

function statusLines(): Figures[] {
  return [...twofold.output.matchAll(STATUS_LINE)].map(([, ...texts]) => {
    const [events, generation, cut] = texts.map(text => Number(text.replaceAll(',', '')))
    return { events: events!, generation: generation!, cut: cut! }
  })
}

let newest: Answer

test('a start with nothing configured runs the example, and says where', {
  timeout: AT_LAST_MS,
}, async () => {
  twofold = home.start()
  await twofold.ready()
  await until('the welcome', () => twofold.output.includes('Ctrl-C stops.'))
  expectWelcome(twofold.output)
  const tried = /^ {2}curl '(.*)'$/m.exec(twofold.output)?.[1]
  expect(tried).toMatch(new RegExp(`^${home.apiUrl}/v1/views/delays_by_hour[?]measures=flights,`))
  const response = await fetch(tried!)
  expect({ status: response.status, body: await response.json() }).toMatchObject({
    status: 200,
    body: { coverage: { complete: true } },
  })
})

test('both layers answer, exactly, and the status line tells of it', { timeout: AT_LAST_MS }, async () => {
  await eventually(
    'records of both layers',
    () => ask('delays_by_hour'),
    ({ coverage: { generation, records } }) => generation >= 1 && records.batch > 0 && records.speed > 0,
    AT_LAST_MS / 2,
  )
  // The generation before names the views alone: until a first block is full, it has no cut.
  const withCut = () => statusLines().find(({ cut }) => cut > 0)
  await until('a status line with a cut', () => withCut() !== undefined, AT_LAST_MS / 2)
  const { events, generation, cut } = withCut()!
  expect(events).toBeGreaterThanOrEqual(cut)
  expect(events).toBeLessThanOrEqual(FILE_ROWS)
  for (const view of VIEWS) newest = await ask(view)
  expect(newest.coverage.generation).toBeGreaterThanOrEqual(generation)
  expect(await sampleStatus(api)).toMatchObject({ topic: 'flights', totalRows: FILE_ROWS, rejected: 0 })
  answers.forEach(expectExact)
  expect(await stop()).toContain('Stopped')
})

test('started again it goes on where it was, and imports nothing twice', {
  timeout: AT_LAST_MS,
}, async () => {
  const before = newest.coverage
  twofold = home.start({ stdin: 'closed' })
  const first = await eventually(
    'a first answer',
    () => ask('routes_by_day'),
    () => true,
    AT_LAST_MS / 2,
  )
  expect(first.coverage.generation).toBeGreaterThanOrEqual(before.generation)
  for (const [partition, end] of Object.entries(before.through))
    expect(first.coverage.through[partition]).toBeGreaterThanOrEqual(end)
  // All that there was and more: of the live part at the least, which comes at a steady rate.
  const grown = await eventually(
    'more flights',
    () => ask('routes_by_day'),
    answer => recordsOf(answer) > recordsOf(first),
    AT_LAST_MS / 2,
  )
  await until('the welcome', () => twofold.output.includes('Ctrl-C stops.'))
  expectWelcome(twofold.output)
  // It reads back from Kafka how far it came, which the answers do not wait for.
  const { rows, rejected } = await eventually(
    'the feed where it was',
    () => sampleStatus(api),
    feed => feed.rows >= recordsOf(first),
    AT_LAST_MS / 2,
  )
  expect(rejected).toBe(0)
  expect(rows).toBeLessThanOrEqual(FILE_ROWS)
  await stop()
  answers.forEach(expectExact)
  await expectTruth(grown)
})

/** Offset by offset the topic is the file, before the second start and after it: what DuckDB says of those rows. */
async function expectTruth({ data, coverage: { through } }: Answer): Promise<void> {
  // A partition may be ahead of the others by what one of the importer's batches holds.
  const rows = Object.values(through).reduce((sum, end) => sum + end, 0) + 200_000
  const oracle = await FlightsOracle.open(rows)
  const expected = await oracle.answer({ by: {} }, through)
  oracle.close()
  const asked = expected.map(({ delay_p95, ...row }) => row)
  expect(firstDifference(data, asked, [], FLIGHTS_NEARNESS)).toBeUndefined()
}
