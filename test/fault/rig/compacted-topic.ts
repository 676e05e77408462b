import { ConfigResourceTypes } from 'kafkajs'
import { Random } from '../../simulation/random.ts'
import { readLog } from '../../support/kafka-log.ts'
import { until } from '../../support/processes.ts'
import { drawRecord, type LoadRecord } from './events.ts'
import { bytesOf, LedgerWriter } from './ledger.ts'
import type { Scenario } from './scenario.ts'
import type { Servers } from './servers.ts'

const KEYS = 7
const ROUNDS = 40
const PER_ROUND = 20

/**
 * Fills the scenario's topic while it is compacted, waits until compaction has left little, and makes it a plain topic
 * again. The ledger gets what is left.
 * @returns how many offsets were written, and how many of them hold a record
 */
export async function leaveGaps(
  scenario: Scenario,
  { driver, kafkaTools }: Servers,
): Promise<{ readonly written: number; readonly held: number }> {
  const { topic } = scenario
  await configure({ 'cleanup.policy': 'compact', 'segment.ms': '200', 'min.cleanable.dirty.ratio': '0.01' })
  const sent = new Map<string, LoadRecord>()
  const random = new Random(15)
  const producer = await driver.openProducer()
  const fill = async () => {
    const records = Array.from({ length: PER_ROUND }, () => drawRecord(random, [0, 1, 2])).filter(
      ({ value }) => value !== null,
    )
    for (const record of records) sent.set(record.value!, record)
    await producer.send(
      topic,
      records.map(({ partition, value }) => ({
        partition,
        value: bytesOf(value),
        key: Buffer.from(String(random.between(1, KEYS))),
      })),
    )
  }
  for (let round = 0; round < ROUNDS; round++) await fill()
  const count = async () =>
    [...(await readLog(driver, topic)).values()].reduce((sum, { length }) => sum + length, 0)
  const written = async () =>
    [...(await driver.offsets(topic)).values()].reduce((sum, { end }) => sum + end, 0)
  await until('compaction has removed most records', async () => {
    // What comes now closes the segment that was written to: only closed ones are compacted.
    await fill()
    return (await count()) < (await written()) / 3
  })
  await producer.close()
  await configure({ 'cleanup.policy': 'delete' })
  await until(
    'the topic is a plain one',
    async () => (await driver.describeTopic(topic))!.cleanupPolicy === 'delete',
  )
  const left = await readLog(driver, topic)
  const ledger = new LedgerWriter(scenario.newLedger(), (await driver.describeTopic(topic))!.topicId)
  for (const [partition, records] of left) {
    const known = records.map(({ value }) => sent.get(Buffer.from(value!).toString())!)
    ledger.acknowledged(
      ledger.sent(known),
      known,
      records.map(({ offset }) => ({ partition, offset })),
    )
  }
  ledger.close()
  return { written: await written(), held: await count() }

  async function configure(entries: Readonly<Record<string, string>>): Promise<void> {
    const configEntries = Object.entries(entries).map(([name, value]) => ({ name, value }))
    const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }]
    await kafkaTools.admin.alterConfigs({ validateOnly: false, resources })
  }
}
