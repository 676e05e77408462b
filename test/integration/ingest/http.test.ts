import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stream, t } from '../../../core/index.ts'
import { openKafkaDriver } from '../../../core/io/kafka/open-driver.ts'
import { murmur2 } from '../../../core/io/kafka/partitioner.ts'
import { freePort } from '../../../core/io/process/free-port.ts'
import type { RawRecord } from '../../../core/model/record.ts'
import type { StreamDefinition } from '../../../core/model/stream.ts'
import { type Ingest, startIngest } from '../../../ingest/start.ts'
import { type KafkaFixture, readToEnd, startKafkaFixture } from '../kafka/kafka-fixture.ts'

const PARTITIONS = 3
const log = { error: (message: string) => console.error(message) }

let kafka: KafkaFixture
let streams: StreamDefinition[]
let ingest: Ingest
/** Under way beside the other tests: the driver tries for half a minute. */
let withoutKafka: Promise<Answer>

function ordersOf(topic: string, options: { key?: 'id'; maxEventBytes?: number }): StreamDefinition {
  return stream({ topic, time: 'ts', schema: { ts: t.timestamp(), id: t.uint64() }, ...options })
}

beforeAll(async () => {
  kafka = await startKafkaFixture('kafkajs')
  const topics = [await kafka.topic(PARTITIONS), await kafka.topic(PARTITIONS), await kafka.topic(PARTITIONS)]
  const [keyed, spread, large] = topics.map(({ topic }) => topic) as [string, string, string]
  streams = [
    ordersOf(keyed, { key: 'id' }),
    ordersOf(spread, {}),
    ordersOf(large, { maxEventBytes: 4 << 20 }),
    ordersOf('for-large-events', { maxEventBytes: 3 << 20 }),
  ]
  const limits = { maxBodyBytes: 4 << 20, maxInflatedBytes: 6 << 20, maxEvents: 20_000 }
  const at = { host: '127.0.0.1', port: 0, version: '1.2.3' }
  ingest = await startIngest({ ...at, driver: kafka.driver, streams, limits, log })
  withoutKafka = askWithoutKafka()
})
afterAll(async () => {
  await ingest.close()
  await kafka.close()
})

interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: what comes back is what the tests look at
  readonly body: any
}

async function post(
  topic: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
  address = ingest.address,
): Promise<Answer> {
  const answer = await fetch(`${address}/v1/events/${topic}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
  return { status: answer.status, body: await answer.json() }
}

/** The records that `act` added to a topic, by partition. */
async function recordsOf(topic: string, act: () => Promise<void>): Promise<RawRecord[][]> {
  const before = await kafka.driver.offsets(topic)
  await act()
  const { topicId, partitions } = (await kafka.driver.describeTopic(topic))!
  const reader = await kafka.driver.openReader(topic, topicId)
  const all: RawRecord[][] = []
  for (const partition of partitions)
    all.push(await readToEnd(kafka.driver, reader, topic, before.get(partition)!.end, partition))
  await reader.close()
  return all
}

const textsOf = (records: RawRecord[]): string[] => records.map(({ value }) => Buffer.from(value!).toString())
const event = (id: number | string): string => `{"ts":"2026-01-01T00:00:00Z","id":${id}}`

describe('POST /v1/events/:stream', () => {
  test('produces the very bytes of each event, keyed by the value of the key column', async () => {
    const events = [
      event('18446744073709551615'),
      `{ "id" : 1e2 ,\n "ts":"2026-01-01T00:00:00Z", "é": 1.10 }`,
      event(100),
    ]
    const records = await recordsOf(streams[0]!.topic, async () => {
      const answer = await post(streams[0]!.topic, `[ ${events.join(' ,\n')} ]`)
      expect(answer).toEqual({
        status: 200,
        body: { accepted: 3, rejectedCount: 0, rejected: [], position: expect.any(Object) },
      })
      // What stands behind the request is where the log ends now.
      const ends = await kafka.driver.offsets(streams[0]!.topic)
      for (const [partition, behind] of Object.entries(answer.body.position))
        expect(ends.get(Number(partition))!.end).toBe(behind)
    })
    expect(textsOf(records.flat()).sort()).toEqual([...events].sort())
    for (const [partition, list] of records.entries()) {
      for (const { key } of list) expect((murmur2(key!) & 0x7fffffff) % PARTITIONS).toBe(partition)
    }
    // Written differently, the same value: one key, one partition, in the order sent.
    const hundreds = records.find(list => list.some(({ key }) => Buffer.from(key!).toString() === '100'))!
    expect(textsOf(hundreds).filter(text => !text.includes('1844'))).toEqual(events.slice(1))
  })

  test('spreads events of a stream without a key over its partitions', async () => {
    const lines = Array.from({ length: 300 }, (_, id) => event(id))
    const records = await recordsOf(streams[1]!.topic, async () => {
      const answer = await post(streams[1]!.topic, lines.join('\n'), {
        'content-type': 'application/x-ndjson',
      })
      expect(answer.body.accepted).toBe(300)
    })
    expect(records.map(list => list.length)).toEqual([100, 100, 100])
    expect(records.flat().every(({ key }) => key === null)).toBe(true)
  })

  test.each([
    ['one object', event(1), {}, 1],
    [
      'one object over several lines, of a type that tells nothing',
      event(1).replace(',', ',\n'),
      { 'content-type': 'text/plain' },
      1,
    ],
    ['lines of a type that tells nothing', `${event(1)}\n${event(2)}\n`, { 'content-type': 'text/plain' }, 2],
    ['an array in gzip', gzipSync(`[${event(1)},${event(2)}]`), { 'content-encoding': 'gzip' }, 2],
    ['an empty body', '', {}, 0],
    ['an empty array', ' [] ', {}, 0],
    ['empty lines', '\n\n', { 'content-type': 'application/x-ndjson; charset=utf-8' }, 0],
  ])('takes %s', async (_, body, headers, accepted) => {
    const answer = await post(streams[1]!.topic, body as string, headers as Record<string, string>)
    const position = accepted === 0 ? {} : expect.any(Object)
    expect(answer).toEqual({ status: 200, body: { accepted, rejectedCount: 0, rejected: [], position } })
  })

  test('produces what is good of a body and says what is wrong with the rest', async () => {
    const body = [event(1), '{"id":1}', event(2), '7', event(-1)]
    const records = await recordsOf(streams[1]!.topic, async () => {
      const { status, body: result } = await post(streams[1]!.topic, `[${body}]`)
      expect(status).toBe(200)
      expect(result).toMatchObject({
        accepted: 2,
        rejectedCount: 3,
        rejected: [
          { index: 1, reason: 'missing_field', field: 'ts' },
          { index: 3, reason: 'invalid_json', field: null },
          { index: 4, reason: 'out_of_range', field: 'id' },
        ],
      })
      expect(result.rejected[2].message).toContain('-1')
    })
    expect(textsOf(records.flat()).sort()).toEqual([event(1), event(2)])
  })

  test('answers 422 where nothing is good, and lists the first thousand only', async () => {
    const { status, body } = await post(streams[1]!.topic, '{}\n'.repeat(1500), {
      'content-type': 'application/x-ndjson',
    })
    expect(status).toBe(422)
    expect(body).toMatchObject({ accepted: 0, rejectedCount: 1500 })
    expect(body.rejected).toHaveLength(1000)
  })

  test.each([
    ['an array that is cut off', `[${event(1)},{"ts"`, {}, 400, 'BODY_INVALID'],
    [
      'gzip that is cut off',
      gzipSync(event(1)).subarray(0, 20),
      { 'content-encoding': 'gzip' },
      400,
      'BODY_INVALID',
    ],
    ['an encoding it cannot read', event(1), { 'content-encoding': 'br' }, 415, 'ENCODING_UNSUPPORTED'],
    ['a type it does not take', event(1), { 'content-type': 'text/csv' }, 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['a body that is too large', ' '.repeat((4 << 20) + 1), {}, 413, 'BODY_TOO_LARGE'],
    [
      'a body that inflates too far',
      gzipSync(Buffer.alloc(7 << 20)),
      { 'content-encoding': 'gzip' },
      413,
      'BODY_TOO_LARGE',
    ],
    [
      'too many events',
      '1\n'.repeat(20_001),
      { 'content-type': 'application/x-ndjson' },
      413,
      'BODY_TOO_LARGE',
    ],
  ])('refuses %s, and produces nothing of it', async (_, body, headers, status, code) => {
    const records = await recordsOf(streams[1]!.topic, async () => {
      const answer = await post(streams[1]!.topic, body as string, headers as Record<string, string>)
      expect(answer).toMatchObject({ status, body: { error: { code } } })
    })
    expect(records.flat()).toEqual([])
  })

  test('names the streams that an unknown one resembles', async () => {
    const { status, body } = await post(streams[0]!.topic.replace('topic', 'topik'), event(1))
    expect(status).toBe(404)
    expect(body.error.code).toBe('STREAM_UNKNOWN')
    expect(body.error.details.nearest).toContain(streams[0]!.topic)
    expect(body.error.hint).toContain(`Did you mean ${body.error.details.nearest[0]}`)
  })

  test('many single events at once each arrive once', async () => {
    const [count, clients] = [2000, 50]
    const records = await recordsOf(streams[0]!.topic, async () => {
      let next = 0
      const positions: string[] = []
      const client = async (): Promise<void> => {
        while (next < count) {
          const answer = await post(streams[0]!.topic, event(next++))
          const position = expect.any(Object)
          const body = { accepted: 1, rejectedCount: 0, rejected: [], position }
          expect(answer).toEqual({ status: 200, body })
          positions.push(JSON.stringify(answer.body.position))
        }
      }
      await Promise.all(Array.from({ length: clients }, client))
      // Requests that share a call are told apart: each event has a place of its own.
      expect(new Set(positions).size).toBe(count)
    })
    const ids = textsOf(records.flat()).map(text => Number(/\d+(?=})/.exec(text)![0]))
    expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, id) => id))
  })

  test('what Kafka refuses of one request fails no other', async () => {
    const tooLarge = `{"ts":"2026-01-01T00:00:00Z","id":1,"x":"${randomBytes(1 << 20).toString('hex')}"}`
    const topic = streams[2]!.topic
    const [small, large, another] = await Promise.all([
      post(topic, event(1)),
      post(topic, tooLarge),
      post(topic, event(2)),
    ])
    expect([small.status, another.status]).toEqual([200, 200])
    expect(large).toMatchObject({
      status: 503,
      body: { error: { code: 'PRODUCE_FAILED', details: { unacknowledged: 1 } } },
    })
  })

  test('an event larger than Kafka takes by default reaches a topic that was created for its stream', async () => {
    const { topic, topicSettings } = streams[3]!
    await kafka.driver.createTopic(topic, topicSettings)
    const large = `{"ts":"2026-01-01T00:00:00Z","id":1,"x":"${randomBytes((3 << 19) - 100).toString('hex')}"}`
    const records = await recordsOf(topic, async () => {
      expect(await post(topic, large)).toMatchObject({ status: 200, body: { accepted: 1 } })
    })
    expect(textsOf(records.flat())).toEqual([large])
  })

  test('a client that leaves in the middle of its body harms nobody', async () => {
    const { hostname, port } = new URL(ingest.address)
    const socket = connect(Number(port), hostname)
    socket.write(
      `POST /v1/events/${streams[1]!.topic} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"ts"`,
    )
    await new Promise(resolve => setTimeout(resolve, 50))
    socket.destroy()
    expect((await post(streams[1]!.topic, event(1))).status).toBe(200)
  })
})

test('/healthz answers, and there are no routes of a sample where none runs', async () => {
  const health = await fetch(`${ingest.address}/healthz`)
  expect([health.status, await health.json()]).toEqual([200, { ok: true }])
  const answer = await fetch(`${ingest.address}/v1/sample`)
  expect([answer.status, ((await answer.json()) as Answer['body']).error.code]).toEqual([
    404,
    'ROUTE_UNKNOWN',
  ])
})

test('without Kafka a request fails with 503, and what is known of its events', async () => {
  const { status, body } = await withoutKafka
  expect(status).toBe(503)
  expect(body.error.details).toEqual({ topic: streams[0]!.topic, unacknowledged: 1, rejectedCount: 1 })
})

async function askWithoutKafka(): Promise<Answer> {
  const brokers = [`127.0.0.1:${await freePort()}`]
  const driver = await openKafkaDriver('kafkajs', { brokers, clientId: 'nobody' })
  const alone = await startIngest({ driver, streams, host: '127.0.0.1', port: 0, version: '1.2.3', log })
  const answer = await post(streams[0]!.topic, `[${event(1)},{}]`, {}, alone.address)
  await alone.close()
  await driver.close()
  return answer
}
