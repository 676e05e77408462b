import { describe, expect, test } from 'vitest'
import { at, type KafkaFixture, LIMITS, readTexts, readToEnd, textOf } from '../kafka-fixture.ts'
import type { DriverContract } from './driver-contract.ts'

/** The contract's part on transactions. */
export function describeTransactions(contract: DriverContract): void {
  describe('transactions', () => {
    const send = (
      transaction: Awaited<ReturnType<KafkaFixture['transaction']>>,
      topic: string,
      values: string[],
    ) => transaction.send({ topic, messages: values.map(value => ({ value, partition: 0 })) })

    const endReaches = async (topic: string, end: number) => {
      const found = async () => (await contract.driver.offsets(topic)).get(0)!.end
      await expect.poll(found, { timeout: 30_000 }).toBe(end)
    }

    test('aborted records in the middle and at the end are passed, and the end is reached', async () => {
      const { topic } = await contract.kafka.topic(1)
      await contract.kafka.produce(topic, ['a'])
      const first = await contract.kafka.transaction()
      await send(first, topic, ['aborted 1', 'aborted 2'])
      await first.abort()
      const second = await contract.kafka.transaction()
      await send(second, topic, ['b'])
      await second.commit()
      const third = await contract.kafka.transaction()
      await send(third, topic, ['aborted 3'])
      await third.abort()
      // Records 0–6: a, two aborted, marker, b, marker, aborted, and the last marker at 7.
      await endReaches(topic, 8)
      expect(await readTexts(contract.driver, topic)).toEqual(['a', 'b'])
      for (const start of [2, 3, 5, 6, 7]) {
        const texts = await readTexts(contract.driver, topic, start)
        expect(texts, `from offset ${start}`).toEqual(start <= 4 ? ['b'] : [])
      }
    })

    test('overlapping aborted transactions leak nothing, from wherever they are read', async () => {
      const { topic } = await contract.kafka.topic(1)
      const outer = await contract.kafka.transaction()
      const inner = await contract.kafka.transaction()
      await send(outer, topic, ['outer 0'])
      await send(inner, topic, ['inner 1'])
      await contract.kafka.produce(topic, ['kept 2'])
      // The key of this record looks like that of an abort marker.
      await outer.send({ topic, messages: [{ key: Buffer.alloc(4), value: 'outer 3', partition: 0 }] })
      await send(inner, topic, ['inner 4'])
      // The one that began later ends first: so the broker lists them in the other order.
      await inner.abort()
      await send(outer, topic, ['outer 6'])
      await outer.abort()
      await contract.kafka.produce(topic, ['kept 8'])
      await endReaches(topic, 9)
      for (let start = 0; start <= 8; start++) {
        const texts = await readTexts(contract.driver, topic, start)
        expect(texts, `from offset ${start}`).toEqual(start <= 2 ? ['kept 2', 'kept 8'] : ['kept 8'])
      }
    })

    test('an open transaction hides itself and what follows it until it commits', async () => {
      const { topic, topicId } = await contract.kafka.topic(1)
      await contract.kafka.produce(topic, ['before'])
      const open = await contract.kafka.transaction()
      await send(open, topic, ['within'])
      await contract.kafka.produce(topic, ['after'])
      expect((await contract.driver.offsets(topic)).get(0)).toEqual({ earliest: 0, end: 1 })
      const reader = await contract.openReader({ topic, topicId })
      expect((await readToEnd(contract.driver, reader, topic)).map(textOf)).toEqual(['before'])
      expect(await reader.fetch(at(1), LIMITS)).toEqual([])
      await open.commit()
      await endReaches(topic, 4)
      expect((await readToEnd(contract.driver, reader, topic, 1)).map(textOf)).toEqual(['within', 'after'])
    })
  })
}
