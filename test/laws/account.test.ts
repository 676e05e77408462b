import { expect, test } from 'vitest'
import type { Pointer } from '../../core/model/pointer.ts'
import { BATCH_KIND, batchTable, SPEED_KIND, speedTable } from '../../core/sql/tables.ts'
import { filledLog } from '../mutants/stage.ts'
import { assertAccount } from './account.ts'
import { withEngines } from './engines.ts'
import { Platform, type PlatformView } from './platform.ts'

const engines = withEngines()

/** Statements that damage a table of rows of one kind, each alone. */
const damages = (kind: number, column: string): readonly (readonly [what: string, change: string])[] => [
  ['gone', `DELETE WHERE __kind = ${kind}`],
  ['counted otherwise', `UPDATE ${column} = ${column} + 1 WHERE __kind = ${kind}`],
  ['of another digest', `UPDATE __digest = __digest + 1 WHERE __kind = ${kind}`],
]

const CASES = [
  ...damages(BATCH_KIND.partial, '__records').map(damage => ['batch', 'partials', ...damage] as const),
  ...damages(BATCH_KIND.blockTally, '__accepted').map(damage => ['batch', 'blocks', ...damage] as const),
  ...damages(BATCH_KIND.chunkTally, '__quarantined').map(damage => ['batch', 'chunks', ...damage] as const),
  ...damages(SPEED_KIND.partial, '__records').map(damage => ['speed', 'partials', ...damage] as const),
]

test.each(CASES)('the account sees that %s %s are %s', async (layer, what, _, change) => {
  const world = await engines.world({ blockSize: 4, lanes: 1, grain: 'minute', views: ['plain'] })
  const session = await engines.duckdb.session()
  const log = filledLog([0], 20)
  await engines.inFreshPlace(async place => {
    const platform = await Platform.open({ ...place, ...world, session, log })
    const [{ twin, bound }] = platform.views as [PlatformView]
    await platform.catchUp()
    await platform.archiveTo(0, 9)
    const { pointer } = (await platform.publish('extend'))!
    const account = () => assertAccount(place.clickhouse, log, twin, bound, generationOf(pointer, twin.name))
    await account()
    const table = layer === 'batch' ? batchTable(bound) : speedTable(bound)
    await place.clickhouse.command(`ALTER TABLE ${table} ${change}`, { settings: { mutations_sync: 1 } })
    await expect(account()).rejects.toThrow(layer === 'batch' ? `its ${what} hold` : 'its partials hold')
  })
  await session.close()
})

const generationOf = ({ views }: Pointer, name: string) => views[name]!
