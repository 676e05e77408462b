import type { ColumnDefinition, EnvelopeSource, Framing, StreamDefinition } from '../model/stream.ts'
import { deduplicationOf } from './deduplication.ts'
import { durationMs } from './duration.ts'
import { assertDistinct, assertFields, assertName, assertObject, invalid, shownKind } from './names.ts'
import { assertList, assertPath, assertPaths } from './schema-paths.ts'
import { ColumnBuilder } from './types.ts'
import { wholeNumber } from './whole-number.ts'

/** What `stream()` takes. */
export interface StreamOptions<Schema extends Record<string, ColumnBuilder> = Record<string, ColumnBuilder>> {
  /** The Kafka topic; also the stream's name in the HTTP API. */
  readonly topic: string
  /** The column of the event time: a timestamp that is neither optional nor has a default. */
  readonly time: keyof Schema & string
  readonly schema: Schema
  /**
   * The column that becomes the record key of events Twofold produces. By default it is that of the event id, so that
   * repeats come to one partition; where there is none, events are spread evenly.
   */
  readonly key?: keyof Schema & string
  /**
   * The column of the event id: an event is left out where an event with the same id stands within the `within` offsets
   * before it in its partition.
   */
  readonly id?: keyof Schema & string
  /** How many offsets back an id counts as repeated: 1 to 16,777,216 (default: 1,000,000). Only with `id`. */
  readonly within?: number
  /** Offsets in a block: a power of two. Smaller blocks reach the batch layer sooner, larger ones cost less. */
  readonly blockSize?: number
  /** How many workers can share the stream at most (default: 1). */
  readonly lanes?: number
  /**
   * Larger events are quarantined (default: 1 MiB less 1 KiB, just under Kafka's own limit; at most 64 MiB). A topic that
   * Twofold creates takes as much; one that exists keeps its `max.message.bytes`.
   */
  readonly maxEventBytes?: number
  /**
   * What becomes of records without a value, which mean a deletion in some topics: `'quarantine'` by default, or
   * `'ignore'`, by which they count as filtered.
   */
  readonly tombstones?: 'ignore' | 'quarantine'
  /**
   * What a record holds where it is more than one event: `'array'` (a JSON list of events), `'lines'` (one on each), or
   * the path of a list in an object, such as `'events'` or `'batch.events'`.
   */
  readonly records?: 'array' | 'lines' | (string & {})
  /** Partitions of the topic, where Twofold creates it (default: 4). */
  readonly partitions?: number
  readonly replicationFactor?: number
  /** How long Kafka keeps records, for example `'7 days'`, or `'forever'`. */
  readonly retention?: string
}

/**
 * Measured (docs/benchmarks.md): against 16,384 it makes 8 to 23 % more rows in the speed tables and costs little else,
 * and a small stream reaches the batch layer four times as soon; 1,024 makes up to twice the rows.
 */
export const DEFAULT_BLOCK_SIZE = 4096
const DEFAULT_MAX_EVENT_BYTES = 1_047_552
/** For what stands beside the event in Kafka's batch: the key, headers, and the batch's own head. */
const BESIDE_EVENT_BYTES = 2 ** 20

const FIELDS: Readonly<Record<keyof StreamOptions, true>> = {
  topic: true,
  time: true,
  schema: true,
  key: true,
  id: true,
  within: true,
  blockSize: true,
  lanes: true,
  maxEventBytes: true,
  tombstones: true,
  records: true,
  partitions: true,
  replicationFactor: true,
  retention: true,
}

/** Declares a stream: a Kafka topic with an event schema. */
export function stream<Schema extends Record<string, ColumnBuilder>>(
  options: StreamOptions<Schema>,
): StreamDefinition {
  assertObject(options, 'stream()')
  const place = `stream(${JSON.stringify(options.topic)})`
  assertFields(options, FIELDS, place)
  if (
    typeof options.topic !== 'string' ||
    !/^[A-Za-z0-9._-]{1,249}$/.test(options.topic) ||
    /^\.{1,2}$/.test(options.topic)
  ) {
    invalid(
      `${place}.topic`,
      'expected 1 to 249 letters, digits, dots, underscores or hyphens, as Kafka asks for.',
    )
  }
  assertObject(options.schema, `${place}.schema`)
  const columns = Object.entries(options.schema).map(([name, column]) => columnOf(name, column, place))
  if (columns.length === 0) invalid(`${place}.schema`, 'expected at least one column.')
  assertDistinct(
    columns.map(({ name }) => name),
    `${place}.schema`,
  )
  const blockSize = options.blockSize ?? DEFAULT_BLOCK_SIZE
  if (
    !Number.isInteger(blockSize) ||
    blockSize < 1 ||
    blockSize > 2 ** 22 ||
    Math.log2(blockSize) % 1 !== 0
  ) {
    invalid(
      `${place}.blockSize`,
      `expected a power of two from 1 to ${2 ** 22}, got ${shownKind(blockSize)}.`,
    )
  }
  assertTime(columns, options.time, place)
  assertPaths(placesOf(columns), `${place}.schema`)
  assertKey(columns, options.key, place)
  const deduplication = deduplicationOf(options, columns, place)
  const { tombstones = 'quarantine' } = options
  if (tombstones !== 'ignore' && tombstones !== 'quarantine')
    invalid(`${place}.tombstones`, `expected 'ignore' or 'quarantine', got ${shownKind(tombstones)}.`)
  const maxEventBytes = wholeNumber(
    options.maxEventBytes ?? DEFAULT_MAX_EVENT_BYTES,
    `${place}.maxEventBytes`,
    64 * 2 ** 20,
  )
  return {
    topic: options.topic,
    columns,
    time: options.time,
    key: options.key ?? keyOfRepeats(columns, options.id),
    blockSize,
    lanes: wholeNumber(options.lanes ?? 1, `${place}.lanes`, 64),
    maxEventBytes,
    ...(deduplication !== undefined && { deduplication }),
    ...(tombstones === 'ignore' && { tombstones }),
    ...(options.records !== undefined && { framing: framingOf(options.records, `${place}.records`) }),
    topicSettings: {
      partitions: wholeNumber(options.partitions ?? 4, `${place}.partitions`, 10_000),
      replicationFactor: wholeNumber(options.replicationFactor ?? 1, `${place}.replicationFactor`, 16),
      retentionMs: retentionMs(options.retention, `${place}.retention`),
      // Below that, what Kafka takes by default is enough, and a broker that is set to more keeps its own.
      ...(maxEventBytes > DEFAULT_MAX_EVENT_BYTES && { maxMessageBytes: maxEventBytes + BESIDE_EVENT_BYTES }),
    },
  }
}

/** Where values are read from in an event, aliases too. */
function placesOf(columns: readonly ColumnDefinition[]): ColumnDefinition[] {
  return columns
    .filter(({ from }) => from === undefined)
    .flatMap(column => [column.path, ...(column.aliases ?? [])].map(path => ({ ...column, path })))
}

/** Ids are told apart within a partition: what repeats one must come to the same. */
function keyOfRepeats(columns: readonly ColumnDefinition[], id: string | undefined): string | undefined {
  return columns.find(({ name, from }) => name === id && from === undefined)?.name
}

function columnOf(name: string, column: ColumnBuilder, place: string): ColumnDefinition {
  assertName(name, `${place}.schema`)
  if (!(column instanceof ColumnBuilder)) {
    invalid(`${place}.schema.${name}`, 'expected a column type, for example t.string().')
  }
  if (column.type.kind === 'list') assertList(column.type, column, `${place}.schema.${name}`)
  if (column.source !== undefined) return envelopeColumnOf(name, column, column.source, place)
  const path = column.jsonPath ?? [name]
  for (const any of [path, ...column.aliases]) assertPath(any, `${place}.schema.${name}`)
  return {
    name,
    type: column.type,
    path,
    optional: column.isOptional,
    default: column.defaultValue,
    ...(column.aliases.length > 0 && { aliases: column.aliases }),
  }
}

function envelopeColumnOf(
  name: string,
  column: ColumnBuilder,
  from: EnvelopeSource,
  place: string,
): ColumnDefinition {
  if (column.jsonPath !== undefined || column.aliases.length > 0)
    invalid(`${place}.schema.${name}`, 'it is read from the record around the event, where there is no path.')
  return {
    name,
    type: column.type,
    path: [],
    from,
    optional: column.isOptional,
    default: column.defaultValue,
  }
}

function framingOf(records: string, place: string): Framing {
  if (typeof records !== 'string' || records === '')
    invalid(place, `expected 'array', 'lines' or the path of a list, got ${shownKind(records)}.`)
  if (records === 'lines') return { kind: 'lines' }
  const path = records === 'array' ? [] : records.split('.')
  if (path.some(key => key === '')) invalid(place, 'the path has an empty part.')
  return { kind: 'list', path }
}

function assertKey(columns: readonly ColumnDefinition[], key: string | undefined, place: string): void {
  if (key === undefined) return
  const column = columns.find(({ name }) => name === key)
  if (column === undefined) invalid(`${place}.key`, `there is no column ${JSON.stringify(key)}.`)
  if (column.type.kind === 'list') invalid(`${place}.key`, `the column ${key} is a list.`)
  if (column.from !== undefined)
    invalid(
      `${place}.key`,
      `the column ${key} is read from the record around the event; expected one of the event.`,
    )
}

function assertTime(columns: readonly ColumnDefinition[], time: string, place: string): void {
  const column = columns.find(candidate => candidate.name === time)
  if (column === undefined) invalid(`${place}.time`, `there is no column ${JSON.stringify(time)}.`)
  if (column.type.kind !== 'timestamp') invalid(`${place}.time`, `the column ${time} is not a timestamp.`)
  if (column.optional || column.default !== undefined) {
    invalid(`${place}.time`, `the column ${time} must be required: neither optional nor with a default.`)
  }
}

function retentionMs(text: string | undefined, place: string): number | undefined {
  if (text === undefined) return undefined
  return text === 'forever' ? -1 : durationMs(text, place)
}
