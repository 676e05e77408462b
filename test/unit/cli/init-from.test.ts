import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { configText } from '../../../cli/init/config-text.ts'
import { profileFile } from '../../../cli/init/profile-file.ts'
import { proposeProject } from '../../../cli/init/propose-project.ts'
import { bindViews } from '../../../cli/platform/bind.ts'
import { loadProject } from '../../../cli/project/load.ts'
import type { FileOptions } from '../../../ingest/file/file-options.ts'
import { readEvents, writeTemporary } from '../../support/read-file-source.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** The project that is proposed for a file: bound, as `check` does, and with the file read through its stream. */
async function propose(name: string, content: string, options: FileOptions = {}, time?: string) {
  const path = writeTemporary(name, content)
  const proposal = proposeProject(path, await profileFile(path, options), time)
  const config = await configText(proposal, name)
  const folder = temporaryFolder()
  const configPath = join(folder, 'twofold.config.ts')
  writeFileSync(configPath, config)
  const project = await loadProject(configPath)
  await bindViews(project)
  const read = await readEvents(path, project.streams[0], options)
  return { config: readFileSync(configPath, 'utf8'), proposal, ...read }
}

const rowsOf = (count: number, row: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => row(index)).join('')

describe('init --from proposes a project that reads the file', () => {
  test('CSV: types, time, enums, a view of sums by what has few values', async () => {
    const row = (n: number) =>
      `2026-01-0${1 + (n % 9)} 10:00:0${n % 10},${n},0${n},${n % 3 === 0 ? 'NA' : `${n}.50`},${['new', 'paid'][n % 2]},${n % 4 === 0},x${n},9007199254740993\n`
    const { config, events, refused } = await propose(
      'My Orders.csv',
      `Order Time,id,zip,Amount,status,group,note,big\n${rowsOf(60, row)}`,
    )
    expect(refused.size).toBe(0)
    expect(events).toHaveLength(60)
    expect(config).toContain("topic: 'My-Orders'")
    expect(config).toContain("Order_Time: t.timestamp().path('Order Time'),")
    expect(config).toContain('    zip: t.string(),')
    expect(config).toContain('Amount: t.decimal(18, 2).optional(),')
    expect(config).toContain("status: t.enum('new', 'paid'),")
    expect(config).toContain('group: t.bool(),')
    expect(config).toContain('big: t.int64(),')
    expect(config).toContain('group: \'"group"\',')
    expect(config).toContain("Amount_sum: m.sum('Amount'),")
    expect(config).not.toContain('id_sum')
  })

  test('semicolons, decimal comma, no header', async () => {
    const row = (n: number) => `2026-01-01 10:00:0${n % 10};A;${n},50\n`
    const { proposal, events, refused } = await propose('x.csv', rowsOf(20, row))
    expect([events.length, refused.size]).toEqual([20, 0])
    expect(proposal.columns.map(({ name, type }) => [name, type.source])).toEqual([
      ['column1', 't.timestamp()'],
      ['column2', 't.string()'],
      ['column3', 't.decimal(18, 2)'],
    ])
  })

  test.each([
    ['05.01.2026 10:00:00', "t.timestamp({ format: '%d.%m.%Y %H:%M:%S', zone: 'UTC' })"],
    ['2026-01-05T10:00:00+0100', "t.timestamp({ format: 'iso' })"],
    ['Mon, 05 Jan 2026 10:00:00 GMT', "t.timestamp({ format: 'rfc1123' })"],
    ['1767607200123456789', "t.timestamp({ format: 'ns' })"],
    ['13/01/2026 10:00', "t.timestamp({ format: '%d/%m/%Y %H:%M', zone: 'UTC' })"],
  ])('times written as %s', async (text, source) => {
    const { proposal, events, refused } = await propose('x.csv', `ts;n\n${rowsOf(20, n => `${text};${n}\n`)}`)
    expect([events.length, refused.size]).toEqual([20, 0])
    expect(proposal.columns[0]!.type.source).toBe(source)
  })

  test('NDJSON: nested members by their paths, 64 bits, mixed kinds as text, lists left out', async () => {
    const line = (n: number) =>
      `${JSON.stringify({
        at: 1_767_607_200_000 + n,
        geo: { 'a.b': 'DE', lat: n / 8 },
        tags: [n],
        mixed: n % 2 ? n : 'x',
      }).replace('{', '{"id":18446744073709551615,')}\n`
    const { config, proposal, refused } = await propose('events.ndjson', rowsOf(30, line))
    expect(refused.size).toBe(0)
    expect(config).toContain("geo_a_b: t.string().path(['geo', 'a.b']),")
    expect(config).toContain("at: t.timestamp('ms'),")
    expect(config).toContain('id: t.uint64(),')
    expect(config).toContain('mixed: t.text(),')
    expect(proposal.leftOut).toEqual(['tags'])
  })

  test('decimals that JSON has as texts, and columns without a header of which one is empty', async () => {
    const line = (n: number) =>
      `{"ts":"2026-01-05T10:00:00Z","price":"${n}.50","qty":${n % 2 ? n : `"${n}.25"`}}\n`
    const { proposal, refused } = await propose('x.ndjson', rowsOf(30, line))
    expect(proposal.columns.map(({ type }) => type.source)).toEqual([
      ...['t.timestamp()', 't.decimal(18, 2)', 't.decimal(18, 2)'],
    ])
    const bare = await propose(
      'x.csv',
      rowsOf(30, n => `2026-01-05,,${n}\n`),
    )
    expect([refused.size, bare.refused.size, bare.events.length]).toEqual([0, 0, 30])
    expect(bare.proposal.leftOut).toEqual(['column2'])
  })

  test('GeoJSON', async () => {
    const feature = (n: number) => ({
      type: 'Feature',
      properties: { time: 1_767_607_200_000 + n, mag: 1.5 },
      geometry: null,
    })
    const features = Array.from({ length: 12 }, (_, n) => feature(n))
    const { proposal, events } = await propose(
      'quakes.geojson',
      JSON.stringify({ type: 'FeatureCollection', features }),
    )
    expect(events).toHaveLength(12)
    expect(proposal).toMatchObject({
      time: 'properties_time',
      sums: { properties_mag_sum: 'properties_mag' },
    })
  })

  test('the column that --time names', async () => {
    const text = `year,at,n\n${rowsOf(5, n => `${1990 + n},2026-01-01,${n}\n`)}`
    expect((await propose('x.csv', text)).proposal.time).toBe('at')
    const { proposal, config } = await propose('x.csv', text, {}, 'year')
    expect([proposal.time, config.includes("year: t.timestamp('s')")]).toEqual(['year', true])
  })

  test('names that SQL and the API have for themselves', async () => {
    const text = `ts,time,order,kind,Ä,1st,a__b\n${rowsOf(30, n => `2026-01-01,${n % 2},${n},k,${n % 3},b,c\n`)}`
    const { refused, events } = await propose('select.csv', text)
    expect([refused.size, events.length]).toEqual([0, 30])
  })

  test('a file without a time is refused by name', async () => {
    const path = writeTemporary('x.csv', 'a,b\n1,2\n')
    const profile = await profileFile(path, {})
    const proposing = () => proposeProject(path, profile)
    expect(proposing).toThrow(/no column reads as a time in all rows. Its columns: a, b/)
    expect(() => proposeProject(path, profile, 'c')).toThrow(/its column c does not read as a time/)
    expect(proposing).toThrow(expect.objectContaining({ code: 'FILE_WITHOUT_TIME' }))
  })
})
