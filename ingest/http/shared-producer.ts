import type { KafkaProducer, ProducerRecord, RecordPosition } from '../../core/io/kafka/driver.ts'
import { TwofoldError } from '../../core/model/errors.ts'

/** A call takes in requests until it has so much. */
const CALL_RECORDS = 10_000
const CALL_BYTES = 4 << 20
/** A larger request has a call to itself, so that what Kafka refuses of it fails nobody else. */
const SHARED_BYTES = 256 << 10

interface WaitingRequest {
  readonly topic: string
  readonly records: readonly ProducerRecord[]
  readonly sizeBytes: number
  resolve(positions: readonly RecordPosition[]): void
  reject(error: unknown): void
}

/**
 * Lets concurrent small requests share the calls of a producer. While a call is under way, those that arrive gather
 * for the next one, so that single events reach thousands a second and nobody waits for a timer. Requests are
 * produced in the order of their arrival.
 */
export class SharedProducer {
  readonly #producer: KafkaProducer
  readonly #maxWaitingBytes: number
  #waiting: WaitingRequest[] = []
  #waitingBytes = 0
  #pump: Promise<void> | undefined

  /** @param maxWaitingBytes more is refused: without Kafka, memory must not grow */
  constructor(producer: KafkaProducer, maxWaitingBytes: number) {
    this.#producer = producer
    this.#maxWaitingBytes = maxWaitingBytes
  }

  /**
   * Answers when Kafka has acknowledged all of the records: where each of them stands.
   *
   * @throws INGEST_OVERLOADED where too much waits for Kafka already; nothing of it was produced
   * @throws PRODUCE_FAILED, KAFKA_UNAVAILABLE, TOPIC_NOT_FOUND where Kafka did not take them; some may stand all the same
   */
  send(topic: string, records: readonly ProducerRecord[]): Promise<readonly RecordPosition[]> {
    if (records.length === 0) return Promise.resolve([])
    if (this.#waitingBytes >= this.#maxWaitingBytes) throw overloaded(this.#waitingBytes)
    const sizeBytes = records.reduce(
      (sum, { key, value }) => sum + (key?.length ?? 0) + (value?.length ?? 0),
      0,
    )
    const sent = new Promise<readonly RecordPosition[]>((resolve, reject) => {
      this.#waiting.push({ topic, records, sizeBytes, resolve, reject })
    })
    this.#waitingBytes += sizeBytes
    this.#pump ??= this.#sendAll()
    return sent
  }

  /** Ends when all that waited has been produced. */
  async close(): Promise<void> {
    await this.#pump
    await this.#producer.close()
  }

  async #sendAll(): Promise<void> {
    // Requests that arrived with the first one are read in the same turn of the event loop.
    await new Promise(setImmediate)
    while (this.#waiting.length > 0) await this.#sendCall(this.#takeCall())
    this.#pump = undefined
  }

  /** The first requests that wait, of one topic, as many as share a call. */
  #takeCall(): WaitingRequest[] {
    const first = this.#waiting[0]!
    let count = 0
    let [records, sizeBytes] = [0, 0]
    for (const request of this.#waiting) {
      records += request.records.length
      sizeBytes += request.sizeBytes
      const fits = records <= CALL_RECORDS && sizeBytes <= CALL_BYTES && request.sizeBytes <= SHARED_BYTES
      if (request !== first && (!fits || request.topic !== first.topic)) break
      count++
      if (request.sizeBytes > SHARED_BYTES) break
    }
    return this.#waiting.splice(0, count)
  }

  async #sendCall(call: readonly WaitingRequest[]): Promise<void> {
    try {
      const records = call.length === 1 ? call[0]!.records : call.flatMap(request => request.records)
      const positions = await this.#producer.send(call[0]!.topic, records)
      let taken = 0
      for (const request of call) request.resolve(positions.slice(taken, (taken += request.records.length)))
    } catch (error) {
      for (const request of call) request.reject(error)
    } finally {
      for (const request of call) this.#waitingBytes -= request.sizeBytes
    }
  }
}

function overloaded(waitingBytes: number): TwofoldError {
  const message = `Events of ${waitingBytes} bytes wait for Kafka already; nothing of this request was produced.`
  return new TwofoldError('INGEST_OVERLOADED', message, { details: { waitingBytes, accepted: 0 } })
}
