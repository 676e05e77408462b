import { mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keepRunningDefinitions } from '../../batch-layer/preview/running-definitions.ts'
import { loadProject } from '../../cli/project/load.ts'
import { bindProject } from '../../core/io/duckdb/bind-view.ts'
import { openDuckDB } from '../../core/io/duckdb/session.ts'
import { archiveEvents } from '../support/archived-events.ts'
import { runOnTerminal, runTwofold } from '../support/command-line.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const CONFIG = `import { defineProject, m, stream, t, view } from 'twofold-analytics'
const zips = stream({ topic: 'zips', time: 'ts', schema: { ts: t.timestamp(), qty: t.decimal(12, 2) } })
export default defineProject({
  streams: [zips],
  views: [view({ name: 'by_hour', from: zips, grain: 'hour', measures: { qty: m.sum('qty') } })],
})
`

test('check --against tells in a pipe and on a terminal what would change, without any server', async () => {
  const cwd = temporaryFolder()
  const config = join(cwd, 'twofold.config.ts')
  writeFileSync(config, CONFIG)
  const project = await loadProject(config)
  const dataDir = join(cwd, '.twofold')
  mkdirSync(dataDir)
  const duckdb = await openDuckDB({ threads: 1, memoryLimitMb: 200, tempDirectory: tmpdir() })
  const session = await duckdb.session()
  keepRunningDefinitions(dataDir, { streams: project.streams, views: await bindProject(session, project) })
  const events = ['1', '4.5'].map(qty => `{"ts":"2026-01-05T10:00:00Z","qty":${qty}}`)
  await archiveEvents(session, join(dataDir, 'archive'), project.streams[0]!, events)
  await duckdb.close()

  expect(await runTwofold(cwd, ['check', '--against', '1000'])).toMatchObject({ code: 0 })
  writeFileSync(config, CONFIG.replace('t.decimal(12, 2)', 't.int64()'))
  const { code, stdout } = await runTwofold(cwd, ['check', '--against', '1000'])
  expect(code).toBe(4)
  expect(JSON.parse(stdout).against).toMatchObject({
    isRefusing: true,
    streams: [
      { stream: 'zips', records: 2, newlyRefused: [{ field: 'qty', records: 1, example: { offset: 1 } }] },
    ],
    views: [{ view: 'by_hour', measures: [{ measure: 'qty', before: '5.50', after: '1' }] }],
  })
  const text = await runOnTerminal(cwd, 'check --against 1000')
  expect(text).toContain('1 for out_of_range in qty; the first at partition 0, offset 1')
  expect(text).toMatch(/qty +5\.50 +1 +changes/)
  expect(text).toContain('Records that count now would be set aside.')
})
