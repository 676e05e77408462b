import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type Reply, recordsOf } from '../support/api.ts'
import { goodClick } from '../support/shop-project.ts'
import { BODY_CASES } from './cases/bodies.ts'
import { ACCEPTED_CASES, EVENT_CASES, type EventCase, REFUSED_CASES } from './cases/events.ts'
import { expectRefused, testItIsWell, withRunningPlatform } from './running-platform.ts'

const platform = withRunningPlatform()

function send(body: RequestInit['body'], headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: body! }
  return platform.api.send('/v1/events/clicks', init)
}

/** How many records `act` adds to the topic. */
async function added(act: () => Promise<unknown>): Promise<number> {
  const sum = (ends: readonly number[]) => ends.reduce((total, end) => total + end, 0)
  const before = sum(await platform.logEnds())
  await act()
  return sum(await platform.logEnds()) - before
}

/** A byte order mark at the beginning belongs to a body, not to its first event. */
const beginsWithMark = ({ bytes }: EventCase) => Buffer.from(bytes).toString().startsWith('\ufeff')

/** What stands in one line, and is not empty: the others would not be one event of a body of lines. */
const isOneLine = ({ bytes }: EventCase) => bytes.length > 0 && !bytes.includes(0x0a)

describe('events that are none of the stream', () => {
  test('are refused one by one, with the same reason as in Kafka', async () => {
    const produced = await added(async () => {
      const cases = REFUSED_CASES.filter(event => event.bytes.length > 0 && !beginsWithMark(event))
      for (const { what, bytes, refused } of cases) {
        const { status, body } = await send(new Uint8Array(bytes))
        expect({ what, status, body }).toEqual({
          what,
          status: 422,
          body: {
            accepted: 0,
            rejectedCount: 1,
            rejected: [{ index: 0, ...refused, message: expect.stringMatching(/\S/) }],
            position: {},
          },
        })
        expect(JSON.stringify(body).length, what).toBeLessThan(1_000)
      }
    })
    expect(produced).toBe(0)
  })

  test('are taken where they are only odd', async () => {
    const produced = await added(async () => {
      for (const { what, bytes } of ACCEPTED_CASES)
        expect([what, await send(new Uint8Array(bytes))]).toEqual([
          what,
          {
            status: 200,
            body: { accepted: 1, rejectedCount: 0, rejected: [], position: expect.any(Object) },
          },
        ])
    })
    expect(produced).toBe(ACCEPTED_CASES.length)
  })

  test('do not begin with a byte order mark, which belongs to the body', async () => {
    const lines = `\ufeff${goodClick()}\n${goodClick()}\n`
    const produced = await added(async () => {
      for (const [type, body, accepted] of [
        ['application/x-ndjson', lines, 2],
        ['text/plain', lines, 2],
        ['application/json', `\ufeff[${goodClick()}]`, 1],
      ] as const)
        expect(await send(body, { 'content-type': type })).toEqual({
          status: 200,
          body: { accepted, rejectedCount: 0, rejected: [], position: expect.any(Object) },
        })
    })
    expect(produced).toBe(5)
  })

  test('are named by their places among others', async () => {
    const cases = EVENT_CASES.filter(isOneLine)
    const body = Buffer.concat(cases.flatMap(({ bytes }) => [bytes, Buffer.from('\n')]))
    const produced = await added(async () => {
      const reply = await send(gzipSync(body), {
        'content-type': 'application/x-ndjson',
        'content-encoding': 'gzip',
      })
      expect(reply).toMatchObject({
        status: 200,
        body: {
          accepted: ACCEPTED_CASES.length,
          rejected: cases.flatMap(({ refused }, index) => (refused ? [{ index, ...refused }] : [])),
        },
      })
    })
    expect(produced).toBe(ACCEPTED_CASES.length)
  })

  test('stand in answers exactly as often as they were accepted', async () => {
    await platform.caughtUp()
    const answer = await platform.api.ask({ view: 'sales_by_minute', measures: ['events'] })
    const ends = await platform.logEnds()
    expect(recordsOf(answer)).toBe(ends.reduce((total, end) => total + end, 0))
    expect(answer.coverage).toMatchObject({ quarantined: 0, complete: true })
  })
})

describe('bodies', () => {
  test.each(BODY_CASES.map(each => [each.what, each] as const))('with %s are refused', async (_, each) => {
    const headers = { 'content-type': 'application/json', ...each.headers }
    const init = { method: 'POST', headers, body: each.body }
    const refuse = () => expectRefused(platform.api, '/v1/events/clicks', init, each.refused)
    expect(await added(refuse)).toBe(0)
    expect((await send(goodClick())).status).toBe(200)
  })

  test.each([
    ['nothing', ''],
    ['white space', ' \r\n\t '],
    ['an empty list', '[]'],
  ])('with %s are fine, and add nothing', async (_, body) => {
    const nothing = { status: 200, body: { accepted: 0, rejectedCount: 0, rejected: [], position: {} } }
    expect(await added(async () => expect(await send(body)).toEqual(nothing))).toBe(0)
  })

  test('with half a million events that are none list the first thousand', async () => {
    const { status, body } = await send('{}\n'.repeat(500_000), { 'content-type': 'application/x-ndjson' })
    expect({ status, body }).toMatchObject({ status: 422, body: { accepted: 0, rejectedCount: 500_000 } })
    expect((body as { rejected: unknown[] }).rejected).toHaveLength(1_000)
  })
})

describe('requests', () => {
  const event = { method: 'POST', headers: { 'content-type': 'application/json' }, body: goodClick() }
  test.each([
    [
      'to an unknown stream',
      '/v1/events/click',
      event,
      { status: 404, code: 'STREAM_UNKNOWN', says: 'clicks' },
    ],
    ['to no stream', '/v1/events/', event, { status: 404, code: 'STREAM_UNKNOWN' }],
    ['to a prototype', '/v1/events/__proto__', event, { status: 404, code: 'STREAM_UNKNOWN' }],
    ['that climb', '/v1/events/..%2F..%2Fetc%2Fpasswd', event, { status: 404, code: 'STREAM_UNKNOWN' }],
    [
      'to the longest topic that Kafka has',
      `/v1/events/${'c'.repeat(249)}`,
      event,
      { status: 404, code: 'STREAM_UNKNOWN' },
    ],
    ['with a URL that cannot be decoded', '/v1/events/%ff', event, { status: 400, code: 'URL_MALFORMED' }],
    ['of another method', '/v1/events/clicks', { method: 'PUT' }, { status: 404, code: 'ROUTE_UNKNOWN' }],
    [
      'to read events',
      '/v1/events/clicks',
      {},
      { status: 404, code: 'ROUTE_UNKNOWN', says: 'GET /v1/events/clicks' },
    ],
    [
      'with headers too large',
      '/v1/events/clicks',
      { ...event, headers: { ...event.headers, cookie: 'x'.repeat(20_000) } },
      { status: 431, code: 'HEADERS_TOO_LARGE' },
    ],
  ])('%s are refused', (_, path, init, refused) => expectRefused(platform.api, path, init, refused))

  test('that break off, or are no HTTP, harm nobody', async () => {
    const head = 'POST /v1/events/clicks HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n'
    const sent = [
      `${head}content-length: 100\r\n\r\n{"ts"`,
      `${head}transfer-encoding: chunked\r\n\r\nzz\r\n`,
      `${head}content-length: -1\r\n\r\n`,
      `${head}content-length: 5\r\ncontent-length: 6\r\n\r\n12345`,
      '\x16\x03\x01\x00\xa5\x01',
      'GET',
    ]
    const produced = await added(async () => {
      for (const text of sent) {
        const socket = connect(platform.home.port, '127.0.0.1')
        socket.write(Buffer.from(text, 'latin1'))
        await new Promise(resolve => setTimeout(resolve, 50))
        socket.destroy()
      }
    })
    expect(produced).toBe(0)
    expect((await send(goodClick())).status).toBe(200)
  })
})

testItIsWell(platform)
