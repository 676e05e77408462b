import { setTimeout as sleep } from 'node:timers/promises'
import type {
  KafkaDriver,
  PartitionOffsets,
  RecordPosition,
  TopicReader,
} from '../../core/io/kafka/driver.ts'
import { RecordHasher } from '../../core/model/digest.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { RawRecord, RecordBatch } from '../../core/model/record.ts'
import type { Event } from './expression.ts'
import { isRepeat, type OracleId, type OracleLog, type OracleRecord } from './oracle.ts'
import type { Draft } from './records.ts'

interface LoggedRecord extends OracleRecord {
  readonly raw: RawRecord
  /** Where it holds several events: what the oracle sees instead of it. */
  readonly events?: readonly OracleRecord[]
}

type PlacedEvent = Parameters<typeof isRepeat>[0][number]

interface LogPartition {
  /** Where it began, whatever retention has taken since. */
  readonly begin: number
  earliest: number
  end: number
  readonly records: LoggedRecord[]
}

/** Short, so that whoever waits for records of a log in memory ends soon. */
const POLL_MS = 5
const MAX_WAIT_MS = 25

/**
 * A topic in memory that keeps Kafka's contract towards the layers: offsets with gaps, an end behind the last record,
 * a beginning that retention moves. It also remembers, for the oracle, what each record decodes to.
 */
export class MemoryLog implements OracleLog {
  readonly topic: string
  readonly topicId = 'AAAAAAAAAAAAAAAAAAAAAA'
  readonly #hasher = new RecordHasher(this.topicId)
  readonly #partitions: LogPartition[]
  /** Records that one read of a partition brings at most. */
  readonly #fetchRecords: number
  readonly #id: OracleId | undefined

  /** @param begins where each partition begins @param id by which the stream tells repeats */
  constructor(topic: string, begins: readonly number[], fetchRecords = 7, id?: OracleId) {
    this.topic = topic
    this.#fetchRecords = fetchRecords
    this.#id = id
    this.#partitions = begins.map(begin => ({ begin, earliest: begin, end: begin, records: [] }))
  }

  get partitions(): readonly number[] {
    return this.#partitions.map((_, partition) => partition)
  }

  begin(partition: number): number {
    return this.#partitions[partition]!.begin
  }

  end(partition: number): number {
    return this.#partitions[partition]!.end
  }

  /** As `kafka-topics --alter --partitions` does. */
  addPartition(): void {
    this.#partitions.push({ begin: 0, earliest: 0, end: 0, records: [] })
  }

  /** Appends a record after `gap` offsets that hold none. */
  append(partition: number, draft: Draft, gap = 0): RecordPosition {
    const log = this.#partitions[partition]!
    const offset = log.end + gap
    const hash = this.#hash(partition, offset, draft.value)
    const event = draft.event && { ...draft.event, ...draft.ofPlace?.(partition, offset) }
    log.records.push({
      ...(draft.parts !== undefined && { events: this.#partsOf(draft.parts, partition, offset, hash) }),
      event,
      isRepeat: this.#repeats(this.#eventsOf(partition), event, offset),
      ...(draft.isIgnored === true && { isIgnored: true }),
      hash,
      raw: {
        ...{ offset, timestampMs: 1_700_000_000_000 + offset, key: null, value: draft.value, headers: [] },
        ...draft.envelope,
      },
    })
    log.end = offset + 1
    return { partition, offset }
  }

  /** The hashes of a record's events add up to its own; each but the first is of the event and its number. */
  #partsOf(parts: readonly Draft[], partition: number, offset: number, whole: bigint): OracleRecord[] {
    if (parts.length === 0) return [{ event: undefined, hash: whole, isIgnored: true }]
    const hashes = parts.map((part, k) =>
      BigInt.asUintN(64, this.#hash(partition, offset, part.value) + 0x9e3779b97f4a7c15n * BigInt(k)),
    )
    const others = hashes.slice(1).reduce((sum, hash) => sum + hash, 0n)
    hashes[0] = BigInt.asUintN(64, whole - others)
    const before = this.#eventsOf(partition)
    return parts.map((part, k) => {
      const event = part.event && { ...part.event, ...part.ofPlace?.(partition, offset) }
      const isRepeat = this.#repeats(before, event, offset)
      before.push({ event, offset })
      return { event, isRepeat, hash: hashes[k]! }
    })
  }

  #repeats(before: readonly PlacedEvent[], event: Event | undefined, offset: number): boolean {
    return this.#id !== undefined && isRepeat(before, event, offset, this.#id)
  }

  /** All events of a partition, also those of which a record holds several. */
  #eventsOf(partition: number): PlacedEvent[] {
    return this.#partitions[partition]!.records.flatMap(record =>
      (record.events ?? [record]).map(({ event }) => ({ event, offset: record.raw.offset })),
    )
  }

  #hash(partition: number, offset: number, value: Uint8Array | null): bigint {
    this.#hasher.hash(partition, offset, value)
    return (BigInt(this.#hasher.high) << 32n) | BigInt(this.#hasher.low)
  }

  /** Moves the end on by offsets that hold no record. */
  skip(partition: number, offsets: number): void {
    this.#partitions[partition]!.end += offsets
  }

  /** Kafka's retention: reads below `earliest` fail from now on. The oracle forgets nothing. */
  retain(partition: number, earliest: number): void {
    const log = this.#partitions[partition]!
    log.earliest = Math.min(log.end, Math.max(log.earliest, earliest))
  }

  /** What one read of `[start, end)` brings. */
  batch(partition: number, start: number, end: number): RecordBatch {
    const records = this.#partitions[partition]!.records.map(record => record.raw).filter(
      ({ offset }) => offset >= start && offset < end,
    )
    return { partition, start, end, records }
  }

  /** What the oracle knows of the records below these offsets. */
  below(through: Readonly<Record<string, number>>): OracleRecord[] {
    return this.#partitions.flatMap(({ records }, partition) =>
      records
        .filter(({ raw }) => raw.offset < (through[partition] ?? 0))
        .flatMap(record => record.events ?? [record]),
    )
  }

  /** The driver by which the layers read it. */
  driver(): KafkaDriver {
    return {
      name: 'kafkajs',
      codecs: [],
      describeTopic: async topic => ({
        topic,
        topicId: this.topicId,
        partitions: this.partitions,
        cleanupPolicy: 'delete',
        compressionType: 'producer',
      }),
      createTopic: async () => undefined,
      offsets: async () => this.#offsets(),
      openReader: async () => this.#reader(),
      openProducer: () => Promise.reject(new Error('records are appended to the log itself')),
      close: async () => undefined,
    }
  }

  #offsets(): Map<number, PartitionOffsets> {
    return new Map(this.#partitions.map(({ earliest, end }, partition) => [partition, { earliest, end }]))
  }

  #reader(): TopicReader {
    return {
      fetch: async (positions, limits) => {
        const deadline = performance.now() + Math.min(limits.maxWaitMs, MAX_WAIT_MS)
        for (;;) {
          const batches = this.#read(positions)
          if (batches.length > 0 || performance.now() >= deadline) return batches
          await sleep(POLL_MS)
        }
      },
      close: async () => undefined,
    }
  }

  #read(positions: ReadonlyMap<number, number>): RecordBatch[] {
    const batches: RecordBatch[] = []
    for (const [partition, position] of positions) {
      const log = this.#partitions[partition]!
      if (position < log.earliest || position > log.end) throw this.#outOfRange(partition, position, log)
      if (position === log.end) continue
      const records = log.records.map(record => record.raw).filter(({ offset }) => offset >= position)
      const beyond = records[this.#fetchRecords]
      batches.push({
        partition,
        start: position,
        end: beyond === undefined ? log.end : beyond.offset,
        records: records.slice(0, this.#fetchRecords),
      })
    }
    return batches
  }

  #outOfRange(partition: number, position: number, { earliest, end }: LogPartition): TwofoldError {
    return new TwofoldError(
      'OFFSET_OUT_OF_RANGE',
      `Offset ${position} of topic "${this.topic}", partition ${partition}, is not in the log, which holds ${earliest} to ${end}.`,
      { details: { topic: this.topic, partition, position, earliest, end } },
    )
  }
}
