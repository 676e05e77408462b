import { deflateRawSync, gzipSync } from 'node:zlib'
import iconv from 'iconv-lite'
import { describe, expect, test } from 'vitest'
import { stream, t } from '../../../../core/index.ts'
import type { FileOptions } from '../../../../ingest/file/file-options.ts'
import { readEvents, writeTemporary } from '../../../support/read-file-source.ts'

/** What people have, as files of their own programs: each with the values that a reader of the file would name. */
const sales = stream({
  topic: 'sales',
  time: 'ts',
  schema: {
    ts: t.timestamp(),
    acct: t.string(),
    amount: t.decimal(18, 2).optional(),
    note: t.string().optional(),
  },
})

const read = (name: string, content: string | Uint8Array, options?: FileOptions) =>
  readEvents(writeTemporary(name, content), sales, options)

const event = (hour: string, acct: string, amount: number | null, note: string | null = 'x') => ({
  ...{ ts: `2026-01-05T${hour}Z`, acct, amount, note },
})

const PLAIN = 'ts,acct,amount,note\n2026-01-05 10:00:00,A,1.50,x\n2026-01-05 10:00:01,B,2.00,y\n'
const ROWS = [event('10:00:00', 'A', 1.5), event('10:00:01', 'B', 2, 'y')]

describe('F3: files as people have them', () => {
  test('semicolons, decimal comma and grouped thousands, with a mark and CRLF', async () => {
    const text =
      '\ufeffts;acct;amount;note\r\n2026-01-05 10:00:00;A;1,50;x\r\n2026-01-05 11:00:00;B;1.234,56;y\r\n'
    const { events, reading } = await read('b-semicolon.csv', text)
    expect(events).toEqual([event('10:00:00', 'A', 1.5), event('11:00:00', 'B', 1234.56, 'y')])
    expect(reading).toMatchObject({
      delimiter: ';',
      decimal: ',',
      thousands: '.',
      header: true,
      encoding: 'utf-8',
    })
  })

  test('a line `sep=,` before the header', async () => {
    const { events, reading } = await read(
      'c-sepline.csv',
      'sep=,\r\nts,acct,amount,note\r\n2026-01-05 10:00:00,A,1.50,x\r\n',
    )
    expect(events).toEqual([event('10:00:00', 'A', 1.5)])
    expect(reading).toMatchObject({ delimiter: ',', skipLines: 1 })
  })

  test('line ends that are mixed', async () => {
    const { events, refused } = await read(
      'h-mixedeol.csv',
      'ts,acct,amount,note\r\n2026-01-05 10:00:00,A,1.50,x\n2026-01-05 10:00:01,B,2.00,y\r\n',
    )
    expect([events, refused.size]).toEqual([ROWS, 0])
  })

  test('numbers in the forms that spreadsheets and programs write', async () => {
    const cells = ['.5', '+5', '5.', '"1,234.50"', '$5.00', '(5.00)', '1e2', ' 7.00 ', '007.10', '-0']
    const rows = cells.map((cell, index) => `2026-01-05 10:00:0${index},N${index},${cell},x\n`)
    const { events, refused } = await read('i-numbers.csv', `ts,acct,amount,note\n${rows.join('')}`)
    expect(events.map(({ acct, amount }) => [acct, amount])).toEqual([
      ...[
        ['N0', 0.5],
        ['N1', 5],
        ['N2', 5],
        ['N3', 1234.5],
      ],
      ...[
        ['N6', 100],
        ['N7', 7],
        ['N8', 7.1],
        ['N9', -0],
      ],
    ])
    expect([...refused.keys()]).toEqual([6, 7])
    expect(refused.get(6)).toContain('"$5.00"')
  })

  test('a header in another case, and with blanks', async () => {
    const { events, reading } = await read('n.csv', 'TS, Acct ,Amount,Note\n2026-01-05 10:00:00,A,1.50,x\n')
    expect(events).toEqual([event('10:00:00', 'A', 1.5)])
    expect(reading.columns).toContainEqual({ file: 'Acct', column: 'acct' })
  })

  test('no header: the first row is a row', async () => {
    const { events, reading } = await read('w-noheader.csv', PLAIN.slice(PLAIN.indexOf('\n') + 1))
    expect(events).toEqual(ROWS)
    expect(reading).toMatchObject({ header: false })
  })

  test.each([
    ['a tab', 'x.tsv', '\t'],
    ['a tab in a file called csv', 'x.csv', '\t'],
    ['a pipe', 'x.txt', '|'],
    ['a semicolon', 'x.csv', ';'],
  ])('%s between cells', async (_, name, delimiter) => {
    expect((await read(name, PLAIN.replaceAll(',', delimiter))).events).toEqual(ROWS)
  })

  test('returns alone at the ends of lines', async () => {
    expect((await read('x.csv', PLAIN.replaceAll('\n', '\r'))).events).toEqual(ROWS)
  })

  test('columns without a name at the end, in the header and in rows alone', async () => {
    const header = PLAIN.replaceAll('\n', ',,\n')
    const rows = `ts,acct,amount,note\n${PLAIN.slice(PLAIN.indexOf('\n') + 1).replaceAll('\n', ',,\n')}`
    expect((await read('x.csv', header)).events).toMatchObject(ROWS)
    expect((await read('x.csv', rows)).events).toEqual(ROWS)
  })

  test.each(['utf-16le', 'utf-16be', 'windows-1252', 'iso-8859-1', 'utf-8'])(
    'letters in %s',
    async encoding => {
      const text = PLAIN.replace(',x', ',Zürich façade')
      const marked = /16/.test(encoding) ? `\ufeff${text}` : text
      const { events, reading } = await read('x.csv', iconv.encode(marked, encoding))
      expect(events[0]).toEqual(event('10:00:00', 'A', 1.5, 'Zürich façade'))
      // Latin-1 is the part of Windows-1252 that both write alike.
      expect(reading.encoding).toBe(encoding === 'iso-8859-1' ? 'windows-1252' : encoding)
    },
  )

  test('UTF-16 without a mark', async () => {
    expect((await read('x.csv', iconv.encode(PLAIN, 'utf-16le'))).events).toEqual(ROWS)
  })

  test('words for nothing are null where no text is expected, and \\N is everywhere', async () => {
    const words = ['NA', 'NULL', '\\N', '-', '', 'N/A']
    const rows = words.map(word => `2026-01-05 10:00:00,${word === '\\N' ? 'A' : 'NA'},${word},\\N\n`)
    const { events, refused } = await read('x.csv', `ts,acct,amount,note\n${rows.join('')}`)
    expect(refused.size).toBe(0)
    expect(events.map(({ amount, note }) => [amount, note])).toEqual(words.map(() => [null, null]))
    expect(events.map(({ acct }) => acct)).toEqual(['NA', 'NA', 'A', 'NA', 'NA', 'NA'])
  })

  test('--null says which words are null, also of texts', async () => {
    const text = 'ts,acct,amount,note\n2026-01-05 10:00:00,A,?,none\n'
    expect((await read('x.csv', text, { nulls: ['?', 'none'] })).events).toEqual([
      event('10:00:00', 'A', null, null),
    ])
    expect((await read('x.csv', text)).refused.get(2)).toContain('"?"')
  })

  test.each([
    ["1'234.50", 1234.5],
    ['1 234.50', 1234.5],
    ['1\u202f234,50', 1234.5],
    ['1,234,567', 1234567],
    ['1.234.567', 1234567],
    ['1234,5', 1234.5],
  ])('the number %s says how it is written', async (cell, amount) => {
    const { events } = await read('x.csv', `ts;acct;amount;note\n2026-01-05 10:00:00;A;${cell};x\n`)
    expect(events).toEqual([event('10:00:00', 'A', amount)])
  })

  test('1,234 alone may be either: it is refused until it is said', async () => {
    const text = 'ts;acct;amount;note\n2026-01-05 10:00:00;A;1,23400;x\n'.replace('00;x', ';x')
    expect((await read('x.csv', text)).refused.get(2)).toContain('"1,234"')
    expect((await read('x.csv', text, { thousands: ',' })).events).toEqual([event('10:00:00', 'A', 1234)])
    const wide = text.replace('1,234', '1,230')
    expect((await read('x.csv', wide, { decimal: ',' })).events).toEqual([event('10:00:00', 'A', 1.23)])
  })
})

describe('F3: JSON and archives', () => {
  const line = (row: number) => JSON.stringify(ROWS[row])

  test('a list of events, however it is laid out', async () => {
    expect((await read('x.json', `[${line(0)},${line(1)}]`)).events).toEqual(ROWS)
    expect((await read('x.json', JSON.stringify(ROWS, undefined, 2))).events).toEqual(ROWS)
    expect((await read('x.json', '[]')).events).toEqual([])
  })

  test('events one after another, over several lines', async () => {
    const text = ROWS.map(row => JSON.stringify(row, undefined, 2)).join('\n')
    expect((await read('x.json', text)).events).toEqual(ROWS)
  })

  test('lines in a file called json', async () => {
    const { events, reading } = await read('x.json', `${line(0)}\n${line(1)}\n`)
    expect([events, reading.format]).toEqual([ROWS, 'ndjson'])
  })

  test('features of GeoJSON', async () => {
    const quakes = stream({
      topic: 'quakes',
      time: 'at',
      schema: { at: t.timestamp('ms').path('properties.time'), mag: t.decimal(4, 2).path('properties.mag') },
    })
    const feature = (mag: string) =>
      `{"type":"Feature","properties":{"time":1,"mag":${mag}},"geometry":{"type":"Point","coordinates":[1,2]}}`
    const text = `{"type":"FeatureCollection","metadata":{"features":[1]},"features":[${feature('1.50')},\n${feature('2')}],"bbox":[]}`
    const { texts, events, reading } = await readEvents(writeTemporary('x.geojson', text), quakes)
    expect(texts).toEqual([feature('1.50'), feature('2')])
    expect([events.length, reading.records]).toEqual([2, 'features'])
  })

  test('a list that --records names', async () => {
    const text = `{"a":[{"x":1}],"b":{"items":[${line(0)}]},"c":[{"x":1}]}`
    expect((await read('x.json', text, { records: 'b.items' })).events).toEqual([ROWS[0]])
    await expect(read('x.json', text, { records: 'b.rows' })).rejects.toThrow(/no list at "b.rows"/)
  })

  test('a list is streamed in pieces: wherever they are cut, the elements are the same', async () => {
    const rows = Array.from({ length: 20_000 }, (_, n) => event('10:00:00', `"]},${n}\\`, n))
    const { events, texts } = await read('x.json.gz', gzipSync(JSON.stringify(rows)))
    expect(events).toEqual(rows)
    expect(texts[19_999]).toBe(JSON.stringify(rows[19_999]))
  })

  test('a zip of one file, and of several', async () => {
    const one = zipOf({ 'data.csv': PLAIN, '__MACOSX/._data.csv': 'x' })
    const { events, reading } = await read('x.zip', one)
    expect(events).toEqual(ROWS)
    expect(reading).toMatchObject({ container: 'zip', entry: 'data.csv' })
    const several = zipOf({ 'a.csv': 'x', 'b.ndjson': `${line(0)}\n` })
    await expect(read('x.zip', several)).rejects.toThrow(/several files.*--entry: a.csv, b.ndjson/)
    expect((await read('x.zip', several, { entry: 'b.ndjson' })).events).toEqual([ROWS[0]])
  })
})

describe('what is said of a file goes before what is found in it', () => {
  test.each<[string, FileOptions, string]>([
    ['delimiter', { delimiter: ':' }, 'ts:acct:amount:note\n2026-01-05:A:1.50:x\n'],
    ['quote', { quote: '' }, 'ts,acct,amount,note\n2026-01-05,A,1.50,"x\n'],
    ['columns', { columns: ['note', 'amount', 'acct', 'ts'] }, 'x,1.50,A,2026-01-05\n'],
    ['header', { header: true, columns: ['note', 'amount', 'acct', 'ts'] }, 'a,b,c,d\nx,1.50,A,2026-01-05\n'],
    ['skipLines', { skipLines: 2 }, 'Report\n"of, today"\nts,acct,amount,note\n2026-01-05,A,1.50,x\n'],
    ['map', { map: { When: 'ts', Who: 'acct' } }, 'When,Who,amount,note\n2026-01-05,A,1.50,x\n'],
    ['escape', { escape: '\\' }, 'ts,acct,amount,note\n2026-01-05,"A",1.50,"x"\n'],
    ['format', { format: 'csv' }, 'ts,acct,amount,note\n2026-01-05,A,1.50,x\n'],
  ])('%s', async (option, options, text) => {
    const { events } = await read(option === 'format' ? 'x.dat' : 'x.csv', text, options)
    expect(events).toEqual([event('00:00:00', 'A', 1.5, option === 'quote' ? '"x' : 'x')])
  })

  test.each<[FileOptions, RegExp]>([
    [{ delimiter: ',,' }, /--delimiter ",,": expected one character/],
    [{ encoding: 'klingon' }, /--encoding klingon: it is not known/],
    [{ columns: ['a', 'b'] }, /--columns a,b: it names 2 columns, and the file has 4/],
    [{ columns: ['a', 'a', 'b', 'c'] }, /names "a" twice/],
    [{ map: { nothing: 'ts' } }, /the file has no column "nothing", but ts, acct/],
    [{ map: { ts: 'when' } }, /the stream sales has no column "when", but ts, acct/],
    [{ decimal: ',', thousands: ',' }, /--thousands ,: it is the decimal sign/],
    [{ delimiter: '"', quote: '"' }, /same/],
  ])('%j is refused by name', async (options, says) => {
    const error = await read('x.csv', PLAIN, options).then(
      () => expect.unreachable('it was read'),
      cause => cause,
    )
    expect(error).toMatchObject({ code: 'FILE_OPTION_INVALID', message: expect.stringMatching(says) })
  })
})

/** A zip file, as far as a test needs one. */
function zipOf(files: Readonly<Record<string, string>>): Buffer {
  const locals: Buffer[] = []
  const entries: Buffer[] = []
  let offset = 0
  for (const [name, content] of Object.entries(files)) {
    const data = deflateRawSync(content)
    const shared = Buffer.alloc(26)
    shared.writeUInt16LE(20, 0)
    shared.writeUInt16LE(8, 4)
    shared.writeUInt32LE(data.length, 14)
    shared.writeUInt32LE(Buffer.byteLength(content), 18)
    shared.writeUInt16LE(Buffer.byteLength(name), 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), shared, Buffer.from(name), data])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(offset, 10)
    entries.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), shared, rest, Buffer.from(name)]))
    locals.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(entries)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}
