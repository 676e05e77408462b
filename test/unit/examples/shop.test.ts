import { describe, expect, test } from 'vitest'
import { generateShop, type ShopEvent } from '../../../examples/shop/generate.ts'
import project from '../../../examples/shop/twofold.config.ts'
import { openEventStream } from '../../../ingest/event/event-stream.ts'

const OPTIONS = {
  seed: 7,
  count: 20_000,
  lateShare: 0.1,
  duplicateShare: 0.05,
  malformedShare: 0.1,
  hotKeyShare: 0.3,
}
const events = [...generateShop(OPTIONS)]
const texts = (list: readonly ShopEvent[]): string[] =>
  list.map(({ bytes }) => Buffer.from(bytes).toString('latin1'))

describe('the generator of the shop', () => {
  test('yields the same for the same seed, and something else for another', () => {
    expect(texts([...generateShop(OPTIONS)])).toEqual(texts(events))
    expect(texts([...generateShop({ ...OPTIONS, seed: 8 })])).not.toEqual(texts(events))
  })

  test('says of each event what the decoder says of it, with every way of being spoilt', () => {
    const { rejections } = openEventStream(project.streams[0]!).check(events.map(({ bytes }) => bytes))
    const expected = events.flatMap((event, row) =>
      event.kind === 'malformed' ? [{ row, reason: event.reason }] : [],
    )
    expect(rejections.map(({ row, reason }) => ({ row, reason }))).toEqual(expected)
    expect(new Set(rejections.map(({ reason }) => reason)).size).toBe(8)
  })

  test('keeps to the shares asked for', () => {
    const share = (kind: ShopEvent['kind']): number =>
      events.filter(event => event.kind === kind).length / events.length
    expect(share('duplicate')).toBeCloseTo(0.05, 1)
    expect(share('late')).toBeCloseTo(0.1 * 0.95 * 0.9, 1)
    expect(share('malformed')).toBeCloseTo(0.1 * 0.95, 1)
    const hot =
      texts(events).filter(text => text.includes('"user_id":9007199254740993,')).length / events.length
    expect(hot).toBeGreaterThan(0.25)
  })

  test('late events lie at least an hour back, duplicates repeat bytes, and no event holds a newline', () => {
    let newest = 0
    const seen = new Set<string>()
    for (const event of events) {
      const text = Buffer.from(event.bytes).toString('latin1')
      expect(text).not.toContain('\n')
      if (event.kind === 'duplicate') expect(seen.has(text)).toBe(true)
      seen.add(text)
      if (event.kind === 'malformed') continue
      const time = Date.parse(/"ts":"([^"]+)"/.exec(text)![1]!)
      if (event.kind === 'late') expect(newest - time).toBeGreaterThan(3_500_000)
      if (event.kind === 'regular') newest = time
    }
  })
})
