import { isUtf8 } from 'node:buffer'
import { describe, expect, test } from 'vitest'
import { QUARANTINE_KEPT_BYTES } from '../../core/sql/system-tables.ts'
import type { QuarantinedRecord, QuarantinePage } from '../../serving/quarantine.ts'
import { eventually, expectOk, recordsOf } from '../support/api.ts'
import { goodClick, shopConfig } from '../support/shop-project.ts'
import { ACCEPTED_CASES, EVENT_CASES, type EventCase, REFUSED_CASES } from './cases/events.ts'
import { testItIsWell, withRunningPlatform } from './running-platform.ts'

/** The shop, and a view one of whose expressions fails on some records. */
const CONFIG = shopConfig()
  .replace(
    'export default',
    `import { m, view } from 'twofold-analytics'
const byNumber = view({
  name: 'by_number',
  from: example.streams[0],
  grain: 'day',
  dimensions: { number: "CASE WHEN country = 'ZZ' THEN CAST(url AS INTEGER) ELSE 0 END" },
  measures: { events: m.count() },
})
export default`,
  )
  .replace('streams:', 'views: [...example.views, byNumber],\n  streams:')

const platform = withRunningPlatform(CONFIG)

/** Produces to one partition, so that what is bad stands before what is good. Answers the offsets. */
async function produce(values: readonly (Uint8Array | null)[]): Promise<number[]> {
  const records = values.map(value => ({ key: null, value, partition: 0 }))
  const positions = await platform.producer.send('clicks', records)
  await platform.caughtUp()
  return positions.map(({ offset }) => offset)
}

async function quarantine(): Promise<QuarantinedRecord[]> {
  const records: QuarantinedRecord[] = []
  for (let after: string | null = ''; after !== null; ) {
    const path: string = `/v1/quarantine?stream=clicks&limit=20${after === '' ? '' : `&after=${after}`}`
    const page = expectOk<QuarantinePage>(await platform.api.send(path), 'quarantine')
    records.push(...page.records)
    after = page.next
  }
  return records
}

const totals = () => platform.api.ask({ view: 'sales_by_minute', measures: ['events'] })

const ROUNDS = 10

/** Milliseconds from before an event is sent until an answer with it has come. */
async function delayMs(page: string): Promise<number> {
  const filters = [{ dimension: 'page', op: 'equals', values: [`/${page}`] }]
  const ask = () => platform.api.ask({ view: 'purchases_by_hour', measures: ['orders'], filters })
  const sentMs = performance.now()
  const event = goodClick({ url: `"https://shop.example/${page}"` })
  expectOk(await platform.api.post('/v1/events/clicks', JSON.parse(event)), 'an event')
  await eventually('the event in an answer', ask, ({ data }) => data[0]!['orders'] === 1)
  return performance.now() - sentMs
}

/** Of some lone events, one after the other: in the middle, and at worst. */
async function delaysMs(name: string): Promise<{ readonly median: number; readonly worst: number }> {
  const delays: number[] = []
  for (let round = 0; round < ROUNDS; round++) delays.push(await delayMs(`${name}-${round}`))
  delays.sort((a, b) => a - b)
  const [median, worst] = [delays[ROUNDS / 2]!, delays[ROUNDS - 1]!].map(Math.round) as [number, number]
  console.log(`${name}, an event was in an answer after ${median} ms in the middle, ${worst} ms at worst`)
  return { median, worst }
}

/** The delays before anything bad has come: what this machine can do while it does what else it does. */
let control: Awaited<ReturnType<typeof delaysMs>>

test('a lone event is in an answer soon', async () => {
  control = await delaysMs('before')
})

describe('records in Kafka that are no events', () => {
  const TOMBSTONE = { what: 'a tombstone', bytes: null, refused: { reason: 'tombstone', field: null } }
  const cases: readonly (EventCase | typeof TOMBSTONE)[] = [TOMBSTONE, ...EVENT_CASES]
  let offsets: readonly number[]

  test('are never in the way of the good ones around them', async () => {
    const before = await totals()
    // A good record behind each of them.
    const stand = await produce(cases.flatMap(({ bytes }) => [bytes, Buffer.from(goodClick())]))
    offsets = stand.filter((_, index) => index % 2 === 0)
    const after = await totals()
    expect(recordsOf(after) - recordsOf(before)).toBe(cases.length + ACCEPTED_CASES.length)
    expect(after.coverage.quarantined - before.coverage.quarantined).toBe(REFUSED_CASES.length + 1)
    expect(after.coverage).toMatchObject({ complete: true, lost: 0, skipped: 0 })
    expect(after.data).toEqual([{ events: recordsOf(after) }])
  })

  test('stand in the quarantine with their reason, their field and their very bytes', async () => {
    const found = new Map((await quarantine()).map(record => [record.offset, record]))
    const seen = cases.map(({ what }, index) => {
      const record = found.get(offsets[index]!)
      return [what, record && { reason: record.reason, field: record.field, view: record.view }]
    })
    const expected = cases.map(({ what, refused }) => [
      what,
      refused && { reason: refused.reason, field: refused.field ?? '', view: '' },
    ])
    expect(seen).toEqual(expected)
    for (const [index, { what, bytes, refused }] of cases.entries()) {
      if (refused === undefined) continue
      const record = found.get(offsets[index]!)!
      const shown = bytes?.subarray(0, QUARANTINE_KEPT_BYTES)
      expect(record.valueBase64, what).toBe(shown?.toString('base64') ?? null)
      expect(record.isCut, what).toBe((bytes?.length ?? 0) > QUARANTINE_KEPT_BYTES)
      expect(record.value, what).toBe(shown === undefined || !isUtf8(shown) ? null : shown.toString())
      expect(record.detail, what).toMatch(/\S/)
    }
  })

  test('are counted by their reasons in the status', async () => {
    const { quarantined } = await platform.api.status()
    const counts = new Map(quarantined.map(({ reason, records }) => [reason, records]))
    const reasons = ['tombstone', ...REFUSED_CASES.map(({ refused }) => refused!.reason)]
    for (const reason of new Set(reasons))
      expect([reason, counts.get(reason)]).toEqual([reason, reasons.filter(each => each === reason).length])
  })
})

describe('records that are odd, and events all the same', () => {
  test('count in the bucket of their own time, however late or early', async () => {
    const years = ['1900', '2025', '2027', '2299']
    const { data } = await platform.api.ask({ view: 'sales_by_minute', measures: ['events'], grain: 'year' })
    const counted = new Map(data.map(({ time, events }) => [String(time).slice(0, 4), events]))
    for (const year of years) expect([year, counted.get(year)]).toEqual([year, 1])
  })

  test('keep every digit and every character', async () => {
    const ids = ['9007199254740993', '18446744073709551615']
    await produce(
      ids.map(id => Buffer.from(goodClick({ user_id: id, amount: '1000', url: `"https://x.y/${id}"` }))),
    )
    for (const id of ids) {
      const path = `/v1/views/purchases_by_hour?measures=best_customer&filter=page:equals:/${id}`
      const text = await fetch(platform.home.apiUrl + path).then(answer => answer.text())
      expect(text).toContain(`"data":[{"best_customer":${id}}]`)
    }
    const question = { view: 'sales_by_minute', measures: ['events'], dimensions: ['country'] }
    const { data } = await platform.api.ask(question)
    expect(data).toContainEqual({ country: 'a\0b', events: 1 })
    expect(data.map(({ country }) => country)).not.toContain('XX')
  })
})

describe('a record on which one expression of one view fails', () => {
  test('is set aside for that view alone, and the others count it', async () => {
    const byNumber = () => platform.api.ask({ view: 'by_number', measures: ['events'] })
    const [before, beforeThere] = [await totals(), await byNumber()]
    const values = ['"7"', '"seven"', '"99999999999"', '"8"']
    const offsets = await produce(values.map(url => Buffer.from(goodClick({ country: '"ZZ"', url }))))
    await eventually('the view has it all', byNumber, ({ coverage }) => coverage.through['0']! > offsets[3]!)
    const [after, afterThere] = [await totals(), await byNumber()]
    expect(recordsOf(after) - recordsOf(before)).toBe(4)
    expect(after.coverage.quarantined).toBe(before.coverage.quarantined)
    expect(recordsOf(afterThere) - recordsOf(beforeThere)).toBe(2)
    expect(afterThere.coverage.quarantined - beforeThere.coverage.quarantined).toBe(2)
    const found = (await quarantine()).filter(({ offset }) => offsets.includes(offset))
    expect(found.map(({ offset, view, reason, field }) => ({ offset, view, reason, field }))).toEqual(
      [1, 2].map(index => ({
        offset: offsets[index],
        view: 'by_number',
        reason: 'expression_failed',
        field: 'dimensions.number',
      })),
    )
  })
})

test('a lone event after all of that is in an answer as soon as before', async () => {
  const { median, worst } = await delaysMs('after')
  expect(median).toBeLessThan(Math.max(2_000, 3 * control.median))
  expect(worst).toBeLessThan(Math.max(5_000, 3 * control.worst))
})

testItIsWell(platform)
