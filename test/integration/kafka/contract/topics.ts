import { describe, expect, test } from 'vitest'
import { at, LIMITS, readToEnd, textOf, textRecord } from '../kafka-fixture.ts'
import type { DriverContract } from './driver-contract.ts'

/** The contract's part on what is known about topics. */
export function describeTopics(contract: DriverContract): void {
  describe('topics', () => {
    test('a topic is created once, described with its id and policy, and left as it is when created again', async () => {
      await contract.driver.createTopic('created', {
        partitions: 3,
        replicationFactor: 1,
        retentionMs: 86_400_000,
      })
      await contract.driver.createTopic('created', {
        partitions: 5,
        replicationFactor: 1,
        retentionMs: undefined,
      })
      const description = await contract.driver.describeTopic('created')
      expect(description).toEqual({
        topic: 'created',
        topicId: expect.stringMatching(/^[\w-]{22}$/),
        partitions: [0, 1, 2],
        cleanupPolicy: 'delete',
        compressionType: 'producer',
      })
    })

    test('a topic that Kafka will not have is refused with the reason', async () => {
      const creating = contract.driver.createTopic('not a name!', {
        partitions: 1,
        replicationFactor: 1,
        retentionMs: undefined,
      })
      await expect(creating).rejects.toMatchObject({ code: 'TOPIC_NOT_CREATED' })
    })

    test('no call creates a topic that is not there', async () => {
      const producer = await contract.driver.openProducer()
      expect(await contract.driver.describeTopic('absent')).toBeUndefined()
      await expect(contract.driver.offsets('absent')).rejects.toMatchObject({ code: 'TOPIC_NOT_FOUND' })
      await expect(contract.driver.openReader('absent', 'A'.repeat(22))).rejects.toMatchObject({
        code: 'TOPIC_RECREATED',
      })
      await expect(producer.send('absent', [textRecord('x')])).rejects.toMatchObject({
        code: 'TOPIC_NOT_FOUND',
      })
      await producer.close()
      expect(await contract.kafka.admin.listTopics()).not.toContain('absent')
    })

    test('a partition that is not there is named at once; one added since is there', async () => {
      const { topic } = await contract.kafka.topic(1)
      const producer = await contract.driver.openProducer()
      const records = [textRecord('x'), { ...textRecord('y'), partition: 2 }]
      const startedMs = performance.now()
      await expect(producer.send(topic, records)).rejects.toMatchObject({
        code: 'PARTITION_NOT_FOUND',
        message: expect.stringContaining('has no partition 2'),
        details: { topic, partition: 2, partitions: 1 },
      })
      // The driver gives up on what may pass after half a minute.
      expect(performance.now() - startedMs).toBeLessThan(15_000)
      expect((await contract.driver.offsets(topic)).get(0)!.end).toBe(0)
      await contract.kafka.admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
      await expect
        .poll(async () => (await contract.driver.describeTopic(topic))?.partitions)
        .toEqual([0, 1, 2])
      expect(await producer.send(topic, records.slice(1))).toEqual([{ partition: 2, offset: 0 }])
      await producer.close()
    })

    test('partitions added show in the description and are read', async () => {
      const { topic, topicId } = await contract.kafka.topic(1)
      const reader = await contract.openReader({ topic, topicId })
      await contract.kafka.produce(topic, ['before'])
      await reader.fetch(at(0), LIMITS)
      await contract.kafka.admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
      await expect
        .poll(async () => (await contract.driver.describeTopic(topic))!.partitions)
        .toEqual([0, 1, 2])
      const producer = await contract.driver.openProducer()
      await producer.send(topic, [{ ...textRecord('after'), partition: 2 }])
      await producer.close()
      const records = await readToEnd(contract.driver, reader, topic, 0, 2)
      expect(records.map(textOf)).toEqual(['after'])
    })
  })
}
