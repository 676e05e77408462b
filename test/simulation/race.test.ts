import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FIRST_CHAIN } from '../../core/model/pointer.ts'
import { speedInsertSql } from '../../core/sql/insert.ts'
import { speedTable } from '../../core/sql/tables.ts'
import { walkLane } from '../../speed-layer/chain-store.ts'
import { assertAccount } from '../laws/account.ts'
import { checkAnswer, openRunner, questionsOf } from '../laws/check.ts'
import { withEngines } from '../laws/engines.ts'
import { MemoryLog } from '../laws/memory-log.ts'
import { Platform } from '../laws/platform.ts'
import { draft } from '../laws/records.ts'

const engines = withEngines()

/** A platform with one view and one lane, over a log of two partitions with 40 records each. */
async function onPlatform(
  run: (platform: Platform) => Promise<void>,
  deduplicationWindow = 10_000,
): Promise<void> {
  const world = await engines.world({ blockSize: 4, lanes: 1, grain: 'minute', views: ['plain'] })
  const session = await engines.duckdb.session()
  const log = new MemoryLog('things', [0, 0])
  for (const [index, record] of fc.sample(draft, { seed: 11, numRuns: 80 }).entries())
    log.append(index % 2, record)
  await engines
    .inFreshPlace(async place =>
      run(await Platform.open({ ...place, ...world, session, log, deduplicationWindow })),
    )
    .finally(() => session.close())
}

async function assertAnswered(platform: Platform): Promise<void> {
  const { clickhouse, log } = platform.parts
  const [view] = platform.views as [Platform['views'][number]]
  const runner = openRunner(clickhouse, [view.bound])
  for (const question of questionsOf(view.twin)) await checkAnswer(runner, log, view.twin, question)
}

/** Its chain is gapless and accounts for each record once. */
async function assertSound(platform: Platform): Promise<void> {
  const { clickhouse, log } = platform.parts
  const [view] = platform.views as [Platform['views'][number]]
  await platform.catchUp()
  await walkLane(clickhouse, view.compiled, (await platform.cursor(view, 0)).key)
  await assertAccount(clickhouse, log, view.twin, view.bound)
}

test('of writers that come at the same moment, one wins each number', async () => {
  await onPlatform(async platform => {
    const [view] = platform.views as [Platform['views'][number]]
    for (let end = 4; end <= 40; end += 4) {
      const cursor = await platform.cursor(view, 0)
      const links = []
      for (let writer = 0; writer < 6; writer++)
        links.push((await platform.fold(cursor, new Map([[0, end - (writer % 3)]])))!)
      const outcomes = await Promise.all(
        links.map((link, writer) => platform.write(link, `writer ${writer}`)),
      )
      expect(outcomes.filter(outcome => outcome === 'ours')).toHaveLength(1)
    }
    await assertSound(platform)
  })
})

test('a link that comes late is turned away, also when its token is forgotten and its number collected', async () => {
  await onPlatform(async platform => {
    const [view] = platform.views as [Platform['views'][number]]
    const { clickhouse } = platform.parts
    await platform.advance(view, 0, new Map([[0, 4]]))
    const cursor = await platform.cursor(view, 0)
    const late = (await platform.fold(cursor, new Map([[0, 6]])))!
    // Of the other partition alone, so that the number before the late one is the last of its partition and stays.
    for (let end = 5; end <= 20; end += 5) await platform.advance(view, 0, new Map([[1, end]]))
    for (const end of [4, 20]) await platform.archiveTo(end === 4 ? 0 : 1, end)
    await platform.publish('full')
    await platform.collect(0)
    const seq = cursor.position.seq + 1
    const sql = speedInsertSql(view.compiled, cursor.key, seq, 'late')
    const settings = { insert_deduplication_token: `${FIRST_CHAIN}/0/${seq}` }
    expect((await clickhouse.insertSelect(sql, late.rows, { settings })).writtenRows).toBe(0)
    expect(await platform.write(late, 'later')).toBe('theirs')
    await platform.catchUp()
    await assertAnswered(platform)
  }, 2)
})

test('a link whose token ClickHouse kept without its rows is written all the same', async () => {
  await onPlatform(async platform => {
    const [view] = platform.views as [Platform['views'][number]]
    await platform.advance(view, 0, new Map([[0, 4]]))
    const link = (await platform.fold(await platform.cursor(view, 0), new Map([[0, 8]])))!
    expect(await platform.write(link, 'killed')).toBe('ours')
    // A kill of ClickHouse between its log of tokens and the part leaves the same: the token, and no rows.
    await platform.parts.clickhouse.command(
      `ALTER TABLE ${speedTable(view.bound)} DELETE WHERE __block = 4`,
      {
        settings: { mutations_sync: 1 },
      },
    )
    expect(await platform.write(link, 'next')).toBe('ours')
    await assertSound(platform)
  })
})
