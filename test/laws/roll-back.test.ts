import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkAnswer, openRunner, questionsOf } from './check.ts'
import { withEngines } from './engines.ts'
import { MemoryLog } from './memory-log.ts'
import { Platform } from './platform.ts'
import { draft } from './records.ts'

const engines = withEngines()

test('a roll-back never takes answers back: it waits until the speed layer has come that far', async () => {
  const world = await engines.world({ blockSize: 4, lanes: 1, grain: 'minute', views: ['plain'] })
  const session = await engines.duckdb.session()
  const log = new MemoryLog('things', [0])
  for (const record of fc.sample(draft, { seed: 3, numRuns: 12 })) log.append(0, record)
  await engines.inFreshPlace(async place => {
    const platform = await Platform.open({ ...place, ...world, session, log })
    const [view] = platform.views as [Platform['views'][number]]
    // As a reader it remembers how far it was told.
    const runner = openRunner(place.clickhouse, [view.bound])
    const reached = async () =>
      (await checkAnswer(runner, log, view.twin, questionsOf(view.twin)[0]!)).through
    await platform.advance(view, 0, new Map([[0, 6]]))
    await platform.archiveTo(0, 4)
    await platform.publish('extend')
    await platform.archiveTo(0, 12)
    await platform.publish('extend')
    await expect.poll(reached, { timeout: 30_000 }).toEqual({ 0: 12 })

    await expect(platform.rollBack()).rejects.toMatchObject({ code: 'ROLLBACK_IMPOSSIBLE' })
    await platform.catchUp()
    expect(await platform.rollBack()).toMatchObject({ seq: 3, rolledBackTo: 1 })
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(await reached()).toEqual({ 0: 12 })
  })
  await session.close()
})
