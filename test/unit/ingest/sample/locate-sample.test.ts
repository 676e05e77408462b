import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { locateSample } from '../../../../ingest/sample/locate-sample.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

test('a path is relative to the folder of the configuration', () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'a.csv'), '')
  expect(locateSample('a.csv', folder)).toBe(join(folder, 'a.csv'))
  expect(locateSample('./a.csv', folder)).toBe(join(folder, 'a.csv'))
})

test("npm: names a file of a package, the project's own before Twofold's, past its exports", () => {
  const folder = temporaryFolder()
  expect(locateSample('npm:vega-datasets/data/flights-3m.parquet', folder)).toMatch(/flights-3m\.parquet$/)
  const own = join(folder, 'node_modules', '@scope', 'feed', 'data')
  mkdirSync(own, { recursive: true })
  writeFileSync(join(own, 'x.ndjson'), '')
  expect(locateSample('npm:@scope/feed/data/x.ndjson', folder)).toBe(join(own, 'x.ndjson'))
})

test('a file that is nowhere is an error that names the places', () => {
  const folder = temporaryFolder()
  expect(() => locateSample('a.csv', folder)).toThrowError(join(folder, 'a.csv'))
  expect(() => locateSample('npm:no-such-package/a.csv', folder)).toThrowError(
    /looked for .*no-such-package\/a\.csv/,
  )
})
