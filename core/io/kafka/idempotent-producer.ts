import { TwofoldError } from '../../model/errors.ts'
import { ClusterLink } from './cluster-link.ts'
import type {
  KafkaConnection,
  KafkaProducer,
  ProducerOptions,
  ProducerRecord,
  RecordPosition,
} from './driver.ts'
import { isTransient, produceFailed } from './kafka-error.ts'
import { Partitioner } from './partitioner.ts'
import { type ProduceChunk, planProduce } from './produce-plan.ts'
import { initProducerIdRequest, type ProducerIdentity } from './protocol/init-producer-id.ts'
import { type ProduceBatch, type ProducedPartition, produceRequest } from './protocol/produce.ts'
import { encodeRecordBatch } from './protocol/record-batch-writer.ts'
import { KAFKA_ERROR, KafkaProtocolError } from './protocol/request.ts'
import { retry } from './retry.ts'
import { byLeader, leadersOf, noLeader, type PartitionLeader, type TopicLeaders } from './topic-metadata.ts'

const GIVE_UP_AFTER_MS = 30_000
/** So soon a producer sees partitions that were added. */
const LEADERS_MAX_AGE_MS = 30_000
const SEQUENCES = 2 ** 31

/** A batch that carries its sequence number, and the records of the call it stands for. */
interface NumberedBatch extends ProduceBatch {
  readonly chunk: ProduceChunk
}

interface SendOutcome {
  readonly answers: readonly ProducedPartition[]
  /** Why some batches were not acknowledged; a refusal by the broker before a connection that failed. */
  readonly failure: unknown
}

/**
 * An idempotent producer: the broker knows each batch by producer id and sequence number, so sending it again
 * after a lost answer does not write it twice. Calls run one after the other, batches of one partition too.
 */
export class IdempotentProducer implements KafkaProducer {
  readonly #link: ClusterLink
  readonly #options: ProducerOptions
  readonly #partitioner = new Partitioner()
  readonly #closing = new AbortController()
  readonly #leaders = new Map<string, { readonly found: TopicLeaders; readonly atMs: number }>()
  #identity: ProducerIdentity | undefined
  /** By topic and partition: the sequence number of the next record. */
  #sequences = new Map<string, number>()
  #lastCall: Promise<unknown> = Promise.resolve()

  constructor(connection: KafkaConnection, options: ProducerOptions) {
    this.#link = new ClusterLink(connection)
    this.#options = options
  }

  send(topic: string, records: readonly ProducerRecord[]): Promise<readonly RecordPosition[]> {
    const call = this.#lastCall.then(() => this.#sendAll(topic, records))
    this.#lastCall = call.catch(() => {})
    return call
  }

  async close(): Promise<void> {
    await this.#lastCall
    this.#closing.abort()
    await this.#link.close()
  }

  async #sendAll(topic: string, records: readonly ProducerRecord[]): Promise<readonly RecordPosition[]> {
    const positions = new Array<RecordPosition>(records.length)
    try {
      const { partitions } = await this.#retry(topic, () => this.#leadersFor(topic, records))
      const numbers = partitions.map(({ partition }) => partition)
      const rounds = planProduce(records, record => this.#partitioner.partitionOf(record, numbers))
      for (const round of rounds) await this.#sendRound(topic, records, round, positions)
      return positions
    } catch (cause) {
      // Some of its sequence numbers may be taken by records of this call: a later call that used them again
      // would be dropped as a repetition. A new identity starts anew.
      this.#identity = undefined
      throw produceFailed(topic, records.length, cause)
    }
  }

  async #sendRound(
    topic: string,
    records: readonly ProducerRecord[],
    round: readonly ProduceChunk[],
    positions: RecordPosition[],
  ): Promise<void> {
    const pending = new Map<number, NumberedBatch>()
    const identity = await this.#retry(topic, () => this.#identify())
    for (const chunk of round)
      pending.set(chunk.partition, await this.#encode(topic, records, chunk, identity))
    await this.#retry(topic, async () => {
      const { answers, failure } = await this.#sendPending(topic, [...pending.values()])
      for (const { partition, errorCode, baseOffset } of answers) {
        if (errorCode !== KAFKA_ERROR.NONE) continue
        const { indexes } = pending.get(partition)!.chunk
        for (const [position, index] of indexes.entries())
          positions[index] = { partition, offset: baseOffset + position }
        pending.delete(partition)
      }
      if (pending.size > 0) throw failure ?? noLeader(topic)
    })
  }

  async #encode(
    topic: string,
    records: readonly ProducerRecord[],
    chunk: ProduceChunk,
    { producerId, epoch }: ProducerIdentity,
  ): Promise<NumberedBatch> {
    const { partition, indexes } = chunk
    const key = `${topic}/${partition}`
    const firstSequence = this.#sequences.get(key) ?? 0
    this.#sequences.set(key, (firstSequence + indexes.length) % SEQUENCES)
    const chosen = indexes.map(index => records[index]!)
    const batchIdentity = { producerId, epoch, firstSequence }
    const bytes = await encodeRecordBatch(chosen, batchIdentity, this.#options.compression, Date.now())
    return { partition, bytes, chunk }
  }

  /** One request to each leader. What one of them acknowledged counts, also where another one failed. */
  async #sendPending(topic: string, batches: readonly NumberedBatch[]): Promise<SendOutcome> {
    const { partitions } = await this.#topicLeaders(topic)
    const wanted = new Map(batches.map(batch => [batch.partition, batch]))
    const led = partitions.filter(({ partition }) => wanted.has(partition))
    const outcomes = await Promise.allSettled(byLeader(led).map(group => this.#sendTo(topic, group, wanted)))
    const answers = outcomes.flatMap(outcome => (outcome.status === 'fulfilled' ? outcome.value : []))
    const rejected = outcomes.find(outcome => outcome.status === 'rejected')
    const refused = answers.find(({ errorCode }) => errorCode !== KAFKA_ERROR.NONE)
    const refusal = refused && new KafkaProtocolError(refused.errorCode, `Partition ${refused.partition}`)
    return { answers, failure: refusal ?? rejected?.reason }
  }

  async #sendTo(
    topic: string,
    led: readonly PartitionLeader[],
    wanted: ReadonlyMap<number, ProduceBatch>,
  ): Promise<readonly ProducedPartition[]> {
    const address = led[0]!.address
    if (address === undefined) throw noLeader(topic)
    return this.#link.ask(
      address,
      produceRequest(
        topic,
        led.map(({ partition }) => wanted.get(partition)!),
      ),
    )
  }

  async #identify(): Promise<ProducerIdentity> {
    if (this.#identity !== undefined) return this.#identity
    const identity = await this.#link.askAny(initProducerIdRequest())
    if (identity.errorCode !== KAFKA_ERROR.NONE)
      throw new KafkaProtocolError(identity.errorCode, 'A new producer id')
    this.#sequences = new Map()
    return (this.#identity = identity)
  }

  /** The leaders of a topic that has every partition that the records name. */
  async #leadersFor(topic: string, records: readonly ProducerRecord[]): Promise<TopicLeaders> {
    const known = await this.#topicLeaders(topic)
    if (absentPartition(known, records) === undefined) return known
    // Partitions may have been added since.
    this.#leaders.delete(topic)
    const found = await this.#topicLeaders(topic)
    const absent = absentPartition(found, records)
    if (absent === undefined) return found
    const present = found.partitions.map(({ partition }) => partition)
    throw new TwofoldError(
      'PARTITION_NOT_FOUND',
      `Topic "${topic}" has no partition ${absent} to produce to; it has ${present.length}, from 0 to ${Math.max(...present)}.`,
      { details: { topic, partition: absent, partitions: present.length } },
    )
  }

  async #topicLeaders(topic: string): Promise<TopicLeaders> {
    const known = this.#leaders.get(topic)
    if (known !== undefined && performance.now() - known.atMs < LEADERS_MAX_AGE_MS) return known.found
    const found = await leadersOf(this.#link, topic)
    if (found === undefined)
      throw new TwofoldError('TOPIC_NOT_FOUND', `There is no topic "${topic}" to produce to.`)
    this.#leaders.set(topic, { found, atMs: performance.now() })
    return found
  }

  #retry<T>(topic: string, attempt: () => Promise<T>): Promise<T> {
    const limits = { giveUpAfterMs: GIVE_UP_AFTER_MS, signal: this.#closing.signal }
    return retry(`Producing to topic "${topic}"`, limits, async () => {
      try {
        return await attempt()
      } catch (error) {
        if (isTransient(error)) this.#leaders.delete(topic)
        throw error
      }
    })
  }
}

/** A partition that a record names and the topic does not have. */
function absentPartition(
  { partitions }: TopicLeaders,
  records: readonly ProducerRecord[],
): number | undefined {
  const present = new Set(partitions.map(({ partition }) => partition))
  return records.find(({ partition }) => partition !== undefined && !present.has(partition))?.partition
}
