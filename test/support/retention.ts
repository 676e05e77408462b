import type { Admin } from 'kafkajs'
import type { Platform } from './platform.ts'
import { until } from './processes.ts'

/** Deletes the first part of each partition of the first stream's topic, as retention would. */
export async function passRetention(admin: Admin, { context }: Platform, part: number): Promise<void> {
  const { topic } = context.project.streams[0]!
  const ends = await context.driver.offsets(topic)
  const partitions = [...ends].map(([partition, { end }]) => ({
    partition,
    offset: String(Math.floor(end * part)),
  }))
  // kafkajs must have met the topic before it deletes from it.
  await admin.fetchTopicOffsets(topic)
  await admin.deleteTopicRecords({ topic, partitions })
  await until('Kafka has deleted them', async () =>
    [...(await context.driver.offsets(topic)).values()].every(({ earliest }) => earliest > 0),
  )
}
