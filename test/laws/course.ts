import fc from 'fast-check'
import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import type { DuckDBSession } from '../../core/io/duckdb/session.ts'
import { readPointer } from '../../core/io/store/pointer-store.ts'
import { assertAccount, assertOneHistory } from './account.ts'
import { checkAnswer, LawBroken, openRunner, questionsOf } from './check.ts'
import type { Place, World } from './engines.ts'
import { MemoryLog } from './memory-log.ts'
import { type Mutant, mutatedClickHouse, mutatedSession } from './mutant.ts'
import { Platform } from './platform.ts'
import { draft } from './records.ts'

const RECORDS = 40
const SEED = 5

/**
 * A fixed course through all that both layers do, on which every insert arrives twice and a stale writer appears. A
 * sound platform comes to its end.
 *
 * @returns how often the mutant changed a statement
 * @throws what the laws, or the platform itself, found wrong
 */
export async function runCourse(
  place: Place,
  world: World,
  session: DuckDBSession,
  mutant: Mutant,
): Promise<number> {
  let changes = 0
  const onChange = () => {
    changes += 1
  }
  const platform = await Platform.open({
    archive: place.archive,
    clickhouse: mutatedClickHouse(twice(place.clickhouse), mutant, onChange),
    session: mutatedSession(session, mutant, onChange),
    ...world,
    log: filledLog(),
  })
  await walk(platform)
  return changes
}

async function walk(platform: Platform): Promise<void> {
  const { log, clickhouse } = platform.parts
  await advanceTo(platform, [6, 9])
  await staleWriter(platform)
  await check(platform)
  await archiveTo(platform, [11, 12])
  await publish(platform, 'extend')
  await archiveTo(platform, [18, 19])
  await publish(platform, 'extend')
  await platform.catchUp()
  await check(platform)
  await platform.rollBack()
  await check(platform)
  await publish(platform, 'extend')
  await platform.collect(1)
  await check(platform)
  await archiveTo(
    platform,
    log.partitions.map(partition => log.end(partition)),
  )
  await publish(platform, 'full')
  await check(platform)
  await platform.collect(0)
  await check(platform)
  const pointer = await readPointer(clickhouse)
  for (const { twin, bound } of platform.views)
    await assertAccount(clickhouse, log, twin, bound, pointer?.views[twin.name])
  await assertOneHistory(clickhouse)
}

/** Every insert is sent again once it has been answered, as after a lost answer. */
function twice(inner: ClickHouse): ClickHouse {
  return {
    ...inner,
    insertSelect: async (sql, body, options) => {
      const summary = await inner.insertSelect(sql, body, options)
      await inner.insertSelect(sql, body, options)
      return summary
    },
  }
}

/** One who folded the same number from less, and comes too late. */
async function staleWriter(platform: Platform): Promise<void> {
  for (const view of platform.views) {
    const stale = (await platform.fold(await platform.cursor(view, 0), new Map([[0, 8]])))!
    await platform.advance(
      view,
      0,
      new Map([
        [0, 10],
        [1, 11],
      ]),
    )
    await platform.write(stale, 'stale')
  }
}

async function advanceTo(platform: Platform, ends: readonly number[]): Promise<void> {
  for (const view of platform.views) await platform.advance(view, 0, new Map(ends.entries()))
}

async function archiveTo(platform: Platform, ends: readonly number[]): Promise<void> {
  for (const [partition, end] of ends.entries()) await platform.archiveTo(partition, end)
}

async function publish(platform: Platform, kind: 'extend' | 'full'): Promise<void> {
  const outcome = await platform.publish(kind)
  if (outcome !== undefined && outcome.drift.length > 0)
    throw new LawBroken(`the layers differ: ${JSON.stringify(outcome.drift[0])}`)
  await check(platform)
}

async function check(platform: Platform): Promise<void> {
  const runner = openRunner(
    platform.parts.clickhouse,
    platform.views.map(view => view.bound),
  )
  for (const { twin } of platform.views)
    await checkAnswer(runner, platform.parts.log, twin, questionsOf(twin)[0]!)
}

function filledLog(): MemoryLog {
  const log = new MemoryLog('things', [0, 5])
  for (const [index, record] of fc.sample(draft, { seed: SEED, numRuns: RECORDS }).entries())
    log.append(index % 2, record, index % 9 === 0 ? 1 : 0)
  return log
}
