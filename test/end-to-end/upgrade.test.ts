import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { VerifyReport } from '../../batch-layer/commands.ts'
import { type Answer, Api, eventually, type Question } from '../support/api.ts'
import { TwofoldHome } from '../support/twofold-home.ts'
import type { TwofoldProcess } from '../support/twofold-process.ts'
import { orderLines, readingLines } from '../upgrade/events.ts'
import { archived, QUANTILES, QUESTIONS, readFrozenAnswers, send, thaw } from '../upgrade/fixture.ts'

const VERSIONS = readdirSync(fileURLToPath(new URL('../upgrade/', import.meta.url))).filter(name =>
  /^\d/.test(name),
)
/** How many lines of each stream there are in the end. */
const ORDERS = 500
const READINGS = 160

describe.each(VERSIONS)('a data directory of version %s', version => {
  const frozen = readFrozenAnswers(version)
  let home: TwofoldHome
  let twofold: TwofoldProcess
  let api: Api

  beforeAll(async () => {
    home = await TwofoldHome.create()
    thaw(version, home)
    api = new Api(home.apiUrl)
    twofold = home.start()
    await twofold.ready()
  })

  afterAll(async () => {
    await home?.remove()
  })

  const frozenData = (question: Question) =>
    frozen.answers.find(answer => JSON.stringify(answer.question) === JSON.stringify(question))!.data

  test.each(QUESTIONS)('answers $view as that version did: $dimensions', async question => {
    const { data, coverage } = await api.ask(question)
    expect(data).toEqual(frozenData(question))
    expect(coverage.complete).toBe(true)
    expect(coverage.generation).toBeGreaterThanOrEqual(frozen.generation)
  })

  test('keeps the counts beside quantiles, whose estimates a later version may improve', async () => {
    const { data } = await api.ask(QUANTILES)
    const counts = (rows: Answer['data']) => rows.map(({ status, orders }) => ({ status, orders }))
    expect(counts(data)).toEqual(counts(frozenData(QUANTILES)))
  })

  test('is found sound by verify', async () => {
    const { findings } = await home.json<VerifyReport>('verify')
    expect(findings).toEqual([])
  })

  test('goes on: its chains, its archive and its generations take in what comes next', async () => {
    await send(home, api, [frozen.lines.orders, ORDERS], [frozen.lines.readings, READINGS])
    await expectTotals(api)
    await archived(api)
    const before = (await api.status()).generation!.seq
    await home.json('batch', 'run', '--full')
    await eventually(
      'the next generation serves',
      () => api.status(),
      ({ generation }) => generation!.seq > before,
    )
    await expectTotals(api)
    expect((await home.json<VerifyReport>('verify')).findings).toEqual([])
  })

  test('stops cleanly', async () => {
    expect((await twofold.stop()).code).toBe(0)
  })
})

/** Counts and sums out of the lines themselves. */
async function expectTotals(api: Api): Promise<void> {
  const orders = orderLines(0, ORDERS)
    .map(line => JSON.parse(line) as { status?: string; amount?: string })
    .filter(({ amount, status }) => amount !== undefined && status !== 'void')
  const cents = orders.reduce((sum, { amount }) => sum + Number(amount!.replace('.', '')), 0)
  const sales = await api.ask({ view: 'sales_by_minute', measures: ['orders', 'revenue'] })
  expect(sales.data).toEqual([{ orders: orders.length, revenue: cents / 100 }])
  const readings = await api.ask({ view: 'readings_by_hour', measures: ['readings'] })
  expect(readings.data).toEqual([{ readings: readingLines(0, READINGS).length }])
}
