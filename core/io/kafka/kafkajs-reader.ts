import { setTimeout as sleep } from 'node:timers/promises'
import type { RecordBatch } from '../../model/record.ts'
import { ClusterLink } from './cluster-link.ts'
import type { FetchLimits, KafkaConnection, TopicReader } from './driver.ts'
import { isTransient } from './kafka-error.ts'
import { LeaderFetches, type LeaderPoll, type Outcome, type Positions } from './leader-fetches.ts'
import { type FetchAnswer, type FetchedPartition, fetchRequest } from './protocol/fetch.ts'
import { decodeRecordBatches } from './protocol/record-batch.ts'
import { KAFKA_ERROR, KafkaProtocolError } from './protocol/request.ts'
import { retry } from './retry.ts'
import { offsetsOfSameTopic, outOfRange, requireSameTopic } from './topic-guard.ts'
import { byLeader, noLeader, type PartitionLeader } from './topic-metadata.ts'

const GIVE_UP_AFTER_MS = 15_000

/**
 * Reads one incarnation of a topic by Fetch requests over its own connections. Fetch names the topic by its
 * id, so the check that the topic is still the same one is the broker's, within the request itself.
 */
export class KafkajsReader implements TopicReader {
  readonly #topic: string
  readonly #topicId: string
  readonly #link: ClusterLink
  readonly #closing = new AbortController()
  readonly #fetches = new LeaderFetches<FetchAnswer>(hasNews)
  #leaders: ReadonlyMap<number, PartitionLeader> = new Map()
  #rounds = 0

  constructor(connection: KafkaConnection, topic: string, topicId: string) {
    this.#topic = topic
    this.#topicId = topicId
    this.#link = new ClusterLink(connection)
  }

  async fetch(positions: Positions, limits: FetchLimits): Promise<RecordBatch[]> {
    const retryLimits = { giveUpAfterMs: GIVE_UP_AFTER_MS, signal: this.#closing.signal }
    return retry(`Reading topic "${this.#topic}"`, retryLimits, () => this.#fetchOnce(positions, limits))
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#link.close()
  }

  /** A failure that passes holds up only the partitions it concerns, as long as others bring something. */
  async #fetchOnce(positions: Positions, limits: FetchLimits): Promise<RecordBatch[]> {
    if (positions.size === 0) await this.#idle(limits.maxWaitMs)
    const led = await this.#leadersOf(positions)
    const reachable = led.filter(({ address }) => address !== undefined)
    const polls = byLeader(reachable).map((group, _, { length }) =>
      this.#poll(group, positions, limits, length),
    )
    const outcomes = await this.#fetches.round(polls)

    const batches: RecordBatch[] = []
    const failures: unknown[] = led.length > reachable.length ? [noLeader(this.#topic)] : []
    for (const outcome of outcomes) await this.#collect(outcome, batches, failures)
    if (failures.length > 0) this.#leaders = new Map()
    const final = failures.find(failure => !isTransient(failure))
    if (final !== undefined || (failures.length > 0 && batches.length === 0)) throw final ?? failures[0]
    return batches
  }

  /** With nothing to read, a caller that loops still must not spin. */
  async #idle(waitMs: number): Promise<void> {
    await sleep(waitMs, undefined, { signal: this.#closing.signal }).catch(() => {})
  }

  #poll(
    led: readonly PartitionLeader[],
    positions: Positions,
    { maxWaitMs, maxBytes, maxPartitionBytes }: FetchLimits,
    leaders: number,
  ): LeaderPoll<FetchAnswer> {
    const { leader, address } = led[0]!
    const request = fetchRequest({
      topicId: this.#topicId,
      partitions: rotated(led, this.#rounds++).map(({ partition, leaderEpoch }) => {
        return { partition, leaderEpoch, offset: positions.get(partition)! }
      }),
      maxWaitMs,
      maxBytes: Math.ceil(maxBytes / leaders),
      maxPartitionBytes,
    })
    const asked = new Map(led.map(({ partition }) => [partition, positions.get(partition)!]))
    return { leader, positions: asked, send: () => this.#link.ask(address!, request) }
  }

  async #collect(outcome: Outcome<FetchAnswer>, batches: RecordBatch[], failures: unknown[]): Promise<void> {
    if (outcome.kind === 'failed') {
      failures.push(outcome.error)
      return
    }
    const { answer, positions } = outcome
    if (answer.errorCode !== KAFKA_ERROR.NONE)
      failures.push(new KafkaProtocolError(answer.errorCode, 'A fetch'))
    for (const fetched of answer.partitions) {
      const start = positions.get(fetched.partition)!
      if (fetched.errorCode !== KAFKA_ERROR.NONE) failures.push(await this.#failureOf(fetched, start))
      const batch = await this.#decode(fetched, start)
      if (batch.end > batch.start) batches.push(batch)
    }
  }

  async #decode({ partition, bytes, aborted }: FetchedPartition, start: number): Promise<RecordBatch> {
    const fetched = { topic: this.#topic, partition, position: start, bytes, aborted }
    const { records, end } = await decodeRecordBatches(fetched)
    return { partition, start, end, records }
  }

  async #failureOf({ partition, errorCode }: FetchedPartition, start: number): Promise<Error> {
    if (errorCode !== KAFKA_ERROR.OFFSET_OUT_OF_RANGE) {
      return new KafkaProtocolError(errorCode, `Fetching partition ${partition} of topic "${this.#topic}"`)
    }
    const offsets = await offsetsOfSameTopic(this.#link, this.#topic, this.#topicId)
    return outOfRange(this.#topic, partition, start, offsets.get(partition))
  }

  async #leadersOf(positions: Positions): Promise<PartitionLeader[]> {
    const partitions = [...positions.keys()]
    if (partitions.some(partition => !this.#leaders.has(partition))) {
      const found = await requireSameTopic(this.#link, this.#topic, this.#topicId)
      this.#leaders = new Map(found.partitions.map(partition => [partition.partition, partition]))
    }
    return partitions.map(partition => this.#leaders.get(partition) ?? unknownPartition(partition))
  }
}

function hasNews({ partitions }: FetchAnswer): boolean {
  return partitions.some(({ errorCode, bytes }) => errorCode !== KAFKA_ERROR.NONE || bytes.length > 0)
}

/** A partition just added may not have reached the broker we asked: it counts as one without a leader. */
function unknownPartition(partition: number): PartitionLeader {
  return { partition, leader: -1, leaderEpoch: -1, address: undefined }
}

/** The broker fills its answer in the order asked, so another partition goes first each time. */
function rotated<T>(values: readonly T[], by: number): T[] {
  const first = by % values.length
  return [...values.slice(first), ...values.slice(0, first)]
}
