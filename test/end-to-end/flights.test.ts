import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { VerifyReport } from '../../batch-layer/commands.ts'
import type { Status } from '../../serving/status.ts'
import { type Answer, Api, eventually, type Question, recordsOf } from '../support/api.ts'
import { firstDifference } from '../support/differences.ts'
import { FLIGHTS_NEARNESS, FlightsOracle, type SqlQuestion } from '../support/flights-oracle.ts'
import { pauseSample } from '../support/sample.ts'
import { ROOT, TwofoldHome } from '../support/twofold-home.ts'
import type { TwofoldProcess } from '../support/twofold-process.ts'

const HISTORY_ROWS = 150_000
const CONFIG = `
import example from ${JSON.stringify(join(ROOT, 'examples/flights/twofold.config.ts'))}

export default {
  ...example,
  batch: { everyMs: 5000, full: undefined },
  options: { archiveFlushMs: 1000, collectionGraceMs: 3_600_000 },
  sample: { ...example.sample, historyRows: ${HISTORY_ROWS}, ratePerSecond: 2000 },
}
`

let home: TwofoldHome
let twofold: TwofoldProcess
let api: Api

beforeAll(async () => {
  home = await TwofoldHome.create(CONFIG)
  api = new Api(home.apiUrl)
  twofold = home.start()
  await twofold.ready()
})

afterAll(async () => {
  twofold?.kill('SIGTERM')
  await twofold?.exited
  await home?.remove()
})

interface Case {
  readonly title: string
  readonly question: Question
  readonly sql: SqlQuestion
}

const DAY = `date_trunc('day', date)`
/** Until April 2001 New York was five hours behind UTC. */
const DAY_IN_NEW_YORK = `date_trunc('day', date - INTERVAL 5 HOUR) + INTERVAL 5 HOUR`
const AIRPORTS = { dimension: 'origin', op: 'in', values: ['ATL', 'ORD', 'LAX'] }
const RANGE = { from: '2001-01-02T06:00:00Z', to: '2001-01-05' }
const IN_RANGE = `date >= TIMESTAMP '2001-01-02 06:00:00' AND date < TIMESTAMP '2001-01-05'`

/** Small enough to be asked again and again. */
const CASES: readonly Case[] = [
  { title: 'all by the hour', question: { view: 'delays_by_hour' }, sql: { by: {} } },
  { title: 'all by the day', question: { view: 'routes_by_day' }, sql: { by: {} } },
  {
    title: 'hours of all airports',
    question: { view: 'delays_by_hour', grain: 'hour' },
    sql: { by: { time: `date_trunc('hour', date)` } },
  },
  {
    title: 'airports',
    question: { view: 'delays_by_hour', dimensions: ['origin'] },
    sql: { by: { origin: 'origin' } },
  },
  {
    title: 'days of New York, some airports',
    question: {
      ...{ view: 'delays_by_hour', grain: 'day', timeZone: 'America/New_York' },
      ...{ dimensions: ['origin'], filters: [AIRPORTS] },
    },
    sql: { by: { time: DAY_IN_NEW_YORK, origin: 'origin' }, where: `origin IN ('ATL', 'ORD', 'LAX')` },
  },
  {
    title: 'a time range, all but one airport',
    question: {
      ...{ view: 'delays_by_hour', timeRange: RANGE },
      filters: [{ dimension: 'origin', op: 'notEquals', values: ['ATL'] }],
    },
    sql: { by: {}, where: `${IN_RANGE} AND origin <> 'ATL'` },
  },
  {
    title: 'routes of one airport by the day',
    question: {
      ...{ view: 'routes_by_day', grain: 'day', dimensions: ['destination'] },
      filters: [{ dimension: 'origin', op: 'equals', values: ['DEN'] }],
    },
    sql: { by: { time: DAY, destination: 'destination' }, where: `origin = 'DEN'` },
  },
  {
    title: 'weeks by destinations with S',
    question: {
      ...{ view: 'routes_by_day', grain: 'week', dimensions: ['destination'] },
      filters: [{ dimension: 'destination', op: 'startsWith', values: ['S'] }],
    },
    sql: {
      by: { time: `date_trunc('week', date)`, destination: 'destination' },
      where: `starts_with(destination, 'S')`,
    },
  },
]

/** The finest there is; tens of thousands of rows. */
const FINEST: readonly Case[] = [
  {
    title: 'every hour of every airport',
    question: { view: 'delays_by_hour', grain: 'hour', dimensions: ['origin'] },
    sql: { by: { time: `date_trunc('hour', date)`, origin: 'origin' } },
  },
  {
    title: 'every day of every route',
    question: { view: 'routes_by_day', grain: 'day', dimensions: ['origin', 'destination'] },
    sql: { by: { time: DAY, origin: 'origin', destination: 'destination' } },
  },
]

async function expectEqual(oracle: FlightsOracle, { sql, title }: Case, answer: Answer) {
  const { through, generation } = answer.coverage
  const expected = await oracle.answer(sql, through)
  const difference = firstDifference(answer.data, expected, Object.keys(sql.by), FLIGHTS_NEARNESS)
  expect(difference, `${title}, generation ${generation}, through ${JSON.stringify(through)}`).toBeUndefined()
  expect(answer.data.length).toBeGreaterThan(0)
}

function expectGrown(before: Answer | undefined, after: Answer): void {
  if (before === undefined) return
  expect(recordsOf(after)).toBeGreaterThanOrEqual(recordsOf(before))
  expect(after.coverage.generation).toBeGreaterThanOrEqual(before.coverage.generation)
  for (const [partition, end] of Object.entries(before.coverage.through))
    expect(after.coverage.through[partition]).toBeGreaterThanOrEqual(end)
}

describe('the example, fed as it is at a first start', () => {
  let rows: number
  let oracle: FlightsOracle
  const answers: { readonly asked: Case; readonly answer: Answer }[] = []

  test('answers from both layers within a minute', async () => {
    const total: Question = { view: 'delays_by_hour', measures: ['flights'] }
    const { coverage } = await eventually(
      'records of both layers',
      () => api.ask(total),
      ({ coverage: { records, generation } }) => generation >= 1 && records.batch > 0 && records.speed > 0,
      60_000,
    )
    expect(coverage).toMatchObject({ complete: true, quarantined: 0, lost: 0, skipped: 0 })
  })

  test('never shrinks, while generations are published', async () => {
    const newest = new Map<string, Answer>()
    const generations = new Set<number>()
    const deadline = performance.now() + 250_000
    while (generations.size < 3 && performance.now() < deadline) {
      for (const asked of CASES) {
        const answer = await api.ask(asked.question)
        expectGrown(newest.get(asked.question.view), answer)
        newest.set(asked.question.view, answer)
        generations.add(answer.coverage.generation)
        answers.push({ asked, answer })
      }
    }
    expect(generations.size).toBeGreaterThanOrEqual(3)
  })

  test('said the truth each time: what DuckDB says of the same rows', async () => {
    rows = await pauseSample(api)
    oracle = await FlightsOracle.open(rows)
    const throughs = new Set(answers.map(({ answer }) => JSON.stringify(answer.coverage.through)))
    expect(throughs.size).toBeGreaterThan(5)
    // Spread over the whole time: the oracle is slower than the platform.
    const step = Math.ceil(answers.length / 60)
    for (const { asked, answer } of answers.filter((_, index) => index % step === 0))
      await expectEqual(oracle, asked, answer)
  })

  test('comes to hold every row', async () => {
    expect(rows).toBeGreaterThan(HISTORY_ROWS)
    for (const view of ['delays_by_hour', 'routes_by_day']) {
      const ask = () => api.ask({ view, measures: ['flights'] })
      const { data } = await eventually(
        `${rows} records in ${view}`,
        ask,
        answer => recordsOf(answer) === rows,
      )
      expect(data).toEqual([{ flights: rows }])
    }
  })

  test.each([...CASES, ...FINEST].map(asked => [asked.title, asked] as const))(
    'says the truth of %s',
    async (_, asked) => {
      await expectEqual(oracle, asked, await api.ask(asked.question))
    },
  )

  test('puts the largest first, as many as asked for', async () => {
    const question = { view: 'delays_by_hour', measures: ['flights'], dimensions: ['origin'] }
    const all = await api.ask(question)
    const top = await api.ask({ ...question, order: [{ by: 'flights', desc: true }], limit: 5 })
    const counts = all.data.map(row => row['flights'] as number).sort((a, b) => b - a)
    expect(top.data.map(row => row['flights'])).toEqual(counts.slice(0, 5))
  })

  describe('on the command line', () => {
    const total = async () =>
      (await api.ask({ view: 'routes_by_day', measures: ['flights', 'delay_max'] })).data

    test('query asks the same', async () => {
      const question: Question = {
        ...{ view: 'delays_by_hour', measures: ['flights'], dimensions: ['origin'], limit: 3 },
        order: [{ by: 'flights', desc: true }],
      }
      const args = 'delays_by_hour --measures flights --dimensions origin --order=-flights --limit 3'
      const answer = await home.json<Answer>('query', ...args.split(' '))
      expect(answer.data).toEqual((await api.ask(question)).data)
    })

    test('status tells offsets and generation', async () => {
      const status = await home.json<Status>('status')
      expect(status.generation?.seq).toBeGreaterThanOrEqual(1)
      expect(status.views.map(({ name }) => name)).toEqual(['delays_by_hour', 'routes_by_day'])
      const ends = status.streams[0]!.partitions.map(({ logEnd }) => logEnd ?? 0)
      expect(ends.reduce((sum, end) => sum + end)).toBe(rows)
    })

    test('verify finds nothing wrong', async () => {
      const report = await home.json<VerifyReport>('verify')
      expect(report).toMatchObject({ ok: true, findings: [] })
      expect(report.views).toHaveLength(2)
    })

    test('a full recompute, a roll-back and its end change no total', async () => {
      const before = await total()
      const totals: unknown[] = []
      const steps: unknown[] = []
      for (const args of [['run', '--full'], ['rollback'], ['resume'], ['run']]) {
        steps.push(await home.json('batch', ...args))
        totals.push(await total())
      }
      expect(totals).toEqual([before, before, before, before])
      expect(steps[0]).toMatchObject({ pointer: { reason: 'full' } })
      expect(steps[1]).toMatchObject({ pointer: { paused: true, rolledBackTo: expect.any(Number) } })
      expect(steps[2]).toMatchObject({ pointer: { paused: false } })
      for (const asked of CASES) await expectEqual(oracle, asked, await api.ask(asked.question))
      oracle.close()
    })
  })

  test('leaves nothing behind when it stops', async () => {
    expect(await twofold.stop()).toEqual({ code: 0, signal: null })
    expect(await home.survivors()).toEqual([])
    expect(home.temporaryFiles()).toEqual([])
  })
})
