import { verifySegment } from '../../core/io/archive/verify-segment.ts'
import { nodeFiles } from '../../core/io/files.ts'
import { readPointer } from '../../core/io/store/pointer-store.ts'
import type { ChainKey } from '../../core/model/chain.ts'
import { FIRST_CHAIN } from '../../core/model/pointer.ts'
import { readPosition, walkLane } from '../../speed-layer/chain-store.ts'
import { assertAccount, assertOneHistory } from '../laws/account.ts'
import { readArchived, runBatchJob } from '../laws/batch-job.ts'
import { checkAnswer, LawBroken, openRunner, questionsOf } from '../laws/check.ts'
import { verdictOf } from '../laws/oracle.ts'
import type { PlatformView } from '../laws/platform.ts'
import { CHUNK_RECORDS, type Setting } from './setting.ts'

/** True where every chain and the archive have come to the end of the log. */
export async function hasCaughtUp(setting: Setting): Promise<boolean> {
  const { log, world, clickhouse } = setting
  const archived = await readArchived({ ...setting, files: nodeFiles, stream: world.stream })
  if (log.partitions.some(partition => archived.get(partition)?.end !== log.end(partition))) return false
  for (const view of world.views) {
    const ends = new Map<number, number>()
    for (const key of chainKeys(setting, view))
      for (const [partition, end] of (await readPosition(clickhouse, view.compiled, key)).ends)
        ends.set(partition, end)
    if (log.partitions.some(partition => ends.get(partition) !== log.end(partition))) return false
  }
  return true
}

/**
 * Everything that was produced is in the archive, in every chain and in every answer, exactly once, by count and by
 * digest; the pointers are one history. @returns the number of the last generation
 */
export async function assertAccounted(setting: Setting): Promise<number> {
  const { clickhouse, world, log } = setting
  for (const view of world.views)
    for (const key of chainKeys(setting, view)) await walkLane(clickhouse, view.compiled, key)
  await assertArchived(setting)
  await assertQuarantined(setting)
  await assertAnswers(setting)
  await recompute(setting)
  await assertAnswers(setting)
  const pointer = await readPointer(clickhouse)
  for (const { twin, bound } of world.views)
    await assertAccount(clickhouse, log, twin, bound, pointer?.views[twin.name])
  return assertOneHistory(clickhouse)
}

function chainKeys({ world }: Setting, { bound }: PlatformView): ChainKey[] {
  const { name: view, version } = bound
  return Array.from({ length: world.stream.lanes }, (_, lane) => ({
    view,
    version,
    chain: FIRST_CHAIN,
    lane,
  }))
}

function ends({ log }: Pick<Setting, 'log'>): Record<string, number> {
  return Object.fromEntries(log.partitions.map(partition => [partition, log.end(partition)]))
}

async function assertAnswers(setting: Setting): Promise<void> {
  const { clickhouse, world, log } = setting
  const runner = openRunner(
    clickhouse,
    world.views.map(view => view.bound),
  )
  for (const { twin } of world.views) {
    for (const question of questionsOf(twin)) {
      const { through } = await checkAnswer(runner, log, twin, question)
      for (const [partition, end] of Object.entries(ends(setting)))
        if (through[partition] !== end)
          throw new LawBroken(`${twin.name} ends at ${JSON.stringify(through)}, the log at ${end}`)
    }
  }
}

async function assertArchived(setting: Setting): Promise<void> {
  const { log, archive } = setting
  const archived = await readArchived({ ...setting, files: nodeFiles, stream: setting.world.stream })
  const segments = [...archived.values()].flatMap(chain => chain.segments)
  for (const segment of segments) await verifySegment(nodeFiles, archive, segment)
  const found = segments.reduce((sum, segment) => BigInt.asUintN(64, sum + BigInt(segment.digest)), 0n)
  const expected = log.below(ends(setting)).reduce((sum, record) => BigInt.asUintN(64, sum + record.hash), 0n)
  if (found !== expected) throw new LawBroken(`the archive's digest is ${found}, the log's ${expected}`)
}

/** Each record that any view set aside can be looked at, once. */
export async function assertQuarantined(
  setting: Pick<Setting, 'clickhouse' | 'log' | 'world'>,
): Promise<void> {
  const { clickhouse, log, world } = setting
  const records = log.below(ends(setting))
  const undecodable = records.filter(record => record.event === undefined).length
  const expected = new Map([['', undecodable]])
  for (const { twin } of world.views) {
    const set = records.filter(
      ({ event, isRepeat }) =>
        event !== undefined && isRepeat !== true && verdictOf(twin, event) === 'quarantined',
    ).length
    if (set > 0) expected.set(twin.name, set)
  }
  const rows = await clickhouse.rows<{ view: string; n: string }>(
    'SELECT view, count() AS n FROM quarantine FINAL GROUP BY view',
  )
  const found = new Map(rows.map(row => [row.view, Number(row.n)]))
  for (const [view, count] of expected) {
    if ((found.get(view) ?? 0) !== count)
      throw new LawBroken(`quarantine of view "${view}" holds ${found.get(view) ?? 0} records, not ${count}`)
  }
}

/** All from the archive once more. */
async function recompute(setting: Setting): Promise<void> {
  const session = await setting.duckdb.session()
  try {
    const { clickhouse, archive, world } = setting
    const views = world.views.map(view => view.bound)
    const context = {
      clickhouse,
      session,
      files: nodeFiles,
      archive,
      stream: world.stream,
      views,
      chunkRecords: CHUNK_RECORDS,
    }
    const outcome = await runBatchJob(context, 'full', 'last')
    if (outcome !== undefined && outcome.drift.length > 0)
      throw new LawBroken(`the layers differ: ${JSON.stringify(outcome.drift)}`)
  } finally {
    await session.close()
  }
}
