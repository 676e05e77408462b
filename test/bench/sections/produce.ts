import type { KafkaDriver } from '../../../core/io/kafka/driver.ts'
import { openKafkaDriver } from '../../../core/io/kafka/open-driver.ts'
import { produceAll, recordsIn } from '../rig/clients.ts'
import type { Rig } from '../rig/rig.ts'
import type { Workload } from '../rig/workload.ts'

/** What it takes to move events through the Kafka port. */
export interface KafkaFigures {
  readonly driver: KafkaDriver['name']
  readonly direction: 'produce' | 'consume'
  readonly eventsPerSecond: number
  readonly clientCpuSecondsPerMillion: number
  readonly kafkaCpuSecondsPerMillion: number
}

const LIMITS = { maxWaitMs: 100, maxBytes: 16_000_000, maxPartitionBytes: 4_000_000 }

/** Produces a workload's events and reads them back, by one driver. */
export async function benchKafka(
  rig: Rig,
  workload: Workload,
  name: KafkaDriver['name'],
): Promise<KafkaFigures[]> {
  const [stream] = workload.project.streams
  const topic = `${workload.name}-by-${name}`
  const driver = await openKafkaDriver(name, rig.connections.kafka)
  try {
    await driver.createTopic(topic, stream!.topicSettings)
    const events = workload.records.length
    return [
      await timed(rig, name, 'produce', events, () => produceAll(driver, topic, workload.records)),
      await timed(rig, name, 'consume', events, () => readAll(driver, topic)),
    ]
  } finally {
    await driver.close()
  }
}

async function timed(
  rig: Rig,
  driver: KafkaDriver['name'],
  direction: KafkaFigures['direction'],
  events: number,
  work: () => Promise<void>,
): Promise<KafkaFigures> {
  const before = rig.usage()
  const startedMs = performance.now()
  await work()
  const seconds = (performance.now() - startedMs) / 1000
  const after = rig.usage()
  const spent = (name: 'bench' | 'kafka') =>
    ((after[name].cpuSeconds - before[name].cpuSeconds) * 1e6) / events
  return {
    driver,
    direction,
    eventsPerSecond: events / seconds,
    clientCpuSecondsPerMillion: spent('bench'),
    kafkaCpuSecondsPerMillion: spent('kafka'),
  }
}

async function readAll(driver: KafkaDriver, topic: string): Promise<void> {
  const { topicId, partitions } = (await driver.describeTopic(topic))!
  const reader = await driver.openReader(topic, topicId)
  const positions = new Map(partitions.map(partition => [partition, 0]))
  const total = await recordsIn(driver, topic)
  for (let read = 0; read < total; ) {
    for (const { partition, end, records } of await reader.fetch(positions, LIMITS)) {
      read += records.length
      positions.set(partition, end)
    }
  }
  await reader.close()
}
