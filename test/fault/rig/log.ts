import type { KafkaDriver } from '../../../core/io/kafka/driver.ts'
import { RecordHasher } from '../../../core/model/digest.ts'
import type { RawRecord } from '../../../core/model/record.ts'
import type { QuarantineReason } from '../../../core/model/verdict.ts'
import type { OracleLog, OracleRecord } from '../../laws/oracle.ts'
import { readLog } from '../../support/kafka-log.ts'
import { eventOf } from './events.ts'
import { bytesOf, hashOf, headersOf, type Ledger } from './ledger.ts'

/** A record of the log, as the oracle knows it. */
export interface LoggedRecord extends OracleRecord, RawRecord {
  /** Why it is no event; `null` where it is one. */
  readonly reason: QuarantineReason | null
}

/** What Kafka held when it was asked. */
export interface KafkaLog {
  readonly topicId: string
  readonly records: ReadonlyMap<number, readonly RawRecord[]>
  readonly earliest: ReadonlyMap<number, number>
  readonly end: ReadonlyMap<number, number>
}

/** Reads all that Kafka holds of a topic now. */
export async function readKafka(driver: KafkaDriver, topic: string): Promise<KafkaLog> {
  const { topicId } = (await driver.describeTopic(topic))!
  const offsets = [...(await driver.offsets(topic))]
  return {
    topicId,
    earliest: new Map(offsets.map(([partition, { earliest }]) => [partition, earliest])),
    end: new Map(offsets.map(([partition, { end }]) => [partition, end])),
    records: await readLog(driver, topic),
  }
}

/** All that the topic ever held: what Kafka holds, and of what it has deleted what the ledger knows. */
export class ScenarioLog implements OracleLog {
  readonly #records: ReadonlyMap<number, readonly LoggedRecord[]>
  readonly #ends: ReadonlyMap<number, number>

  private constructor(
    records: ReadonlyMap<number, readonly LoggedRecord[]>,
    ends: ReadonlyMap<number, number>,
  ) {
    this.#records = records
    this.#ends = ends
  }

  /**
   * Joins what Kafka holds and what the ledger knows.
   * @throws where something acknowledged is not in Kafka as it was acknowledged, or something is in Kafka that nobody
   *   sent
   */
  static join(kafka: KafkaLog, ledger: Ledger): ScenarioLog {
    const reasons = new Map(
      [...ledger.acknowledged, ...ledger.open].map(({ value, reason }) => [value, reason]),
    )
    const hasher = new RecordHasher(kafka.topicId)
    const records = new Map(
      [...kafka.records].map(([partition, found]) => {
        const kept = found.map(record => {
          const hash = hashOf(hasher, partition, record.offset, record.value)
          return logged(record, hash, reasons)
        })
        return [partition, [...deletedOf(ledger, partition, kafka.earliest.get(partition)!), ...kept]]
      }),
    )
    assertLedgerHolds(records, ledger)
    return new ScenarioLog(records, kafka.end)
  }

  get partitions(): readonly number[] {
    return [...this.#records.keys()]
  }

  /** All records of a partition, by offset. */
  of(partition: number): readonly LoggedRecord[] {
    return this.#records.get(partition)!
  }

  end(partition: number): number {
    return this.#ends.get(partition)!
  }

  get ends(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#ends)
  }

  below(through: Readonly<Record<string, number>>): LoggedRecord[] {
    return [...this.#records].flatMap(([partition, records]) =>
      records.filter(({ offset }) => offset < (through[partition] ?? 0)),
    )
  }

  get size(): number {
    return [...this.#records.values()].reduce((sum, { length }) => sum + length, 0)
  }
}

function logged(
  record: RawRecord,
  hash: bigint,
  reasons: ReadonlyMap<string | null, QuarantineReason | null>,
): LoggedRecord {
  const text = record.value === null ? null : Buffer.from(record.value).toString()
  const reason = reasons.get(text)
  if (reason === undefined)
    throw new Error(`Kafka holds at offset ${record.offset} what nobody sent: ${text}`)
  const { offset, timestampMs, key, value, headers } = record
  return {
    offset,
    timestampMs,
    key,
    value,
    headers,
    hash,
    reason,
    event: reason === null ? eventOf(text!) : undefined,
  }
}

/** Acknowledged records that Kafka's retention has deleted since. */
function deletedOf(ledger: Ledger, partition: number, earliest: number): LoggedRecord[] {
  return ledger.acknowledged
    .filter(record => record.partition === partition && record.offset < earliest)
    .sort((a, b) => a.offset - b.offset)
    .map(({ offset, key, value, headers, timestampMs, hash, reason }) => ({
      ...{ offset, timestampMs, hash, reason },
      key: bytesOf(key),
      value: bytesOf(value),
      headers: headersOf(headers),
      event: reason === null ? eventOf(value!) : undefined,
    }))
}

/** Everything acknowledged is there once, where it was acknowledged and as it was; what else is there was left open. */
function assertLedgerHolds(
  records: ReadonlyMap<number, readonly LoggedRecord[]>,
  { acknowledged, open }: Ledger,
): void {
  const unclaimed = new Map<string, LoggedRecord>()
  for (const [partition, found] of records)
    for (const record of found) unclaimed.set(`${partition}/${record.offset}`, record)
  for (const { partition, offset, hash } of acknowledged) {
    const place = `${partition}/${offset}`
    const found = unclaimed.get(place)
    if (found?.hash !== hash)
      throw new Error(`Kafka acknowledged the record ${place} with hash ${hash} and holds ${found?.hash}.`)
    unclaimed.delete(place)
  }
  const outcomes = open.map(({ value }) => value)
  for (const [place, { value }] of unclaimed) {
    const index = outcomes.indexOf(value === null ? null : Buffer.from(value).toString())
    if (index < 0) throw new Error(`Kafka holds at ${place} what was neither acknowledged nor left open.`)
    outcomes.splice(index, 1)
  }
}
