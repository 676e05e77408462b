import { expect, test } from 'vitest'
import type { KafkaProducer, ProducerRecord, RecordPosition } from '../../../../core/io/kafka/driver.ts'
import { SharedProducer } from '../../../../ingest/http/shared-producer.ts'

/** A producer that records its calls and answers each when told to. */
class ManualProducer implements KafkaProducer {
  readonly calls: { topic: string; values: string[]; answer(error?: Error): void }[] = []
  closed = false

  send(topic: string, records: readonly ProducerRecord[]): Promise<readonly RecordPosition[]> {
    return new Promise((resolve, reject) => {
      const values = records.map(({ value }) => Buffer.from(value!).toString())
      this.calls.push({ topic, values, answer: error => (error ? reject(error) : resolve([])) })
    })
  }

  async close(): Promise<void> {
    this.closed = true
  }
}

const record = (value: string): ProducerRecord => ({ key: null, value: Buffer.from(value) })
const turn = () => new Promise(resolve => setImmediate(resolve))

test('requests that arrive while a call is under way share the next one, in their order', async () => {
  const producer = new ManualProducer()
  const shared = new SharedProducer(producer, 1 << 20)
  const first = shared.send('t', [record('1')])
  await turn()
  await turn()
  const others = [
    shared.send('t', [record('2'), record('3')]),
    shared.send('t', [record('4')]),
    shared.send('u', [record('5')]),
  ]
  expect(producer.calls.map(call => call.values)).toEqual([['1']])
  producer.calls[0]!.answer()
  await first
  await turn()
  expect(producer.calls[1]).toMatchObject({ topic: 't', values: ['2', '3', '4'] })
  producer.calls[1]!.answer()
  await turn()
  expect(producer.calls[2]).toMatchObject({ topic: 'u', values: ['5'] })
  producer.calls[2]!.answer()
  await Promise.all(others)
})

test('a call that fails fails its own requests, and no others', async () => {
  const producer = new ManualProducer()
  const shared = new SharedProducer(producer, 1 << 20)
  const [a, b] = [shared.send('t', [record('1')]), shared.send('t', [record('2')])]
  await turn()
  await turn()
  const c = shared.send('t', [record('3')])
  const outcomes = Promise.allSettled([a, b, c])
  producer.calls[0]!.answer(new Error('no'))
  await turn()
  producer.calls[1]!.answer()
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
})

test('a large request has a call to itself', async () => {
  const producer = new ManualProducer()
  const shared = new SharedProducer(producer, 1 << 24)
  const large = 'x'.repeat(300_000)
  const sent = [[record('1')], [record(large)], [record('2')]].map(records => shared.send('t', records))
  for (let call = 0; call < 3; call++) {
    await turn()
    await turn()
    producer.calls[call]!.answer()
  }
  await Promise.all(sent)
  expect(producer.calls.map(call => call.values.map(value => value.length))).toEqual([[1], [300_000], [1]])
})

test('refuses more where too much waits for Kafka, and takes more once it is through', async () => {
  const producer = new ManualProducer()
  const shared = new SharedProducer(producer, 10)
  const first = shared.send('t', [record('0123456789')])
  expect(() => shared.send('t', [record('1')])).toThrowError(
    expect.objectContaining({ code: 'INGEST_OVERLOADED' }),
  )
  await turn()
  await turn()
  producer.calls[0]!.answer()
  await first
  const second = shared.send('t', [record('1')])
  await turn()
  await turn()
  producer.calls[1]!.answer()
  await second
})

test('closing waits for what is under way', async () => {
  const producer = new ManualProducer()
  const shared = new SharedProducer(producer, 1 << 20)
  const sent = shared.send('t', [record('1')])
  await turn()
  await turn()
  const closing = shared.close()
  await turn()
  expect(producer.closed).toBe(false)
  producer.calls[0]!.answer()
  await Promise.all([sent, closing])
  expect(producer.closed).toBe(true)
})

test('each request of a shared call hears where its own records stand', async () => {
  const producer: KafkaProducer = {
    send: async (_topic, records) => records.map((_, offset) => ({ partition: offset % 2, offset })),
    close: async () => undefined,
  }
  const shared = new SharedProducer(producer, 1 << 20)
  const requests = [['1', '2'], [], ['3']].map(values => shared.send('t', values.map(record)))
  expect((await Promise.all(requests)).map(positions => positions.map(({ offset }) => offset))).toEqual([
    [0, 1],
    [],
    [2],
  ])
})
