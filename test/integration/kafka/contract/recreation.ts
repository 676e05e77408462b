import { describe, expect, test } from 'vitest'
import { at, LIMITS, numbered, readTexts, readToEnd } from '../kafka-fixture.ts'
import type { DriverContract } from './driver-contract.ts'

/** The contract's part on topics that are deleted and created again. */
export function describeRecreation(contract: DriverContract): void {
  describe('a topic deleted and created again', () => {
    const recreate = async (topic: string): Promise<void> => {
      await contract.kafka.admin.deleteTopics({ topics: [topic] })
      const described = async () => contract.driver.describeTopic(topic)
      await expect.poll(described, { timeout: 30_000 }).toBeUndefined()
      await contract.driver.createTopic(topic, {
        partitions: 1,
        replicationFactor: 1,
        retentionMs: undefined,
      })
      await contract.kafka.produce(topic, numbered(100, 'new'))
    }

    test('stops the reader with both ids, and hands over nothing of the new one', async () => {
      const { topic, topicId } = await contract.kafka.topic(1)
      await contract.kafka.produce(topic, numbered(10, 'old'))
      const reader = await contract.openReader({ topic, topicId })
      await readToEnd(contract.driver, reader, topic)
      await recreate(topic)
      const { topicId: newId } = (await contract.driver.describeTopic(topic))!
      for (const position of [10, 0, 200]) {
        await expect(reader.fetch(at(position), LIMITS), `from offset ${position}`).rejects.toMatchObject({
          code: 'TOPIC_RECREATED',
          details: { topic, topicId, foundTopicId: newId },
        })
      }
      await expect(contract.driver.openReader(topic, topicId)).rejects.toMatchObject({
        code: 'TOPIC_RECREATED',
      })
      expect((await readTexts(contract.driver, topic)).length).toBe(100)
    })

    test('stops a reader that was waiting', async () => {
      const { topic, topicId } = await contract.kafka.topic(1)
      const reader = await contract.openReader({ topic, topicId })
      const waiting = (async () => {
        for (;;) expect(await reader.fetch(at(0), LIMITS)).toEqual([])
      })()
      const stopped = expect(waiting).rejects.toMatchObject({ code: 'TOPIC_RECREATED' })
      await recreate(topic)
      await stopped
    })

    test('stops a reader even when it is only gone', async () => {
      const { topic, topicId } = await contract.kafka.topic(1)
      const reader = await contract.openReader({ topic, topicId })
      await reader.fetch(at(0), LIMITS)
      await contract.kafka.admin.deleteTopics({ topics: [topic] })
      const polling = expect.poll(() => reader.fetch(at(0), LIMITS).catch(error => error.code))
      await polling.toBe('TOPIC_RECREATED')
    })
  })
}
