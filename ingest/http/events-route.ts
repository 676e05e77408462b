import { Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { RejectedRow } from '../../core/decode/decoder.ts'
import { unknownName } from '../../core/define/unknown-name.ts'
import { ErrorAnswer } from '../../core/io/http/error-schema.ts'
import type { RecordPosition } from '../../core/io/kafka/driver.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { CheckedEvent, CheckedEvents, EventStream } from '../event/event-stream.ts'
import { readBody } from './read-body.ts'
import type { SharedProducer } from './shared-producer.ts'
import { type BodyForm, sniffForm, splitEvents } from './split-events.ts'

export interface EventLimits {
  /** Of a body as it is sent. */
  readonly maxBodyBytes: number
  /** Of a body once it is inflated. */
  readonly maxInflatedBytes: number
  /** Of events in a body. */
  readonly maxEvents: number
}

/** More rejections than these are only counted. */
const MAX_REJECTIONS_LISTED = 1000

/** The form of a body by its media type; `undefined` is for looking at it. */
const BODY_FORMS: Readonly<Record<string, BodyForm | undefined>> = {
  'application/json': 'json',
  'application/x-ndjson': 'lines',
  'application/ndjson': 'lines',
  'application/jsonl': 'lines',
  'text/plain': undefined,
}

const EventsResult = Type.Object({
  accepted: Type.Integer({ description: 'Events that Kafka has acknowledged' }),
  rejectedCount: Type.Integer({ description: 'Events that are not of the stream, and were not produced' }),
  rejected: Type.Array(
    Type.Object({
      index: Type.Integer({ description: 'Position of the event in the body, from 0' }),
      reason: Type.String({ description: 'A quarantine reason' }),
      field: Type.Union([Type.String(), Type.Null()], {
        description: 'The column at fault, where it is one',
      }),
      message: Type.String(),
    }),
    { description: `The first ${MAX_REJECTIONS_LISTED} of them` },
  ),
  position: Type.Record(Type.String(), Type.Integer(), {
    description: 'By partition, the offset behind the last of the accepted events',
  }),
})

const OneEvent = Type.Object({}, { description: 'An event, as the schema of the stream asks for' })
const BODY_SCHEMAS = {
  json: Type.Union([OneEvent, Type.Array(OneEvent)]),
  lines: Type.String({ description: 'NDJSON: an event a line; empty lines are passed over' }),
  any: Type.String({ description: 'An event, an array of events, or NDJSON: it is looked at' }),
}

/** What bodies look like, for OpenAPI: the stream's own decoder checks them. */
const BODY = {
  content: Object.fromEntries(
    Object.entries(BODY_FORMS).map(([mediaType, form]) => [
      mediaType,
      { schema: BODY_SCHEMAS[form ?? 'any'] },
    ]),
  ),
}

const SCHEMA = {
  summary: 'Produce events to a stream',
  description:
    'The body is one JSON object, a JSON array of objects, or NDJSON, as it is or in gzip. Answers once Kafka has ' +
    'acknowledged the events on all replicas. 422 where events were rejected and none accepted.',
  tags: ['ingest'],
  params: Type.Object({ stream: Type.String({ description: "The stream's topic" }) }),
  body: BODY,
  response: { 200: EventsResult, 422: EventsResult, default: ErrorAnswer },
}

/** `POST /v1/events/:stream`. Events are produced as the very bytes that were sent. */
export function eventsRoute(
  app: FastifyInstance,
  streams: ReadonlyMap<string, EventStream>,
  producer: SharedProducer,
  limits: EventLimits,
): void {
  // Parsers are the plugin's own: other routes go on reading JSON as JSON.
  app.register(async scope => {
    // Bodies are bytes until the stream's decoder reads them.
    scope.setValidatorCompiler(() => () => true)
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(Object.keys(BODY_FORMS), { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    )
    scope.post<{ Params: { stream: string }; Body: Buffer | undefined }>(
      '/v1/events/:stream',
      { bodyLimit: limits.maxBodyBytes, schema: SCHEMA },
      async (request, reply) => {
        const stream = streams.get(request.params.stream) ?? unknownStream(request.params.stream, streams)
        const { events, rejections } = await checkInTurns(stream, await eventsOf(request, limits))
        const positions = await produce(producer, stream.definition.topic, events, rejections.length)
        const rejectedAll = events.length === 0 && rejections.length > 0
        return reply.status(rejectedAll ? 422 : 200).send({
          accepted: events.length,
          rejectedCount: rejections.length,
          rejected: rejections.slice(0, MAX_REJECTIONS_LISTED).map(present),
          position: positionBehind(positions),
        })
      },
    )
  })
}

async function eventsOf(
  request: FastifyRequest<{ Body: Buffer | undefined }>,
  limits: EventLimits,
): Promise<Uint8Array[]> {
  if (request.body === undefined) return []
  const body = await readBody(request.body, request.headers['content-encoding'], limits.maxInflatedBytes)
  const mediaType = (request.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase()
  return splitEvents(body, BODY_FORMS[mediaType] ?? sniffForm(body), limits.maxEvents)
}

/** So many events are checked in a few milliseconds: others are heard between two turns, however long a body is. */
const EVENTS_PER_TURN = 5_000

async function checkInTurns(stream: EventStream, values: readonly Uint8Array[]): Promise<CheckedEvents> {
  const events: CheckedEvent[] = []
  const rejections: RejectedRow[] = []
  for (let start = 0; start < values.length; start += EVENTS_PER_TURN) {
    if (start > 0) await new Promise(setImmediate)
    const turn = stream.check(values.slice(start, start + EVENTS_PER_TURN))
    for (const event of turn.events) events.push({ ...event, row: start + event.row })
    for (const rejection of turn.rejections) rejections.push({ ...rejection, row: start + rejection.row })
  }
  return { events, rejections }
}

async function produce(
  producer: SharedProducer,
  topic: string,
  events: readonly { key: Uint8Array | null; value: Uint8Array }[],
  rejectedCount: number,
): Promise<readonly RecordPosition[]> {
  try {
    return await producer.send(
      topic,
      events.map(({ key, value }) => ({ key, value })),
    )
  } catch (error) {
    if (!(error instanceof TwofoldError) || error.code === 'INGEST_OVERLOADED') throw error
    // The driver speaks of the call, which held events of other requests too; the client asks about its own.
    const message = `Kafka did not acknowledge all of the ${events.length} events for "${topic}": ${error.message}`
    const details = { topic, unacknowledged: events.length, rejectedCount }
    throw new TwofoldError(error.code, message, { details, hint: error.hint, cause: error })
  }
}

/** An answer of which the coverage reaches as far holds all of the events. */
function positionBehind(positions: readonly RecordPosition[]): Record<string, number> {
  const position: Record<string, number> = {}
  for (const { partition, offset } of positions)
    position[partition] = Math.max(offset + 1, position[partition] ?? 0)
  return position
}

function present({ row, reason, field, detail }: RejectedRow) {
  return { index: row, reason, field: field ?? null, message: detail }
}

function unknownStream(name: string, streams: ReadonlyMap<string, unknown>): never {
  throw unknownName('STREAM_UNKNOWN', 'stream', name, [...streams.keys()])
}
