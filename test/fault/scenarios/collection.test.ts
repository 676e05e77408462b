import { expect } from 'vitest'
import { dueFloor } from '../../../batch-layer/publish/collection-store.ts'
import { readPointer } from '../../../core/io/store/pointer-store.ts'
import { COLLECTED } from '../../../core/sql/merge.ts'
import { until } from '../../support/processes.ts'
import { MERGED_SELECT } from '../rig/clickhouse-faults.ts'
import { faultTest, IS_FULL } from '../rig/fault-test.ts'
import type { Scenario } from '../rig/scenario.ts'
import { withServers } from '../rig/servers.ts'

const servers = withServers()
const ROUNDS = IS_FULL ? 2 : 1
const GRACE_MS = 500
/** Generations are collected as soon as they may be. */
const EAGERLY = {
  servers,
  batchEvery: '1 second',
  options: { keepGenerations: 1, collectionGraceMs: GRACE_MS },
} as const

/** Waits until rows of the generation that serves now have gone. */
async function collected(scenario: Scenario): Promise<void> {
  const seq = (await readPointer(scenario.clickhouse))?.seq ?? 0
  await until(
    `generation ${seq} may be collected`,
    async () => (await dueFloor(scenario.clickhouse, GRACE_MS)) > seq,
  )
  // The job that is at work now may have looked before; the one behind it has not.
  await scenario.publishes(2)
}

faultTest('fault 21: a serving layer lies still across collections', EAGERLY, async scenario => {
  for (const layer of ['batch', 'speed'] as const) scenario.start(layer)
  const [, still] = await scenario.readFrom(['start', 'start'])
  scenario.produce(100)
  await scenario.publishes(2)
  for (let round = 1; round <= ROUNDS; round++) {
    still!.freeze()
    await collected(scenario)
    still!.thaw()
    const { answers } = scenario.readers
    await until('readers go on', () => scenario.readers.answers > answers + 10)
  }
})

faultTest('fault 21: a question comes to ClickHouse after a collection', EAGERLY, async scenario => {
  for (const layer of ['batch', 'speed'] as const) scenario.start(layer)
  await scenario.readFrom(['start', 'startBehindProxies'])
  scenario.produce(100)
  await scenario.publishes(2)
  for (let round = 1; round <= ROUNDS; round++) {
    const refused = await scenario.clickhouseProxy.next(MERGED_SELECT, async exchange => {
      await collected(scenario)
      const answer = await exchange.forward()
      exchange.reply(answer)
      return answer.body.toString()
    })
    expect(refused).toContain(COLLECTED)
    const { answers } = scenario.readers
    await until('readers go on', () => scenario.readers.answers > answers + 10)
  }
})
