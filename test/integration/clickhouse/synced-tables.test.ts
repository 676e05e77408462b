import { expect, onTestFinished, test } from 'vitest'
import { openDuckDB } from '../../../core/io/duckdb/session.ts'
import { prepareTables } from '../../../core/io/store/prepare.ts'
import { bindTwins } from '../../laws/platform.ts'
import { worldStream, worldViews } from '../../laws/world.ts'
import { withClickHouse } from '../../support/clickhouse.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const embedded = withClickHouse()

test('tables that no source could fill again are synced with every insert and every merge, the others are not', async () => {
  const duckdb = await openDuckDB({ threads: 1, memoryLimitMb: 256, tempDirectory: temporaryFolder() })
  onTestFinished(() => duckdb.close())
  const session = await duckdb.session()
  const [view] = await bindTwins(session, worldStream(8, 1, {}), [worldViews('minute').plain])
  await session.close()
  await prepareTables(embedded.clickHouse, [view!.bound])
  const tables = await embedded.clickHouse.rows<{ name: string; settings: string[] }>(
    `SELECT replaceRegexpOne(name, '_[0-9a-f]{6,}$', '') AS name,
       extractAll(create_table_query, '(fsync_\\w+ = 1|min_rows_to_fsync_after_merge = 1)') AS settings
     FROM system.tables WHERE database = currentDatabase() AND engine != 'Memory' ORDER BY name`,
  )
  const whole = ['fsync_after_insert = 1', 'fsync_part_directory = 1', 'min_rows_to_fsync_after_merge = 1']
  const synced = tables.filter(({ settings }) => settings.length > 0)
  expect(synced.map(({ name }) => name)).toEqual([
    'batch_plain',
    'collections',
    'definitions',
    'meta',
    'partitions',
    'pointers',
  ])
  for (const { settings } of synced) expect(settings.toSorted()).toEqual(whole)
  expect(tables.filter(({ settings }) => settings.length === 0).map(({ name }) => name)).toEqual([
    'jobs',
    'quarantine',
    'speed_plain',
  ])
})
