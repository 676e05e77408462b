import { describe, expect, test } from 'vitest'
import type { ProducerRecord } from '../../../../core/io/kafka/driver.ts'
import { numbered, readToEnd, textRecord } from '../kafka-fixture.ts'
import type { DriverContract } from './driver-contract.ts'

/** The contract's part on what is produced comes back. */
export function describeRecords(contract: DriverContract): void {
  describe('records', () => {
    test('come back byte by byte, in order, where the producer said they stand', async () => {
      const { topic, topicId } = await contract.kafka.topic(2)
      const header = { name: 'trace', value: Buffer.from([0, 255, 128]) }
      const noValue = contract.traits.nullHeaders ? [{ name: '7', value: null }] : []
      const sent: ProducerRecord[] = [
        {
          key: Buffer.from('k'),
          value: Buffer.from([0, 1, 254]),
          partition: 0,
          timestampMs: 1_700_000_000_123,
        },
        { key: null, value: Buffer.from('no key'), partition: 1 },
        { key: Buffer.from('deleted'), value: null, partition: 0 },
        { key: Buffer.alloc(0), value: Buffer.alloc(0), partition: 0 },
        {
          key: null,
          value: null,
          partition: 0,
          headers: [header, { name: 'a', value: Buffer.from('1') }, header, ...noValue],
        },
      ]
      const producer = await contract.driver.openProducer()
      const positions = await producer.send(topic, sent)
      await producer.close()
      expect(positions.map(({ partition, offset }) => [partition, offset])).toEqual([
        [0, 0],
        [1, 0],
        [0, 1],
        [0, 2],
        [0, 3],
      ])

      const reader = await contract.openReader({ topic, topicId })
      const read = [
        await readToEnd(contract.driver, reader, topic, 0, 0),
        await readToEnd(contract.driver, reader, topic, 0, 1),
      ]
      for (const [index, { partition, offset }] of positions.entries()) {
        const { key, value, headers = [], timestampMs } = sent[index]!
        const record = read[partition]!.find(candidate => candidate.offset === offset)!
        expect({ key: record.key, value: record.value, headers: record.headers }).toEqual({
          key,
          value,
          headers,
        })
        if (timestampMs !== undefined) expect(record.timestampMs).toBe(timestampMs)
        else expect(Math.abs(record.timestampMs - Date.now())).toBeLessThan(60_000)
      }
    })

    test('with one key go to one partition, and those without are spread evenly', async () => {
      const { topic } = await contract.kafka.topic(4)
      const producer = await contract.driver.openProducer()
      const keyed = await producer.send(
        topic,
        Array.from({ length: 50 }, () => ({ key: Buffer.from('k'), value: null })),
      )
      const keyless = await producer.send(
        topic,
        Array.from({ length: 400 }, () => ({ key: null, value: Buffer.from('v') })),
      )
      await producer.close()
      expect(new Set(keyed.map(({ partition }) => partition)).size).toBe(1)
      for (const partition of [0, 1, 2, 3]) {
        expect(keyless.filter(position => position.partition === partition).length).toBeGreaterThan(50)
      }
    })

    test('of more than one batch, and of 900 kB each, are produced and read with small limits', async () => {
      const { topic, topicId } = await contract.kafka.topic(2)
      const big = Buffer.alloc(900_000, 'x')
      const records = Array.from({ length: 6 }, (_, n) => ({
        key: null,
        value: Buffer.from([...big.subarray(1), n]),
        partition: n % 2,
      }))
      const producer = await contract.driver.openProducer()
      const positions = await producer.send(topic, records)
      await producer.close()
      expect(positions.map(({ offset }) => offset)).toEqual([0, 0, 1, 1, 2, 2])
      const reader = await contract.openReader({ topic, topicId })
      const next = new Map([
        [0, 0],
        [1, 0],
      ])
      const last: number[] = []
      for (let round = 0; last.length < 6 && round < 100; round++) {
        for (const batch of await reader.fetch(next, {
          maxWaitMs: 100,
          maxBytes: 1_000,
          maxPartitionBytes: 1_000,
        })) {
          last.push(...batch.records.map(({ value }) => value!.at(-1)!))
          next.set(batch.partition, batch.end)
        }
      }
      expect(last.toSorted()).toEqual([0, 1, 2, 3, 4, 5])
    })

    test('larger than Kafka takes by default are produced and read where the topic is created for them', async () => {
      const topic = 'large-records'
      const settings = {
        partitions: 2,
        replicationFactor: 1,
        retentionMs: undefined,
        maxMessageBytes: 9 << 20,
      }
      await contract.driver.createTopic(topic, settings)
      const sizes = [8 << 20, 3, 5 << 20, 2 << 20]
      const records = [0, 1].flatMap(partition =>
        sizes.map((sizeBytes, n) => ({ key: null, value: Buffer.alloc(sizeBytes, `${n}`), partition })),
      )
      const producer = await contract.driver.openProducer()
      expect((await producer.send(topic, records)).map(({ offset }) => offset)).toEqual([
        0, 1, 2, 3, 0, 1, 2, 3,
      ])
      await producer.close()
      const { topicId } = (await contract.driver.describeTopic(topic))!
      const reader = await contract.openReader({ topic, topicId })
      for (const partition of [0, 1]) {
        const read = await readToEnd(contract.driver, reader, topic, 0, partition)
        expect(read.map(({ value }) => [value!.length, value!.at(-1)])).toEqual(
          sizes.map((sizeBytes, n) => [sizeBytes, `${n}`.charCodeAt(0)]),
        )
      }
    })

    test('larger than the topic takes are refused by name, and the producer goes on', async () => {
      const { topic } = await contract.kafka.topic(1)
      const producer = await contract.driver.openProducer()
      expect(await producer.send(topic, [textRecord('first')])).toEqual([{ partition: 0, offset: 0 }])
      const tooLarge = { key: null, value: Buffer.alloc(3_000_000) }
      await expect(producer.send(topic, [tooLarge])).rejects.toMatchObject({ code: 'PRODUCE_FAILED' })
      expect(await producer.send(topic, [textRecord('next')])).toEqual([{ partition: 0, offset: 1 }])
      await producer.close()
    })

    test('of calls made at once keep the order of the calls', async () => {
      const { topic } = await contract.kafka.topic(1)
      const producer = await contract.driver.openProducer()
      const calls = numbered(20).map(text => producer.send(topic, [textRecord(text)]))
      const positions = await Promise.all(calls)
      await producer.close()
      expect(positions.map(([position]) => position!.offset)).toEqual(Array.from({ length: 20 }, (_, n) => n))
    })
  })
}
