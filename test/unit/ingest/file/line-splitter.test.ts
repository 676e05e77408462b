import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineSplitter } from '../../../../ingest/file/line-splitter.ts'

function split(parts: readonly Uint8Array[], maxLineBytes: number): string[] {
  const splitter = new LineSplitter(maxLineBytes)
  const lines = parts.flatMap(part => splitter.push(part))
  return [...lines, ...splitter.finish()].map(line => Buffer.from(line).toString('latin1'))
}

test('yields the lines, cut to the limit, however the bytes are cut into pieces', () => {
  const line = fc.string({ unit: fc.constantFrom('a', '"', '\r', '\u00e9'), maxLength: 20 })
  fc.assert(
    fc.property(
      fc.array(line),
      fc.boolean(),
      fc.array(fc.nat(30)),
      fc.integer({ min: 1, max: 20 }),
      (lines, ended, sizes, max) => {
        const bytes = Buffer.from(lines.join('\n') + (ended ? '\n' : ''), 'latin1')
        const parts: Uint8Array[] = []
        let at = 0
        for (const size of sizes) {
          parts.push(bytes.subarray(at, at + size))
          at += size
        }
        parts.push(bytes.subarray(at))
        const expected = bytes.toString('latin1').split('\n')
        if (expected.at(-1) === '') expected.pop()
        expect(split(parts, max)).toEqual(expected.map(text => text.slice(0, max)))
      },
    ),
  )
})

test('drops a byte order mark at the beginning of the file, and only there', () => {
  const mark = Buffer.from([0xef, 0xbb, 0xbf])
  const lines = split([mark, Buffer.from('a\n'), mark, Buffer.from('b')], 100)
  expect(lines).toEqual(['a', `${mark.toString('latin1')}b`])
})
