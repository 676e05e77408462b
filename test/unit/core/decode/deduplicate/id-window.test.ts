import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IdHash } from '../../../../../core/decode/deduplicate/id-hash.ts'
import { IdWindow } from '../../../../../core/decode/deduplicate/id-window.ts'

const encoder = new TextEncoder()

function hashed(text: string): IdHash {
  const hash = new IdHash()
  const bytes = encoder.encode(text)
  hash.of(bytes, 0, bytes.length)
  return hash
}

function hexOf({ a, b, c, d }: IdHash): string {
  return [a, b, c, d].map(word => (word >>> 0).toString(16).padStart(8, '0')).join('')
}

describe('the hash of an id', () => {
  // Of the reference implementation, by the words it stores.
  it.each([
    ['', '00000000000000000000000000000000'],
    ['The quick brown fox jumps over the lazy dog', '2f1583c3ecee2c675d7bf66ce5e91d2c'],
  ])('is MurmurHash3_x86_128: of %j', (text, hex) => {
    expect(hexOf(hashed(text))).toBe(hex)
  })

  it('does not depend on where the bytes stand, and differs with each byte and with the length', () => {
    const seen = new Set<string>()
    for (let length = 0; length < 40; length++) {
      const bytes = new Uint8Array(length)
      const hash = new IdHash()
      const of = (start: number, buffer: Uint8Array) => {
        hash.of(buffer, start, start + length)
        return hexOf(hash)
      }
      seen.add(of(0, bytes))
      for (let at = 0; at < length; at++) {
        const changed = bytes.slice()
        changed[at] = 0x80
        seen.add(of(0, changed))
        expect(of(3, Uint8Array.of(1, 2, 3, ...changed, 4))).toBe(of(0, changed))
      }
    }
    expect(seen.size).toBe((40 * 41) / 2)
  })
})

describe('the window of ids', () => {
  it('tells what a search of the offsets before tells, whatever the distances', () => {
    const step = fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom(0, 1, 1, 1, 2, 3) },
      { weight: 1, arbitrary: fc.constantFrom(1000, 2 ** 31 - 3, 2 ** 31 - 2, 2 ** 31 - 1, 2 ** 33) },
    )
    const law = fc.property(
      fc.constantFrom(1, 2, 5, 40, 5000),
      fc.constantFrom(0, 7, 2 ** 40),
      fc.array(fc.record({ step, id: fc.nat(12) }), { maxLength: 120 }),
      (within, from, rows) => {
        const window = new IdWindow(within, from)
        const before: { offset: number; id: number }[] = []
        let offset = from
        for (const { step, id } of rows) {
          offset += step
          const expected = before.some(other => other.id === id && offset - other.offset <= within)
          expect(window.note(hashed(`${id}`), offset)).toBe(expected)
          before.push({ offset, id })
        }
      },
    )
    fc.assert(law, { seed: 4, numRuns: 500 })
  })

  it('forgets what has fallen out when it is full, and nothing else', () => {
    const within = 2000
    const window = new IdWindow(within, 0)
    // Each id comes back after `within` offsets, or after one more.
    for (let offset = 0; offset < 40_000; offset++) {
      const period = within + (Math.floor(offset / 10_000) % 2)
      const isRepeat = window.note(hashed(`${period}/${offset % period}`), offset)
      const inPeriod = offset % 10_000
      if (inPeriod >= period) expect(isRepeat, `offset ${offset}`).toBe(period === within)
    }
    expect(window.memoryBytes).toBeLessThanOrEqual(40 * (within + 1))
  })

  it('takes 40 bytes for each id of the window, however long it is used', () => {
    const window = new IdWindow(3000, 0)
    const hash = new IdHash()
    const bytes = new Uint8Array(4)
    const words = new DataView(bytes.buffer)
    let repeats = 0
    for (let offset = 0; offset < 30_000; offset++) {
      words.setUint32(0, offset)
      hash.of(bytes, 0, 4)
      if (window.note(hash, offset)) repeats += 1
    }
    expect(repeats).toBe(0)
    expect(window.memoryBytes).toBeLessThanOrEqual(40 * 3001)
  })
})
