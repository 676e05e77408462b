import fc from 'fast-check'
import { expect, test } from 'vitest'
import { prepareTables } from '../../core/io/store/prepare.ts'
import { withEngines } from './engines.ts'
import { type End, SURVIVALS } from './forgetful-disk.ts'
import { MemoryLog } from './memory-log.ts'
import { type ArchiveParts, archiveThrough, eachStep } from './power-cut.ts'
import { draft } from './records.ts'

const engines = withEngines()

async function withArchive(run: (parts: ArchiveParts) => Promise<void>): Promise<void> {
  const { stream } = await engines.world({ blockSize: 4, lanes: 1, grain: 'minute', views: ['plain'] })
  const session = await engines.duckdb.session()
  const log = new MemoryLog(stream.topic, [5], 3)
  for (const record of fc.sample(draft, { seed: 8, numRuns: 6 })) log.append(0, record, 1)
  await engines
    .inFreshPlace(async ({ clickhouse, archive }) => {
      await prepareTables(clickhouse, [])
      await run({ log, stream, clickhouse, session, folder: archive, through: disk => disk })
    })
    .finally(() => session.close())
}

test.each(SURVIVALS)(
  'a power cut at any step takes nothing that was archived; of the names not synced it leaves %s',
  async by => {
    await withArchive(async parts => {
      const steps = await eachStep(beforeStep => archiveThrough(parts, [{ beforeStep, by }]))
      expect(steps).toBeGreaterThan(12)
    })
  },
)

test('what a killed archiver left is adopted only once a power cut cannot take it', async () => {
  await withArchive(async parts => {
    // Opening the partition takes five steps; with the sixth it has been told how far the archive has come.
    const ends = (beforeStep: number): End[] => [
      { beforeStep, by: 'kill' },
      { beforeStep: 6, by: 'none' },
    ]
    expect(await eachStep(beforeStep => archiveThrough(parts, ends(beforeStep)))).toBeGreaterThan(12)
  })
})
