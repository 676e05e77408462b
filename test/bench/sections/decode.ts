import { compileDecoder } from '../../../core/decode/compile.ts'
import type { RawRecord } from '../../../core/model/record.ts'
import type { ColumnDefinition, StreamDefinition } from '../../../core/model/stream.ts'

export interface DecodeFigures {
  readonly events: number
  readonly bytesPerEvent: number
  readonly decoder: EventTime
  /** The same events through TextDecoder and JSON.parse, which leaves objects, unchecked, instead of columns. */
  readonly jsonParse: EventTime
  /** The compiled decoder with one column more, of this kind. */
  readonly features: readonly FeatureTime[]
}

export interface FeatureTime extends EventTime {
  readonly name: string
}

/** What an event takes, in the best of the rounds. */
export interface EventTime {
  readonly ns: number
  /** Of all threads: also those that collect garbage. */
  readonly cpuNs: number
}

/**
 * Times the compiled decoder against JSON.parse, side by side on the same events of six columns.
 *
 * @param events in a batch
 */
export function benchDecode(events = 50_000, rounds = 15): DecodeFigures {
  const records = generateRecords(events)
  const decoder = compileDecoder(CLICKS)
  let decoderTime: EventTime | undefined
  let jsonParse: EventTime | undefined
  for (let round = 0; round < rounds; round++) {
    decoderTime = better(
      decoderTime,
      timeOf(events, () => decodeAll(decoder.decode(records).rejections.length)),
    )
    jsonParse = better(
      jsonParse,
      timeOf(events, () => parseAll(records)),
    )
  }
  const sizeBytes = records.reduce((sum, record) => sum + record.value!.length, 0)
  const features = FEATURES.map(feature => ({ name: feature.name, ...benchFeature(feature, events, rounds) }))
  return { events, bytesPerEvent: sizeBytes / events, decoder: decoderTime!, jsonParse: jsonParse!, features }
}

/** The events with what a feature reads of them. */
function benchFeature({ column, member, headers }: Feature, events: number, rounds: number): EventTime {
  const records = generateRecords(events).map(record => {
    const value = Buffer.from(record.value!.toString().replace(/}$/, `${member}}`))
    return { ...record, value, key: Buffer.from('a key'), headers }
  })
  const decoder = compileDecoder({ ...CLICKS, columns: [...CLICKS.columns, column] })
  let best: EventTime | undefined
  for (let round = 0; round < rounds; round++)
    best = better(
      best,
      timeOf(events, () => decodeAll(decoder.decode(records).rejections.length)),
    )
  return best!
}

interface Feature {
  readonly name: string
  readonly column: ColumnDefinition
  /** What the events have for it. */
  readonly member: string
  readonly headers: RawRecord['headers']
}

function timeOf(events: number, run: () => void): EventTime {
  const startMs = performance.now()
  const before = process.cpuUsage()
  run()
  const ns = ((performance.now() - startMs) * 1e6) / events
  const { user, system } = process.cpuUsage(before)
  return { ns, cpuNs: ((user + system) * 1000) / events }
}

function better(before: EventTime | undefined, now: EventTime): EventTime {
  return before !== undefined && before.ns < now.ns ? before : now
}

function decodeAll(rejected: number): void {
  if (rejected > 0) throw new Error(`${rejected} generated events were rejected`)
}

function parseAll(records: readonly RawRecord[]): void {
  const text = new TextDecoder('utf-8', { fatal: true })
  let users = 0
  for (const record of records) users += JSON.parse(text.decode(record.value!)).user_id
  if (!(users > 0)) throw new Error('no user was parsed')
}

const column = (name: string, type: ColumnDefinition['type'], optional = false): ColumnDefinition => ({
  name,
  type,
  path: [name],
  optional,
  default: undefined,
})

const CLICKS: StreamDefinition = {
  topic: 'clicks',
  columns: [
    column('event_id', { kind: 'string' }),
    column('ts', { kind: 'timestamp', format: 'rfc3339' }),
    column('user_id', { kind: 'uint64' }),
    column('country', { kind: 'string' }),
    column('url', { kind: 'string' }),
    column('amount', { kind: 'decimal', precision: 18, scale: 2 }, true),
  ],
  time: 'ts',
  key: 'user_id',
  blockSize: 16_384,
  lanes: 1,
  maxEventBytes: 1_048_576,
  topicSettings: { partitions: 1, replicationFactor: 1, retentionMs: undefined },
}

/** The same events every time: their values follow a fixed linear congruential sequence. */
function generateRecords(events: number): (RawRecord & { readonly value: Buffer })[] {
  const countries = ['DE', 'FR', 'US', 'IN', 'BR', 'JP']
  let state = 42
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  return Array.from({ length: events }, (_, offset) => {
    const timestampMs = 1_750_000_000_000 + offset * 7
    const event = {
      event_id: `e${random(1e9).toString(36)}${offset}`,
      ts: new Date(timestampMs).toISOString(),
      user_id: random(1_000_000) + 1,
      country: countries[random(countries.length)],
      url: `/shop/item/${random(50_000)}`,
      ...(random(10) > 0 && { amount: random(100_000) / 100 }),
    }
    return { offset, timestampMs, key: null, value: Buffer.from(JSON.stringify(event)), headers: [] }
  })
}

const ITEMS = ',"items":[{"sku":"mug","price":"3.50","qty":2},{"sku":"pen","price":"1.25","qty":1}]'
const PARAMS = ',"params":[{"key":"page","value":{"text":"/a"}},{"key":"session","value":{"number":17}}]'
const items = column('items', {
  kind: 'list',
  nullable: false,
  element: {
    kind: 'struct',
    fields: [
      column('sku', { kind: 'string' }),
      column('qty', { kind: 'int32' }),
      column('price', { kind: 'decimal', precision: 10, scale: 2 }),
    ],
  },
})
const around = { path: [], optional: false, default: undefined } as const

const FEATURES: readonly Feature[] = [
  {
    name: 'two line items, passed over',
    column: column('more', { kind: 'string' }, true),
    member: ITEMS,
    headers: [],
  },
  { name: 'two line items of three members, a list of objects', column: items, member: ITEMS, headers: [] },
  {
    name: 'one of two parameters, by its key',
    column: {
      ...column('session', { kind: 'int64' }),
      path: ['params', { key: 'key', equals: 'session' }, 'value', 'number'],
    },
    member: PARAMS,
    headers: [],
  },
  {
    name: 'a text from the key',
    column: { ...around, name: 'key', type: { kind: 'string' }, from: { part: 'key' } },
    member: '',
    headers: [],
  },
  {
    name: "Kafka's timestamp",
    column: { ...around, name: 'at', type: { kind: 'timestamp', format: 'ms' }, from: { part: 'timestamp' } },
    member: '',
    headers: [],
  },
]
