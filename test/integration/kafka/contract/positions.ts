import { describe, expect, test } from 'vitest'
import { at, LIMITS, numbered, readToEnd, textOf } from '../kafka-fixture.ts'
import type { DriverContract } from './driver-contract.ts'

/** The contract's part on positions and waiting. */
export function describePositions(contract: DriverContract): void {
  describe('positions', () => {
    test('may be named anew at each call: back, forward, other partitions', async () => {
      const { topic, topicId } = await contract.kafka.topic(2)
      await contract.kafka.produce(topic, numbered(100))
      const reader = await contract.openReader({ topic, topicId })
      for (const start of [0, 90, 17, 17, 99]) {
        const [first] = await readToEnd(contract.driver, reader, topic, start)
        expect(first!.offset).toBe(start)
      }
      expect(await reader.fetch(new Map([[1, 0]]), LIMITS)).toEqual([])
      const batches = await reader.fetch(
        new Map([
          [0, 50],
          [1, 0],
        ]),
        LIMITS,
      )
      expect(batches).toMatchObject([{ partition: 0, start: 50, end: 100 }])
    })

    test('an idle topic answers with nothing, after the wait asked for', async () => {
      const { topic, topicId } = await contract.kafka.topic(3)
      const reader = await contract.openReader({ topic, topicId })
      const positions = new Map([
        [0, 0],
        [1, 0],
        [2, 0],
      ])
      await reader.fetch(positions, { ...LIMITS, maxWaitMs: 10 })
      const startMs = performance.now()
      expect(await reader.fetch(positions, { ...LIMITS, maxWaitMs: 300 })).toEqual([])
      const tookMs = performance.now() - startMs
      expect(tookMs).toBeGreaterThan(250)
      // Far below the five seconds that are kafkajs's own default.
      expect(tookMs).toBeLessThan(4_000)
    })

    test('none at all answer with nothing, after the wait asked for', async () => {
      const reader = await contract.openReader(await contract.kafka.topic(1))
      const startMs = performance.now()
      expect(await reader.fetch(new Map(), { ...LIMITS, maxWaitMs: 300 })).toEqual([])
      expect(performance.now() - startMs).toBeGreaterThan(250)
    })

    test('a long poll answers at once when a record arrives, and holds up neither others nor the close', async () => {
      const { topic, topicId } = await contract.kafka.topic(1)
      const reader = await contract.openReader({ topic, topicId })
      await reader.fetch(at(0), LIMITS)
      const poll = reader.fetch(at(0), { ...LIMITS, maxWaitMs: 25_000 })
      const startMs = performance.now()
      await contract.driver.offsets(topic)
      await contract.kafka.produce(topic, ['news'])
      expect((await poll).flatMap(({ records }) => records.map(textOf))).toEqual(['news'])
      expect(performance.now() - startMs).toBeLessThan(15_000)
    })

    test('beyond the end are out of range, and nothing is reset', async () => {
      const { topic, topicId } = await contract.kafka.topic(1)
      await contract.kafka.produce(topic, numbered(10))
      const reader = await contract.openReader({ topic, topicId })
      await expect(reader.fetch(at(11), LIMITS)).rejects.toMatchObject({
        code: 'OFFSET_OUT_OF_RANGE',
        details: { topic, partition: 0, position: 11, earliest: 0, end: 10 },
      })
      expect(await reader.fetch(at(10), LIMITS)).toEqual([])
    })

    test('that retention has passed are out of range, and the error names what is lost', async () => {
      const { topic, topicId } = await contract.kafka.topic(2)
      await contract.kafka.produce(topic, numbered(10))
      const reader = await contract.openReader({ topic, topicId })
      await reader.fetch(at(0), { ...LIMITS, maxBytes: 1 })
      await contract.kafka.admin.fetchTopicOffsets(topic)
      await contract.kafka.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '7' }] })
      expect((await contract.driver.offsets(topic)).get(0)).toEqual({ earliest: 7, end: 10 })
      await expect(
        reader.fetch(
          new Map([
            [1, 0],
            [0, 3],
          ]),
          LIMITS,
        ),
      ).rejects.toMatchObject({
        code: 'OFFSET_OUT_OF_RANGE',
        message: expect.stringContaining('offsets 3 to 6 are lost'),
        details: { partition: 0, position: 3, earliest: 7, end: 10 },
      })
      expect((await readToEnd(contract.driver, reader, topic, 7)).map(textOf)).toEqual([
        'record 7',
        'record 8',
        'record 9',
      ])
    })
  })
}
