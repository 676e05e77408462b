import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { describe, expect, test } from 'vitest'
import { type CsvGrammar, type CsvRecord, CsvRecords } from '../../../../ingest/file/csv-records.ts'
import { readEvents, writeTemporary } from '../../../support/read-file-source.ts'

/** The reader against csv-parse, over drawn tables, dialects, encodings and damage. */
const RUNS = process.env['FIELD_FULL'] === '1' ? 20_000 : 500

const read = (
  text: string,
  grammar: CsvGrammar,
  cuts: readonly number[] = [],
  maxChars = Infinity,
): CsvRecord[] => {
  const reader = new CsvRecords(grammar, maxChars)
  const at = [0, ...cuts.map(cut => cut % (text.length + 1)).sort((a, b) => a - b), text.length]
  const pieces = at.slice(1).map((end, index) => text.slice(at[index], end))
  return [...pieces.flatMap(piece => reader.push(piece)), ...reader.finish()]
}

const reference = (text: string, { delimiter, quote, escape: escaped }: CsvGrammar): string[][] =>
  parse(text, {
    ...{ delimiter, quote: quote === '' ? null : quote, escape: escaped === '' ? null : escaped },
    ...{ record_delimiter: ['\r\n', '\n', '\r'], relax_column_count: true, skip_empty_lines: true },
  }) as string[][]

const grammars = fc
  .record({
    delimiter: fc.constantFrom(',', ';', '\t', '|', ':'),
    quote: fc.constantFrom('"', "'"),
    backslash: fc.boolean(),
  })
  .map(({ delimiter, quote, backslash }) => ({ delimiter, quote, escape: backslash ? '\\' : quote }))

const cells = fc.oneof(
  fc.string({
    unit: fc.constantFrom('a', 'Z', '0', ' ', ',', ';', '\t', '|', ':', '"', "'", '\\', '\n', '\r'),
    maxLength: 8,
  }),
  fc.string({ unit: 'binary', maxLength: 6 }),
)
const tables = fc
  .integer({ min: 2, max: 5 })
  .chain(width =>
    fc.array(fc.array(cells, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 8 }),
  )
const newlines = fc.constantFrom('\n', '\r\n', '\r')

/** Writes a table; cells that need it are quoted, others now and then. */
function write(
  table: readonly string[][],
  grammar: CsvGrammar,
  ends: readonly string[],
  isEnded: boolean,
): string {
  const { delimiter, quote, escape: escaped } = grammar
  const cell = (text: string, index: number): string => {
    const isPlain = !/[\r\n]/.test(text) && ![delimiter, quote, escaped].some(sign => text.includes(sign))
    if (isPlain && (text.length + index) % 3 > 0) return text
    const inner =
      escaped === quote
        ? text.replaceAll(quote, quote + quote)
        : text.replace(/[\\"']/g, c => (c === quote || c === '\\' ? `\\${c}` : c))
    return quote + inner + quote
  }
  const lines = table.map(row => row.map(cell).join(delimiter))
  return lines
    .map((line, index) => (index === lines.length - 1 && !isEnded ? line : line + ends[index % ends.length]))
    .join('')
}

describe('a table that is written in a dialect', () => {
  const drawn = [
    tables,
    grammars,
    fc.array(newlines, { minLength: 1, maxLength: 3 }),
    fc.boolean(),
    fc.array(fc.nat(), { maxLength: 4 }),
  ] as const

  test('is read back, in whatever pieces it comes, as csv-parse reads it', () => {
    fc.assert(
      fc.property(...drawn, (table, grammar, ends, isEnded, cuts) => {
        const text = write(table, grammar, ends, isEnded)
        const records = read(text, grammar, cuts)
        expect(records.map(({ cells, fault }) => fault ?? cells)).toEqual(table)
        expect(reference(text, grammar)).toEqual(table)
      }),
      { numRuns: RUNS },
    )
  })

  test('has its lines counted as an editor counts them', () => {
    fc.assert(
      fc.property(...drawn, (table, grammar, ends, isEnded, cuts) => {
        const text = write(table, grammar, ends, isEnded)
        let line = 1
        const expected = table.map((row, index) => {
          const begin = line
          const record = write([row], grammar, [ends[index % ends.length]!], true)
          line += record.split(/\r\n|\r|\n/).length - 1
          return begin
        })
        // A return at the end of a record and a newline at the beginning of the next would be one end of a line.
        expect(read(text, grammar, cuts).map(record => record.line)).toEqual(expected)
      }),
      { numRuns: RUNS },
    )
  })
})

describe('damage', () => {
  // No NUL: csv-parse takes one behind a closing quote for a part of the cell. Cells with NULs are drawn above.
  const damage = fc.constantFrom('"', "'", ',', '\n', '\r', ' ', '""', '"x', 'x"', ',,', '\ufeff')

  test('is read alike by csv-parse where that reads it, and up to the damage where it does not', () => {
    fc.assert(
      fc.property(
        tables,
        newlines,
        fc.nat(),
        damage,
        fc.array(fc.nat(), { maxLength: 3 }),
        (table, end, at, stray, cuts) => {
          const grammar = { delimiter: ',', quote: '"', escape: '"' }
          const whole = write(table, grammar, [end], true)
          // No character is cut in two: half of one is no text.
          const place = Array.from(whole)
            .slice(0, at % (whole.length + 1))
            .join('').length
          const text = whole.slice(0, place) + stray + whole.slice(place)
          const ours = read(text, grammar, cuts)
          let theirs: string[][] | undefined
          try {
            theirs = reference(text, grammar)
          } catch {
            theirs = undefined
          }
          if (theirs !== undefined) {
            expect(ours.map(({ cells, fault }) => fault ?? cells)).toEqual(theirs)
            return
          }
          // What stands before the record that was hit is as it was.
          const before = read(whole, grammar).filter((_, index) => endOf(table, end, index) < place)
          expect(ours.slice(0, before.length)).toEqual(before)
        },
      ),
      { numRuns: RUNS },
    )

    function endOf(table: readonly string[][], end: string, index: number): number {
      const grammar = { delimiter: ',', quote: '"', escape: '"' }
      return write(table.slice(0, index + 1), grammar, [end], true).length
    }
  })

  test('a quote that is never closed takes the rest with it, as one record that says so', () => {
    const records = read('a,b\n1,"2\n3,4\n', { delimiter: ',', quote: '"', escape: '"' })
    expect(records.map(({ line, fault }) => [line, fault])).toEqual([
      [1, undefined],
      [2, 'the quote at the beginning of cell 2 is never closed'],
    ])
  })

  test('something behind a closing quote costs its line alone', () => {
    const records = read('a,b\n"1"x,2\n"3" ,4\n', { delimiter: ',', quote: '"', escape: '"' })
    expect(records.map(({ cells, fault }) => fault ?? cells)).toEqual([
      ['a', 'b'],
      'something follows the closing quote of cell 1',
      ['3', '4'],
    ])
  })

  test('a record that is too long is passed over in flat memory, and the next one is read', () => {
    const long = `1,"${'x\n""'.repeat(1000)}"\n`
    const records = read(
      `a,b\n${long}3,4\n`,
      { delimiter: ',', quote: '"', escape: '"' },
      [50, 500, 1500],
      100,
    )
    expect(records.map(({ cells, line, fault }) => [line, fault?.slice(0, 27) ?? cells])).toEqual([
      [1, ['a', 'b']],
      [2, 'it is longer than 100 chara'],
      [1003, ['3', '4']],
    ])
  })
})

const TEXTS = fc.string({
  unit: fc.constantFrom('a', 'b', 'é', 'ß', '"', ',', ';', '\n', '€'),
  minLength: 1,
  maxLength: 6,
})

test('a file is its table in whatever encoding it is written', async () => {
  const encodings = fc.constantFrom('utf-8', 'utf-16le', 'utf-16be', 'windows-1252')
  const rows = fc.array(fc.tuple(TEXTS, TEXTS), { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(rows, encodings, fc.boolean(), newlines, async (drawn, encoding, isMarked, end) => {
      const table = [['one', 'two'], ...drawn]
      const grammar = { delimiter: ',', quote: '"', escape: '"' }
      const mark = isMarked && encoding.startsWith('utf') ? '\ufeff' : ''
      const bytes = iconv.encode(mark + write(table, grammar, [end], true), encoding, { addBOM: false })
      const { texts } = await readEvents(writeTemporary('x.csv', bytes), undefined, {
        encoding,
        ...grammar,
        header: true,
      })
      expect(texts.map(text => JSON.parse(text))).toEqual(drawn.map(([one, two]) => ({ one, two })))
    }),
    { numRuns: process.env['FIELD_FULL'] === '1' ? 500 : 20 },
  )
})
