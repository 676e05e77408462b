import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { CRASH_POINT_VARIABLE } from '../../../core/io/process/crash-point.ts'
import type { OffsetRange } from '../../../core/model/offsets.ts'
import { answerDifferences } from '../../laws/check.ts'
import { oracleAnswer } from '../../laws/oracle.ts'
import { eventually } from '../../support/api.ts'
import { until } from '../../support/processes.ts'
import { atWork } from '../rig/at-work.ts'
import { leaveGaps } from '../rig/compacted-topic.ts'
import { faultTest, IS_FULL, ROUNDS, StandsStill } from '../rig/fault-test.ts'
import type { ScenarioLog } from '../rig/log.ts'
import { requestOf } from '../rig/readers.ts'
import type { Scenario } from '../rig/scenario.ts'
import { withServers } from '../rig/servers.ts'

const servers = withServers()
/** In the long part longer than transactions are open by default. */
const OPEN_MS = IS_FULL ? 150_000 : 2_000
const OPEN_AT_MOST_MS = 300_000
/** Longer than any of these tests: what the archiver reads waits, until something makes it write. */
const NEVER_FLUSH = { archiveFlushMs: 3_600_000 }

async function topicIdOf({ topic }: Scenario): Promise<string> {
  return (await servers.driver.describeTopic(topic))!.topicId
}

/** Up to where the answers of some view hold a partition. */
async function reached({ api, views }: Scenario, partition: number): Promise<number> {
  const answers = await Promise.all(views.map(({ twin }) => api.ask({ view: twin.name })))
  return Math.max(...answers.map(({ coverage }) => coverage.through[partition] ?? 0))
}

/** What the layers say of why they stand still, each of them. */
async function complaints({ api }: Scenario): Promise<string[]> {
  const { layers } = await api.status()
  const streams = layers.flatMap(({ body }) => (body as { streams?: { error?: string }[] }).streams ?? [])
  return streams.map(({ error }) => error ?? '')
}

/** By command; the archiver goes on, and answers over what is published lack what was lost, and nothing else. */
async function acceptLoss(scenario: Scenario, log: ScenarioLog, lost: OffsetRange): Promise<void> {
  const { partition, start, end } = lost
  expect(await scenario.twofold(['repair', 'accept-loss'])).toMatchObject({ code: 4 })
  const declare = ['repair', 'accept-loss', '--yes']
  const killed = await scenario.twofold(declare, { [CRASH_POINT_VARIABLE]: 'kill repair: loss declared' })
  expect(killed.stderr).toContain('crash point reached')
  const again = await scenario.twofold(declare)
  expect(again.code).toBe(0)
  expect(JSON.parse(again.stdout)).toMatchObject({ isDeclared: true, partitions: [] })
  expect((await scenario.archivedEnds())[partition]).toBe(end)
  await until('the archiver goes on', async () => (await complaints(scenario)).every(error => error === ''))
  const cut = end - (end % scenario.shape.blockSize)
  expect(cut).toBeGreaterThan(start)
  for (const { twin } of scenario.views) {
    const answer = await eventually(
      'an answer over what is published',
      () => scenario.api.ask(requestOf(twin, { grain: undefined, dimensions: [] })),
      ({ coverage }) => coverage.cut[partition] === cut,
    )
    expect(answer.coverage).toMatchObject({ lost: cut - start, complete: false, through: log.ends })
    const left = log.partitions.flatMap(p =>
      log.of(p).filter(({ offset }) => p !== partition || offset < start || offset >= cut),
    )
    const expected = oracleAnswer(twin, left, { grain: undefined, dimensions: [] })
    expect(answerDifferences({ ...answer.coverage, lost: 0 }, answer.data, expected)).toEqual([])
  }
}

faultTest('fault 14: transactions stay open, are aborted, and are left', { servers }, async scenario => {
  await atWork(scenario)
  const topicId = await topicIdOf(scenario)
  const open = await servers.kafkaTools.transaction(scenario, topicId, OPEN_AT_MOST_MS)
  const aborted = await servers.kafkaTools.transaction(scenario, topicId, OPEN_AT_MOST_MS)
  const first = await open.send(0)
  for (const partition of [0, 1]) await aborted.send(partition)
  await sleep(OPEN_MS)
  await aborted.abort()
  // Neither what is open is seen, nor what stands behind it: answers stay a prefix.
  expect(await reached(scenario, 0)).toBeLessThanOrEqual(first)
  await open.send(2)
  await open.commit()
  await until('answers pass the transaction', async () => (await reached(scenario, 0)) > first + 10)
  // The log ends with records that are never committed: the first are aborted, of the others the producer is gone.
  await scenario.endLoad()
  const late = await servers.kafkaTools.transaction(scenario, topicId)
  for (const partition of [0, 1]) await late.send(partition)
  await late.abort()
  const left = await servers.kafkaTools.transaction(scenario, topicId, 3_000)
  const offset = await left.send(2)
  await until(
    'Kafka itself ends the transaction',
    async () => (await servers.driver.offsets(scenario.topic)).get(2)!.end > offset,
  )
})

faultTest('fault 15: compaction has left gaps in the log', { servers }, async scenario => {
  const { written, held } = await leaveGaps(scenario, servers)
  expect(held).toBeLessThan(written / 3)
  await atWork(scenario)
})

faultTest(
  'fault 16: retention passes a speed worker: the archive has the rest',
  { servers },
  async scenario => {
    let { speed } = await atWork(scenario)
    for (let round = 1; round <= ROUNDS; round++) {
      await speed.stop()
      const stood = await reached(scenario, 0)
      await until('the archive goes on', async () => (await scenario.archivedEnds())[0]! > stood + 100)
      for (const [partition, end] of Object.entries(await scenario.archivedEnds()))
        await servers.kafkaTools.deleteBelow(scenario.topic, Number(partition), end)
      speed = scenario.start('speed')
      await scenario.progress()
    }
  },
)

faultTest(
  'fault 16: retention passes an archiver: it saves what waits, names what is lost and stops',
  { servers, options: NEVER_FLUSH, mayTell: ['RETENTION_PASSED'] },
  async scenario => {
    const { batch } = await atWork(scenario)
    batch.freeze()
    await scenario.progress()
    const log = await scenario.endLoad()
    const earliest = log.end(0) - 1
    await servers.kafkaTools.deleteBelow(scenario.topic, 0, earliest)
    batch.thaw()
    const lost = /partition 0, is at offset (\d+), but Kafka now begins at (\d+)/
    const [said] = await eventually(
      'the archiver says what is lost',
      async () => (await complaints(scenario)).filter(error => lost.test(error)),
      found => found.length > 0,
    )
    const [, position, begins] = lost.exec(said!)!.map(Number)
    expect(begins).toBe(earliest)
    expect(position).toBeGreaterThan(0)
    // Nothing between what was saved and what is named as lost.
    expect((await scenario.archivedEnds())[0]).toBe(position)
    await until('the speed layer has it all', async () => (await reached(scenario, 0)) === log.end(0))
    // What comes then readers cannot know of: they are judged before.
    return new StandsStill(log, () =>
      acceptLoss(scenario, log, { partition: 0, start: position!, end: begins! }),
    )
  },
)

faultTest(
  'fault 17: the topic is deleted and created again: all stand still and name both ids',
  { servers, options: NEVER_FLUSH },
  async scenario => {
    await atWork(scenario)
    const { topic, shape } = scenario
    const log = await scenario.endLoad()
    for (const partition of log.partitions)
      await until(
        'answers hold the log',
        async () => (await reached(scenario, partition)) === log.end(partition),
      )
    const topicId = await topicIdOf(scenario)
    await servers.kafkaTools.admin.deleteTopics({ topics: [topic] })
    await until('the topic is gone', async () => (await servers.driver.describeTopic(topic)) === undefined)
    await servers.driver.createTopic(topic, {
      ...{ partitions: shape.partitions, replicationFactor: 1, retentionMs: undefined },
    })
    const newId = await topicIdOf(scenario)
    expect(newId).not.toBe(topicId)
    scenario.produce()
    await until('the new topic holds records', async () =>
      [...(await servers.driver.offsets(topic)).values()].every(({ end }) => end > 0),
    )
    await eventually(
      'every lane and the archiver name both topics',
      () => complaints(scenario),
      found =>
        found.length === shape.lanes + 1 &&
        found.every(error => error.includes(topicId) && error.includes(newId)),
    )
    // What the archiver had read can never be read again: it has saved it.
    expect(await scenario.archivedEnds()).toEqual(log.ends)
    for (const partition of log.partitions)
      expect(await reached(scenario, partition)).toBe(log.end(partition))
    return new StandsStill(log)
  },
)

faultTest('fault 18: partitions are added under load', { servers }, async scenario => {
  await atWork(scenario)
  let partitions = scenario.shape.partitions
  for (let round = 1; round <= ROUNDS; round++) {
    const added = [partitions, partitions + 1]
    partitions += added.length
    await servers.kafkaTools.addPartitions(scenario.topic, partitions)
    scenario.produce(50, { partitions: added })
    for (const partition of added)
      await until('answers have the new partition', async () => (await reached(scenario, partition)) > 20)
  }
})
