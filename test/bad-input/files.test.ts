import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { beforeAll, describe, expect, test } from 'vitest'
import { loadProject } from '../../cli/project/load.ts'
import type { TwofoldError } from '../../core/model/errors.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { importFile } from '../../ingest/file/import-file.ts'
import { recordsOf } from '../support/api.ts'
import { goodClick } from '../support/shop-project.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { testItIsWell, withRunningPlatform } from './running-platform.ts'

const platform = withRunningPlatform()
let clicks: StreamDefinition

beforeAll(async () => {
  clicks = (await loadProject(join(platform.home.folder, 'twofold.config.ts'))).streams[0]!
})

/** How many records `act` adds to the topic. */
async function added(act: () => Promise<unknown>): Promise<number> {
  const sum = (ends: readonly number[]) => ends.reduce((total, end) => total + end, 0)
  const before = sum(await platform.logEnds())
  await act()
  return sum(await platform.logEnds()) - before
}

const LINE = `${goodClick()}\n`
const HEADER = 'event_id,ts,user_id,action,country,url,device.os'
const ROW = '0d9b3ea8-9c63-4c0c-a7de-4d4b1f0f6a11,2026-01-01T12:00:00Z,42,view,SE,u,linux'

/** A Parquet file of two good rows, as bytes. */
async function parquet(select?: string): Promise<Buffer> {
  const row = `SELECT '0d9b3ea8-9c63-4c0c-a7de-4d4b1f0f6a11' AS event_id, TIMESTAMP '2026-01-01 12:00:00' AS ts,
    42 AS user_id, 'view' AS action, 'NO' AS country, 'u' AS url, 'linux' AS "device.os" FROM range(2)`
  const path = join(temporaryFolder(), 'made.parquet')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`COPY (${select ?? row}) TO '${path}' (FORMAT parquet)`)
  connection.closeSync()
  instance.closeSync()
  return readFileSync(path)
}

type Content = string | Uint8Array
/** Writes files into a fresh folder, and answers the path of the first. */
function write(files: Readonly<Record<string, Content>>): string {
  const folder = temporaryFolder()
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return join(folder, Object.keys(files)[0]!)
}

const doImport = (path: string) => importFile({ driver: platform.driver, stream: clicks, path })

describe('rows that are no events are told apart, counted and never in the way', () => {
  interface Rejection {
    readonly place: string
    readonly reason: string
    readonly field?: string
    /** What the hint, or the detail, says among other things. */
    readonly hint?: string
    readonly detail?: string
  }
  const ELEMENTS: readonly Rejection[] = [
    { place: 'element 2', reason: 'invalid_json' },
    { place: 'element 3', reason: 'missing_field' },
  ]
  const NO_COLUMN = 'no column of the file belongs to event_id: say which with --map "COLUMN=event_id"'
  const CASES: readonly [
    what: string,
    name: string,
    content: Content,
    produced: number,
    rejections: readonly Rejection[],
  ][] = [
    [
      'a broken line between good ones',
      'a.ndjson',
      `${LINE}{"broken\n${LINE}`,
      2,
      [{ place: 'line 2', reason: 'invalid_json' }],
    ],
    [
      'lines of another kind',
      'a.jsonl',
      '1\nnull\n[]\n"x"\n',
      0,
      ['line 1', 'line 2', 'line 3', 'line 4'].map(place => ({ place, reason: 'invalid_json' })),
    ],
    ['JSON over several lines', 'a.json', `[\n${goodClick()},\n${goodClick()}\n]\n`, 2, []],
    [
      'a line over the limit',
      'a.ndjson',
      `${goodClick({ more: `"${'x'.repeat(2 << 20)}"` })}\n${LINE}`,
      1,
      [{ place: 'line 1', reason: 'too_large' }],
    ],
    [
      'invalid UTF-8',
      'a.ndjson',
      Buffer.from(`${goodClick({ country: '"\u00ff"' })}\n${LINE}`, 'latin1'),
      1,
      [{ place: 'line 1', reason: 'invalid_utf8' }],
    ],
    ['UTF-16', 'a.ndjson', Buffer.from(`\ufeff${LINE}`, 'utf16le'), 1, []],
    ['UTF-16 without a mark, the other way round', 'a.ndjson', Buffer.from(LINE, 'utf16le').swap16(), 1, []],
    ['a list that is cut in elements which are none', 'a.json', `[${goodClick()}, 1, {"a":2}]`, 1, ELEMENTS],
    ['one event alone', 'a.json', goodClick(), 1, []],
    ['a list somewhere inside', 'a.json', `{"page":{"of":3},"items":[${goodClick()}]}`, 1, []],
    [
      'a mark, CRLF and empty lines',
      'a.ndjson',
      `\ufeff${goodClick()}\r\n\r\n \t\r\n${goodClick()}\r\n`,
      2,
      [],
    ],
    ['no newline at the end', 'a.ndjson', LINE + goodClick(), 2, []],
    ['gzip', 'a.ndjson.gz', gzipSync(LINE + LINE), 2, []],
    ['nothing', 'a.ndjson', '', 0, []],
    ['nothing, compressed', 'a.ndjson.gz', gzipSync(''), 0, []],
    [
      'CSV with too few and too many cells',
      'a.csv',
      `${HEADER}\n${ROW}\none,two\n${ROW},more\n${ROW}\n`,
      2,
      ['line 3', 'line 4'].map(place => ({ place, reason: 'unreadable_row' })),
    ],
    [
      'CSV with an open quote',
      'a.csv',
      `${HEADER}\n${ROW}\n"open,\n`,
      1,
      [{ place: 'line 3', reason: 'unreadable_row' }],
    ],
    [
      'CSV with invalid UTF-8',
      'a.csv',
      Buffer.from(`${HEADER}\n${ROW.replace('SE', '\u00ff')}\n${ROW}\n`, 'latin1'),
      1,
      [{ place: 'line 2', reason: 'unreadable_row', detail: '--encoding' }],
    ],
    [
      'CSV with another header',
      'a.csv',
      'a,b\n1,2\n',
      0,
      [{ place: 'line 2', reason: 'missing_field', field: 'event_id', hint: NO_COLUMN }],
    ],
    ['CSV with semicolons', 'a.csv', `${HEADER}\n${ROW}\n`.replaceAll(',', ';'), 1, []],
    ['CSV with a line sep=', 'a.csv', `sep=;\r\n${`${HEADER}\r\n${ROW}\r\n`.replaceAll(',', ';')}`, 1, []],
    ['CSV in UTF-16', 'a.csv', Buffer.from(`\ufeff${HEADER}\r\n${ROW}\r\n`, 'utf16le'), 1, []],
    ['CSV without a header', 'a.csv', `${ROW.replace(',linux', ',,linux,,')}\n`.repeat(2), 2, []],
    ['CSV that mixes line ends', 'a.csv', `${HEADER}\n${ROW}\r\n${ROW}\n${ROW}\r${ROW}`, 4, []],
    [
      'CSV whose header is in another case, with blanks',
      'a.csv',
      `Event ID, TS ,User Id,ACTION,Country,Url,Device.OS\n${ROW}\n`,
      1,
      [],
    ],
    [
      'CSV with a number in the other notation',
      'a.csv',
      `${HEADER}\n${ROW.replace(',42,', ',"1,234",')}\n${ROW}\n`,
      1,
      [{ place: 'line 2', reason: 'invalid_value', field: 'user_id', hint: '--thousands "," if' }],
    ],
    ['CSV with a header alone', 'a.csv', `${HEADER}\n`, 0, []],
    ['CSV with a mark and CRLF', 'a.csv', `\ufeff${HEADER}\r\n${ROW}\r\n`, 1, []],
    [
      'CSV with a number that is none',
      'a.csv',
      `${HEADER}\n${ROW.replace(',42,', ',4x2,')}\n${ROW}\n`,
      1,
      [{ place: 'line 2', reason: 'invalid_value', field: 'user_id' }],
    ],
    [
      'CSV with injections',
      'a.csv',
      `${HEADER},"x'); DROP TABLE y; --"\n${ROW},"'); DROP TABLE y; --"\n`,
      1,
      [],
    ],
  ]

  test.each(CASES)('%s', async (_, name, content, produced, rejections) => {
    const path = write({ [name]: content })
    const count = await added(async () => {
      const result = await doImport(path)
      expect(result).toMatchObject({ produced, rejected: rejections.length, aborted: false })
      expect(result.rejections).toEqual(
        rejections.map(({ hint, detail, ...rejection }) =>
          expect.objectContaining({
            ...rejection,
            detail: detail === undefined ? expect.stringMatching(/\S/) : expect.stringContaining(detail),
            ...(hint !== undefined && { hint: expect.stringContaining(hint) }),
          }),
        ),
      )
    })
    expect(count).toBe(produced)
  })

  test('Parquet of another kind', async () => {
    const path = write({
      'a.parquet': await parquet(`SELECT 'x' AS a, unhex('ff00') AS b, 'inf'::DOUBLE AS c`),
    })
    const result = await doImport(path)
    expect(result).toMatchObject({ produced: 0, rejected: 1, rejections: [{ reason: 'missing_field' }] })
  })
})

describe('a file that cannot be read is refused, and nothing of it is produced', () => {
  const UNREADABLE = 'FILE_UNREADABLE'
  const CASES: readonly [what: string, path: () => string | Promise<string>, code: string, says: RegExp][] = [
    ['that is missing', () => join(temporaryFolder(), 'a.ndjson'), UNREADABLE, /a\.ndjson.*no such file/],
    ['whose folder is missing', () => '/nowhere/../nowhere/a.csv', UNREADABLE, /no such file/],
    ['that is a folder', () => dirname(write({ 'a.ndjson/x': '' })), UNREADABLE, /not a file/],
    ['that is a device', () => symlinked('/dev/zero'), UNREADABLE, /not a file/],
    ['that a link to nothing names', () => symlinked('/nowhere'), UNREADABLE, /no such file/],
    ['that is a link to itself', () => symlinked('a.ndjson'), UNREADABLE, /symbolic links/],
    ['of an unknown kind', () => write({ 'a.xlsx': 'x' }), 'FILE_FORMAT_UNKNOWN', /a\.xlsx/],
    ['without a name', () => '', 'FILE_FORMAT_UNKNOWN', /ending/],
    ['with a NUL in its name', () => 'a\0.csv', UNREADABLE, /null bytes/],
    ['of Parquet that is empty', () => write({ 'a.parquet': '' }), UNREADABLE, /too small/],
    [
      'of Parquet that is none',
      () => write({ 'a.parquet': 'hello, world' }),
      UNREADABLE,
      /magic bytes|too small/i,
    ],
    [
      'of Parquet that is cut off',
      async () => write({ 'a.parquet': (await parquet()).subarray(0, -20) }),
      UNREADABLE,
      /magic bytes/i,
    ],
    [
      'of Parquet whose pages are damaged',
      async () => write({ 'a.parquet': (await parquet()).fill(0x55, 4, 80) }),
      UNREADABLE,
      /a\.parquet/,
    ],
    [
      'of gzip that is cut off',
      () => write({ 'a.ndjson.gz': gzipSync(LINE.repeat(100)).subarray(0, 60) }),
      UNREADABLE,
      /unexpected end/,
    ],
    ['of gzip that is none', () => write({ 'a.ndjson.gz': LINE }), UNREADABLE, /incorrect header/],
    [
      'of CSV in gzip that is cut off',
      () => write({ 'a.csv.gz': gzipSync(`${HEADER}\n${ROW}\n`).subarray(0, 60) }),
      UNREADABLE,
      /unexpected end/,
    ],
    ['of CSV that is empty', () => write({ 'a.csv': '' }), UNREADABLE, /no header and no row/],
    [
      'of CSV whose header has no end',
      () => write({ 'a.csv': `"${'x'.repeat(2 << 20)}` }),
      UNREADABLE,
      /header in line 1 cannot be read: the quote at the beginning of cell 1 is never closed/,
    ],
    [
      'of CSV that seems to have no header, and not the columns of the stream',
      () => write({ 'a.csv': '1,2026-01-01,x\n2,2026-01-02,y\n' }),
      UNREADABLE,
      /no header, and it has 3 columns.*--columns \(event_id,ts,/,
    ],
    [
      'of JSON whose list is cut off',
      () => write({ 'a.json': `[${goodClick()}, {"a":` }),
      UNREADABLE,
      /list at the top is not closed/,
    ],
    ['of zip that is none', () => write({ 'a.csv.zip': 'hello' }), UNREADABLE, /zip/i],
    [
      'of Parquet inside gzip',
      () => write({ 'a.parquet.gz': gzipSync('PAR1') }),
      UNREADABLE,
      /unpack it first/,
    ],
    ['of CSV that names a column twice', () => write({ 'a.csv': 'ts,ts\n1,2\n' }), UNREADABLE, /"ts" twice/],
  ]

  function symlinked(target: string): string {
    const path = join(temporaryFolder(), 'a.ndjson')
    symlinkSync(target, path)
    return path
  }

  test.each(CASES)('%s', async (_, pathOf, code, says) => {
    const path = await pathOf()
    const count = await added(async () => {
      const error = await doImport(path).then(
        () => expect.unreachable('it was read'),
        cause => cause as TwofoldError,
      )
      expect(error).toMatchObject({ code, message: expect.stringMatching(says), details: { path } })
      expect(error.message).not.toContain('\n')
    })
    expect(count).toBe(0)
  })

  test('that it may not read', async () => {
    const path = write({ 'a.ndjson': LINE })
    chmodSync(path, 0)
    // Root may read anything: then somebody else tries.
    const isRoot = process.geteuid!() === 0
    if (isRoot) process.seteuid!(65_534)
    try {
      await expect(doImport(path)).rejects.toMatchObject({
        code: UNREADABLE,
        message: expect.stringMatching(/permission denied/),
      })
    } finally {
      if (isRoot) process.seteuid!(0)
    }
  })

  test('only when much of it has been produced tells how much', async () => {
    const rows = Array.from({ length: 20_000 }, (_, k) => goodClick({ user_id: String(k) })).join('\n')
    const whole = gzipSync(rows)
    const path = write({ 'a.ndjson.gz': whole.subarray(0, whole.length - 5_000) })
    let told: unknown
    const count = await added(async () => {
      const error = await doImport(path).then(
        () => expect.unreachable('it was read'),
        cause => cause,
      )
      expect(error).toMatchObject({ code: UNREADABLE, hint: expect.stringContaining('rows that follow') })
      told = error.details.produced
      expect(error.message).toContain(`${told} were produced`)
    })
    expect(count).toBeGreaterThan(0)
    expect(told).toBe(count)
  })
})

describe('a file is the one that its name says, and no other', () => {
  const other = `${HEADER}\n${ROW.replace('SE', 'other')}\n`
  const mine = `${HEADER}\n${ROW.replace('SE', 'mine')}\n`

  /** What the records that an import adds have for a country. */
  async function countriesOf(path: string): Promise<unknown[]> {
    const ask = () =>
      platform.api.ask({ view: 'sales_by_minute', measures: ['events'], dimensions: ['country'] })
    await platform.caughtUp()
    const before = new Map((await ask()).data.map(({ country, events }) => [country, Number(events)]))
    await doImport(path)
    await platform.caughtUp()
    const after = (await ask()).data
    return after
      .filter(({ country, events }) => Number(events) > (before.get(country) ?? 0))
      .map(({ country }) => country)
  }

  test.each(['a[1].csv', 'a*.csv', "it's.csv", 'a b.csv', 'é.csv', '-a.csv', '~.csv', 'day=1/country=x.csv'])(
    '%s',
    async name => {
      const path = write({ [name]: mine, 'a1.csv': other, 'a2.csv': other })
      expect(await countriesOf(path)).toEqual(['mine'])
    },
  )

  test('whatever its folders are called', async () => {
    const path = write({ 'country=XX/a.parquet': await parquet() })
    expect(await countriesOf(path)).toEqual(['NO'])
  })

  test('through a link, and by a path that climbs', async () => {
    const path = write({ 'a.csv': mine })
    const link = join(temporaryFolder(), 'b.csv')
    symlinkSync(path, link)
    expect(await countriesOf(link)).toEqual(['mine'])
    expect(await countriesOf(join(dirname(path), '..', basename(dirname(path)), 'a.csv'))).toEqual(['mine'])
  })
})

test('all that was produced is in answers, and nothing else', async () => {
  await platform.caughtUp()
  const answer = await platform.api.ask({ view: 'sales_by_minute', measures: ['events'] })
  expect(recordsOf(answer)).toBe((await platform.logEnds()).reduce((total, end) => total + end, 0))
  expect(answer.coverage.quarantined).toBe(0)
})

testItIsWell(platform)
