import { expect } from 'vitest'
import { dueFloor } from '../../../batch-layer/publish/collection-store.ts'
import type { CrashPlace } from '../../../core/io/process/crash-point.ts'
import { readPointer } from '../../../core/io/store/pointer-store.ts'
import { COLLECTED } from '../../../core/sql/merge.ts'
import { until } from '../../support/processes.ts'
import { MERGED_SELECT } from '../rig/clickhouse-faults.ts'
import { faultTest, ROUNDS } from '../rig/fault-test.ts'
import type { Scenario } from '../rig/scenario.ts'
import { withServers } from '../rig/servers.ts'

const servers = withServers()
const GRACE_MS = 500
/** Generations are collected as soon as they may be. */
const EAGERLY = {
  servers,
  batchEvery: '1 second',
  options: { keepGenerations: 1, collectionGraceMs: GRACE_MS },
} as const

/** A question that is held counts as answered by whoever answers it at last. */
const PATIENT = { TWOFOLD_QUERY_TIMEOUT_MS: '120000' }
const COLLECTING: readonly CrashPlace[] = ['collection: floor announced', 'collection: rows deleted']
async function readersGoOn({ readers }: Scenario): Promise<void> {
  const { answers } = readers
  await until('readers go on', () => readers.answers > answers + 10)
}

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
  scenario.produce()
  await scenario.publishes(2)
  for (let round = 1; round <= ROUNDS; round++) {
    still!.freeze()
    await collected(scenario)
    still!.thaw()
    await readersGoOn(scenario)
  }
})

faultTest('fault 21: a question comes to ClickHouse after a collection', EAGERLY, async scenario => {
  for (const layer of ['batch', 'speed'] as const) scenario.start(layer)
  await scenario.readFrom(['start', 'startBehindProxies'], PATIENT)
  scenario.produce()
  await scenario.publishes(2)
  for (let round = 1; round <= ROUNDS; round++) {
    const refused = await scenario.clickhouseProxy.next(MERGED_SELECT, async exchange => {
      await collected(scenario)
      const answer = await exchange.forward()
      exchange.reply(answer)
      return answer.body.toString()
    })
    expect(refused).toContain(COLLECTED)
    await readersGoOn(scenario)
  }
})

faultTest(
  'fault 21: a collector is killed when it has announced what goes, and when it has deleted some of it',
  EAGERLY,
  async scenario => {
    scenario.start('speed')
    await scenario.read()
    scenario.produce()
    for (let round = 1; round <= ROUNDS; round++) {
      for (const place of COLLECTING) {
        const batch = scenario.start('batch', { crash: `kill ${place}` })
        await batch.killed()
        await readersGoOn(scenario)
      }
    }
    scenario.start('batch')
    await scenario.publishes(1)
    await collected(scenario)
  },
)
