import type { Message } from 'node-rdkafka'
import { TwofoldError } from '../../model/errors.ts'
import type { RawRecord, RecordBatch, RecordHeader } from '../../model/record.ts'
import { ClusterLink } from './cluster-link.ts'
import type { FetchLimits, KafkaConnection, TopicReader } from './driver.ts'
import type { Positions } from './leader-fetches.ts'
import { KAFKA_ERROR, KafkaProtocolError } from './protocol/request.ts'
import { type Consumed, type RdkafkaConsumer, RdkafkaError } from './rdkafka-consumer.ts'
import { retry } from './retry.ts'
import { offsetsOfSameTopic, outOfRange, requireSameTopicEverywhere } from './topic-guard.ts'

const GIVE_UP_AFTER_MS = 15_000
const CHECK_RANGES_EVERY_MS = 1_000
const MOST_MESSAGES = 20_000
/** A guess until there are messages to measure; a large one, so that the first answer is not too big. */
const FIRST_MESSAGE_BYTES = 10_000

const AUTO_OFFSET_RESET = -140
/** Unknown compression, its own and that of the batch: "not implemented" and "bad compression". */
const CODEC_ERRORS: ReadonlySet<number> = new Set([-170, -198])

/**
 * Reads one incarnation of a topic with librdkafka. It would go on in a topic of the same name that was
 * created anew, so the topic's id is asked for after each read: an id never comes back, so the same id after
 * the read proves that the records are of that topic.
 */
export class RdkafkaReader implements TopicReader {
  readonly #topic: string
  readonly #topicId: string
  readonly #link: ClusterLink
  readonly #consumer: RdkafkaConsumer
  readonly #closing = new AbortController()
  /** Where librdkafka stands; empty where that is not certain. */
  #assigned: Positions = new Map()
  #messageBytes = FIRST_MESSAGE_BYTES
  #rangesCheckedAtMs = Number.NEGATIVE_INFINITY

  constructor(connection: KafkaConnection, consumer: RdkafkaConsumer, topic: string, topicId: string) {
    this.#link = new ClusterLink(connection)
    this.#consumer = consumer
    this.#topic = topic
    this.#topicId = topicId
  }

  async fetch(positions: Positions, limits: FetchLimits): Promise<RecordBatch[]> {
    const retryLimits = { giveUpAfterMs: GIVE_UP_AFTER_MS, signal: this.#closing.signal }
    return retry(`Reading topic "${this.#topic}"`, retryLimits, async () => {
      this.#moveTo(positions)
      // Until the records are handed over, where librdkafka stands is not where the caller does.
      this.#assigned = new Map()
      const batches = await this.#read(positions, limits)
      this.#assigned = new Map([
        ...positions,
        ...batches.map(({ partition, end }) => [partition, end] as const),
      ])
      return batches
    })
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all([this.#consumer.close(), this.#link.close()])
  }

  #moveTo(positions: Positions): void {
    const assigned = this.#assigned
    const there =
      assigned.size === positions.size && [...positions].every(([p, offset]) => assigned.get(p) === offset)
    if (!there) this.#consumer.assign(this.#topic, positions)
  }

  async #read(positions: Positions, { maxWaitMs, maxBytes }: FetchLimits): Promise<RecordBatch[]> {
    const most = Math.min(MOST_MESSAGES, Math.max(1, Math.floor(maxBytes / this.#messageBytes)))
    const consumed = await this.#consumer
      .consume(most, maxWaitMs)
      .catch(error => this.#explain(error, positions))
    const batches = batchesOf(consumed, positions)
    this.#measure(consumed.messages)
    if (batches.length > 0) await requireSameTopicEverywhere(this.#link, this.#topic, this.#topicId)
    await this.#checkSilent(positions, batches)
    return batches
  }

  #measure(messages: readonly Message[]): void {
    if (messages.length === 0) return
    const sizeBytes = messages.reduce((sum, { size, key }) => sum + size + (key?.length ?? 0), 0)
    this.#messageBytes = Math.max(1, sizeBytes / messages.length)
  }

  /**
   * node-rdkafka drops an error that follows messages in the same call, and librdkafka then falls silent on
   * the partition: so those that brought nothing are checked, also to notice that no broker answers.
   */
  async #checkSilent(positions: Positions, batches: readonly RecordBatch[]): Promise<void> {
    const now = performance.now()
    if (now - this.#rangesCheckedAtMs < CHECK_RANGES_EVERY_MS) return
    const silent = new Map(positions)
    for (const { partition } of batches) silent.delete(partition)
    if (silent.size === 0) return
    await this.#requireInRange(silent)
    this.#rangesCheckedAtMs = now
  }

  async #requireInRange(positions: Positions): Promise<void> {
    const offsets = await offsetsOfSameTopic(this.#link, this.#topic, this.#topicId)
    for (const [partition, position] of positions) {
      const held = offsets.get(partition)
      if (held !== undefined && (position < held.earliest || position > held.end)) {
        throw outOfRange(this.#topic, partition, position, held)
      }
    }
  }

  async #explain(error: unknown, positions: Positions): Promise<never> {
    if (!(error instanceof RdkafkaError)) throw error
    if (CODEC_ERRORS.has(error.code)) {
      const message = `Reading topic "${this.#topic}" failed on a batch that node-rdkafka cannot decompress: zstd, most likely.`
      throw new TwofoldError('CODEC_UNREADABLE', message, {
        details: { topic: this.#topic, codec: 'zstd' },
        cause: error,
      })
    }
    await this.#requireInRange(positions)
    if (error.code !== AUTO_OFFSET_RESET && error.code > 0) throw error
    // What arises inside librdkafka passes, or its cause shows in the checks above.
    throw new KafkaProtocolError(KAFKA_ERROR.LEADER_NOT_AVAILABLE, `Topic "${this.#topic}"`)
  }
}

function batchesOf({ messages, ends }: Consumed, positions: Positions): RecordBatch[] {
  const records = new Map<number, RawRecord[]>()
  for (const message of messages) {
    const list = records.get(message.partition)
    if (list === undefined) records.set(message.partition, [recordOf(message)])
    else list.push(recordOf(message))
  }
  const batches: RecordBatch[] = []
  for (const [partition, start] of positions) {
    const found = records.get(partition) ?? []
    // The end of the partition lies behind markers and aborted records; the last message may not.
    const end = Math.max(start, (found.at(-1)?.offset ?? -1) + 1, ends.get(partition) ?? 0)
    if (end > start) batches.push({ partition, start, end, records: found })
  }
  return batches
}

function recordOf({ offset, timestamp, key, value, headers }: Message): RawRecord {
  return {
    offset,
    timestampMs: timestamp ?? -1,
    key: key as Buffer | null,
    value,
    headers: (headers ?? []).map(headerOf),
  }
}

/** node-rdkafka shows a header as an object with one property; one without a value as an empty one. */
function headerOf(header: object): RecordHeader {
  const [name, value] = Object.entries(header)[0]!
  return { name, value }
}
