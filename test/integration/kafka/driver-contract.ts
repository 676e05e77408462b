import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type {
  KafkaDriver,
  ProducerRecord,
  TopicReader,
  WritableCodec,
} from '../../../core/io/kafka/driver.ts'
import { openKafkaDriver } from '../../../core/io/kafka/open-driver.ts'
import { freePort } from '../../../core/io/process/free-port.ts'
import {
  type KafkaFixture,
  LIMITS,
  readTexts,
  readToEnd,
  startKafkaFixture,
  textOf,
  textRecord,
} from './kafka-fixture.ts'

/** What is particular to a driver, as its documentation says. */
export interface DriverTraits {
  /** Whether a header without a value reads as such, and not as an empty one. */
  readonly nullHeaders: boolean
}

const ALL_CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const
const WRITABLE_CODECS: readonly WritableCodec[] = ['gzip', 'snappy', 'lz4']

/** The contract of the Kafka port, as tests against one real broker. Every driver passes all of it. */
export function describeDriverContract(name: KafkaDriver['name'], traits: DriverTraits): void {
  let kafka: KafkaFixture
  let driver: KafkaDriver
  let unreachable: Promise<unknown>
  const opened: TopicReader[] = []

  const openReader = async ({ topic, topicId }: { topic: string; topicId: string }): Promise<TopicReader> => {
    const reader = await driver.openReader(topic, topicId)
    opened.push(reader)
    return reader
  }
  const at = (position: number, partition = 0): Map<number, number> => new Map([[partition, position]])
  const numbered = (count: number, prefix = 'record'): string[] =>
    Array.from({ length: count }, (_, n) => `${prefix} ${n}`)

  beforeAll(async () => {
    unreachable = describeOnDeadPort(name)
    kafka = await startKafkaFixture(name)
    driver = kafka.driver
  })
  afterAll(async () => {
    await Promise.all(opened.map(reader => reader.close()))
    await kafka?.close()
  })

  describe('topics', () => {
    test('a topic is created once, described with its id and policy, and left as it is when created again', async () => {
      await driver.createTopic('created', { partitions: 3, replicationFactor: 1, retentionMs: 86_400_000 })
      await driver.createTopic('created', { partitions: 5, replicationFactor: 1, retentionMs: undefined })
      const description = await driver.describeTopic('created')
      expect(description).toEqual({
        topic: 'created',
        topicId: expect.stringMatching(/^[\w-]{22}$/),
        partitions: [0, 1, 2],
        cleanupPolicy: 'delete',
      })
    })

    test('a topic that Kafka will not have is refused with the reason', async () => {
      const creating = driver.createTopic('not a name!', {
        partitions: 1,
        replicationFactor: 1,
        retentionMs: undefined,
      })
      await expect(creating).rejects.toMatchObject({ code: 'TOPIC_NOT_CREATED' })
    })

    test('no call creates a topic that is not there', async () => {
      const producer = await driver.openProducer()
      expect(await driver.describeTopic('absent')).toBeUndefined()
      await expect(driver.offsets('absent')).rejects.toMatchObject({ code: 'TOPIC_NOT_FOUND' })
      await expect(driver.openReader('absent', 'A'.repeat(22))).rejects.toMatchObject({
        code: 'TOPIC_RECREATED',
      })
      await expect(producer.send('absent', [textRecord('x')])).rejects.toMatchObject({
        code: 'TOPIC_NOT_FOUND',
      })
      await producer.close()
      expect(await kafka.admin.listTopics()).not.toContain('absent')
    })

    test('partitions added show in the description and are read', async () => {
      const { topic, topicId } = await kafka.topic(1)
      const reader = await openReader({ topic, topicId })
      await kafka.produce(topic, ['before'])
      await reader.fetch(at(0), LIMITS)
      await kafka.admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
      await expect.poll(async () => (await driver.describeTopic(topic))!.partitions).toEqual([0, 1, 2])
      const producer = await driver.openProducer()
      await producer.send(topic, [{ ...textRecord('after'), partition: 2 }])
      await producer.close()
      const records = await readToEnd(driver, reader, topic, 0, 2)
      expect(records.map(textOf)).toEqual(['after'])
    })
  })

  describe('records', () => {
    test('come back byte by byte, in order, where the producer said they stand', async () => {
      const { topic, topicId } = await kafka.topic(2)
      const header = { name: 'trace', value: Buffer.from([0, 255, 128]) }
      const noValue = traits.nullHeaders ? [{ name: '7', value: null }] : []
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
      const producer = await driver.openProducer()
      const positions = await producer.send(topic, sent)
      await producer.close()
      expect(positions.map(({ partition, offset }) => [partition, offset])).toEqual([
        [0, 0],
        [1, 0],
        [0, 1],
        [0, 2],
        [0, 3],
      ])

      const reader = await openReader({ topic, topicId })
      const read = [
        await readToEnd(driver, reader, topic, 0, 0),
        await readToEnd(driver, reader, topic, 0, 1),
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
      const { topic } = await kafka.topic(4)
      const producer = await driver.openProducer()
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
      const { topic, topicId } = await kafka.topic(2)
      const big = Buffer.alloc(900_000, 'x')
      const records = Array.from({ length: 6 }, (_, n) => ({
        key: null,
        value: Buffer.from([...big.subarray(1), n]),
        partition: n % 2,
      }))
      const producer = await driver.openProducer()
      const positions = await producer.send(topic, records)
      await producer.close()
      expect(positions.map(({ offset }) => offset)).toEqual([0, 0, 1, 1, 2, 2])
      const reader = await openReader({ topic, topicId })
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

    test('larger than the topic takes are refused by name, and the producer goes on', async () => {
      const { topic } = await kafka.topic(1)
      const producer = await driver.openProducer()
      expect(await producer.send(topic, [textRecord('first')])).toEqual([{ partition: 0, offset: 0 }])
      const tooLarge = { key: null, value: Buffer.alloc(3_000_000) }
      await expect(producer.send(topic, [tooLarge])).rejects.toMatchObject({ code: 'PRODUCE_FAILED' })
      expect(await producer.send(topic, [textRecord('next')])).toEqual([{ partition: 0, offset: 1 }])
      await producer.close()
    })

    test('of calls made at once keep the order of the calls', async () => {
      const { topic } = await kafka.topic(1)
      const producer = await driver.openProducer()
      const calls = numbered(20).map(text => producer.send(topic, [textRecord(text)]))
      const positions = await Promise.all(calls)
      await producer.close()
      expect(positions.map(([position]) => position!.offset)).toEqual(Array.from({ length: 20 }, (_, n) => n))
    })
  })

  describe('codecs', () => {
    test.each(ALL_CODECS)(
      'batches that Java compressed with %s are read, or refused by name',
      async codec => {
        // The broker compresses what arrives uncompressed, with the same Java code as Kafka's own producer.
        const { topic } = await kafka.topic(1, { 'compression.type': codec })
        const values = numbered(3_000, 'some text that compresses well')
        await kafka.produce(topic, values)
        if (driver.codecs.includes(codec)) expect(await readTexts(driver, topic)).toEqual(values)
        else
          await expect(readTexts(driver, topic)).rejects.toMatchObject({
            code: 'CODEC_UNREADABLE',
            message: expect.stringContaining(codec),
          })
      },
    )

    test.each(WRITABLE_CODECS)(
      'batches that the producer compresses with %s are taken by Kafka and read',
      async codec => {
        // A topic with a codec of its own makes the broker decompress what arrives: Java reads ours.
        const { topic } = await kafka.topic(1, { 'compression.type': codec === 'gzip' ? 'lz4' : 'gzip' })
        const { topic: asSent } = await kafka.topic(1)
        const producer = await driver.openProducer({ compression: codec })
        const values = numbered(2_000, 'some text that compresses well')
        await producer.send(topic, values.map(textRecord))
        await producer.send(asSent, values.map(textRecord))
        await producer.close()
        expect(await readTexts(driver, topic)).toEqual(values)
        expect(await readTexts(driver, asSent)).toEqual(values)
      },
    )
  })

  describe('transactions', () => {
    const send = (
      transaction: Awaited<ReturnType<KafkaFixture['transaction']>>,
      topic: string,
      values: string[],
    ) => transaction.send({ topic, messages: values.map(value => ({ value, partition: 0 })) })

    test('aborted records in the middle and at the end are passed, and the end is reached', async () => {
      const { topic } = await kafka.topic(1)
      await kafka.produce(topic, ['a'])
      const first = await kafka.transaction()
      await send(first, topic, ['aborted 1', 'aborted 2'])
      await first.abort()
      const second = await kafka.transaction()
      await send(second, topic, ['b'])
      await second.commit()
      const third = await kafka.transaction()
      await send(third, topic, ['aborted 3'])
      await third.abort()
      // Records 0–6: a, two aborted, marker, b, marker, aborted, and the last marker at 7.
      await expect.poll(async () => (await driver.offsets(topic)).get(0)!.end).toBe(8)
      expect(await readTexts(driver, topic)).toEqual(['a', 'b'])
      for (const start of [2, 3, 5, 6, 7]) {
        const texts = await readTexts(driver, topic, start)
        expect(texts, `from offset ${start}`).toEqual(start <= 4 ? ['b'] : [])
      }
    })

    test('overlapping aborted transactions leak nothing, from wherever they are read', async () => {
      const { topic } = await kafka.topic(1)
      const outer = await kafka.transaction()
      const inner = await kafka.transaction()
      await send(outer, topic, ['outer 0'])
      await send(inner, topic, ['inner 1'])
      await kafka.produce(topic, ['kept 2'])
      // The key of this record looks like that of an abort marker.
      await outer.send({ topic, messages: [{ key: Buffer.alloc(4), value: 'outer 3', partition: 0 }] })
      await send(inner, topic, ['inner 4'])
      // The one that began later ends first: so the broker lists them in the other order.
      await inner.abort()
      await send(outer, topic, ['outer 6'])
      await outer.abort()
      await kafka.produce(topic, ['kept 8'])
      await expect.poll(async () => (await driver.offsets(topic)).get(0)!.end).toBe(9)
      for (let start = 0; start <= 8; start++) {
        const texts = await readTexts(driver, topic, start)
        expect(texts, `from offset ${start}`).toEqual(start <= 2 ? ['kept 2', 'kept 8'] : ['kept 8'])
      }
    })

    test('an open transaction hides itself and what follows it until it commits', async () => {
      const { topic, topicId } = await kafka.topic(1)
      await kafka.produce(topic, ['before'])
      const open = await kafka.transaction()
      await send(open, topic, ['within'])
      await kafka.produce(topic, ['after'])
      expect((await driver.offsets(topic)).get(0)).toEqual({ earliest: 0, end: 1 })
      const reader = await openReader({ topic, topicId })
      expect((await readToEnd(driver, reader, topic)).map(textOf)).toEqual(['before'])
      expect(await reader.fetch(at(1), LIMITS)).toEqual([])
      await open.commit()
      await expect.poll(async () => (await driver.offsets(topic)).get(0)!.end).toBe(4)
      expect((await readToEnd(driver, reader, topic, 1)).map(textOf)).toEqual(['within', 'after'])
    })
  })

  describe('positions', () => {
    test('may be named anew at each call: back, forward, other partitions', async () => {
      const { topic, topicId } = await kafka.topic(2)
      await kafka.produce(topic, numbered(100))
      const reader = await openReader({ topic, topicId })
      for (const start of [0, 90, 17, 17, 99]) {
        const [first] = await readToEnd(driver, reader, topic, start)
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
      const { topic, topicId } = await kafka.topic(3)
      const reader = await openReader({ topic, topicId })
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
      expect(tookMs).toBeLessThan(900)
    })

    test('none at all answer with nothing, after the wait asked for', async () => {
      const reader = await openReader(await kafka.topic(1))
      const startMs = performance.now()
      expect(await reader.fetch(new Map(), { ...LIMITS, maxWaitMs: 300 })).toEqual([])
      expect(performance.now() - startMs).toBeGreaterThan(250)
    })

    test('a long poll answers at once when a record arrives, and holds up neither others nor the close', async () => {
      const { topic, topicId } = await kafka.topic(1)
      const reader = await openReader({ topic, topicId })
      await reader.fetch(at(0), LIMITS)
      const poll = reader.fetch(at(0), { ...LIMITS, maxWaitMs: 8_000 })
      const startMs = performance.now()
      await driver.offsets(topic)
      await kafka.produce(topic, ['news'])
      expect((await poll).flatMap(({ records }) => records.map(textOf))).toEqual(['news'])
      expect(performance.now() - startMs).toBeLessThan(4_000)
    })

    test('beyond the end are out of range, and nothing is reset', async () => {
      const { topic, topicId } = await kafka.topic(1)
      await kafka.produce(topic, numbered(10))
      const reader = await openReader({ topic, topicId })
      await expect(reader.fetch(at(11), LIMITS)).rejects.toMatchObject({
        code: 'OFFSET_OUT_OF_RANGE',
        details: { topic, partition: 0, position: 11, earliest: 0, end: 10 },
      })
      expect(await reader.fetch(at(10), LIMITS)).toEqual([])
    })

    test('that retention has passed are out of range, and the error names what is lost', async () => {
      const { topic, topicId } = await kafka.topic(2)
      await kafka.produce(topic, numbered(10))
      const reader = await openReader({ topic, topicId })
      await reader.fetch(at(0), { ...LIMITS, maxBytes: 1 })
      await kafka.admin.fetchTopicOffsets(topic)
      await kafka.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '7' }] })
      expect((await driver.offsets(topic)).get(0)).toEqual({ earliest: 7, end: 10 })
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
      expect((await readToEnd(driver, reader, topic, 7)).map(textOf)).toEqual([
        'record 7',
        'record 8',
        'record 9',
      ])
    })
  })

  describe('a topic deleted and created again', () => {
    const recreate = async (topic: string): Promise<void> => {
      await kafka.admin.deleteTopics({ topics: [topic] })
      await expect.poll(async () => driver.describeTopic(topic)).toBeUndefined()
      await driver.createTopic(topic, { partitions: 1, replicationFactor: 1, retentionMs: undefined })
      await kafka.produce(topic, numbered(100, 'new'))
    }

    test('stops the reader with both ids, and hands over nothing of the new one', async () => {
      const { topic, topicId } = await kafka.topic(1)
      await kafka.produce(topic, numbered(10, 'old'))
      const reader = await openReader({ topic, topicId })
      await readToEnd(driver, reader, topic)
      await recreate(topic)
      const { topicId: newId } = (await driver.describeTopic(topic))!
      for (const position of [10, 0, 200]) {
        await expect(reader.fetch(at(position), LIMITS), `from offset ${position}`).rejects.toMatchObject({
          code: 'TOPIC_RECREATED',
          details: { topic, topicId, foundTopicId: newId },
        })
      }
      await expect(driver.openReader(topic, topicId)).rejects.toMatchObject({ code: 'TOPIC_RECREATED' })
      expect((await readTexts(driver, topic)).length).toBe(100)
    })

    test('stops a reader that was waiting', async () => {
      const { topic, topicId } = await kafka.topic(1)
      const reader = await openReader({ topic, topicId })
      const waiting = (async () => {
        for (;;) expect(await reader.fetch(at(0), LIMITS)).toEqual([])
      })()
      const stopped = expect(waiting).rejects.toMatchObject({ code: 'TOPIC_RECREATED' })
      await recreate(topic)
      await stopped
    })

    test('stops a reader even when it is only gone', async () => {
      const { topic, topicId } = await kafka.topic(1)
      const reader = await openReader({ topic, topicId })
      await reader.fetch(at(0), LIMITS)
      await kafka.admin.deleteTopics({ topics: [topic] })
      const polling = expect.poll(() => reader.fetch(at(0), LIMITS).catch(error => error.code), {
        timeout: 10_000,
      })
      await polling.toBe('TOPIC_RECREATED')
    })
  })

  describe('when the broker goes away', () => {
    test.each(['SIGTERM', 'SIGKILL'] as const)(
      'by %s, readers and producers resume and nothing acknowledged is lost',
      async signal => {
        const { topic, topicId } = await kafka.topic(1)
        const reader = await openReader({ topic, topicId })
        const producer = await driver.openProducer()
        const acknowledged: { offset: number; text: string }[] = []
        const read: { offset: number; text: string }[] = []
        let producing = true
        let written = false
        const writer = (async () => {
          for (let n = 0; producing; n++) {
            const text = `record ${n}`
            const [position] = await producer.send(topic, [textRecord(text)])
            acknowledged.push({ offset: position!.offset, text })
          }
          written = true
        })()
        const follower = (async () => {
          for (let position = 0; !written || position <= acknowledged.at(-1)!.offset; ) {
            const [batch] = await reader.fetch(at(position), LIMITS)
            read.push(
              ...(batch?.records ?? []).map(record => ({ offset: record.offset, text: textOf(record) })),
            )
            position = batch?.end ?? position
          }
        })()
        await expect.poll(() => acknowledged.length).toBeGreaterThan(100)
        const broker = kafka.broker()
        process.kill(broker.pid, signal)
        await broker.exited
        await kafka.restart()
        const before = acknowledged.length
        await expect.poll(() => acknowledged.length, { timeout: 20_000 }).toBeGreaterThan(before + 100)
        producing = false
        await Promise.all([writer, follower])
        await producer.close()
        expect(read).toEqual(acknowledged)
      },
    )

    test('a reader that is closed meanwhile gives up at once', async () => {
      const { topic, topicId } = await kafka.topic(1)
      const reader = await openReader({ topic, topicId })
      await reader.fetch(at(0), LIMITS)
      const broker = kafka.broker()
      await broker.stop()
      const fetching = (async () => {
        for (;;) await reader.fetch(at(0), LIMITS)
      })()
      const ended = expect(fetching).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE' })
      await sleep(300)
      const startMs = performance.now()
      await reader.close()
      await ended
      expect(performance.now() - startMs).toBeLessThan(3_000)
      await kafka.restart()
    })

    test('a cluster that does not answer is an error in bounded time that keeps the password', async () => {
      const error = (await unreachable) as Error & { code: string }
      expect(error.code).toBe('KAFKA_UNAVAILABLE')
      expect(JSON.stringify([error, error.message, error.stack, String(error.cause)])).not.toContain('s3cret')
    })
  })
}

/** The error of a first call to a cluster whose only broker is not there. */
async function describeOnDeadPort(name: KafkaDriver['name']): Promise<unknown> {
  const sasl = { mechanism: 'plain', username: 'user', password: 's3cret' } as const
  const connection = { brokers: [`127.0.0.1:${await freePort()}`], clientId: 'contract', sasl }
  const driver = await openKafkaDriver(name, connection)
  const error = await driver.describeTopic('any').catch(failure => failure)
  await driver.close()
  return error
}
