import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import type { ProducerRecord, RecordPosition } from '../../../core/io/kafka/driver.ts'
import { RecordHasher } from '../../../core/model/digest.ts'
import type { RecordHeader } from '../../../core/model/record.ts'
import type { LoadHeader, LoadRecord } from './events.ts'

/** A line of a ledger. Each call of the producer is told before it is made, and after it has an outcome. */
type LedgerLine =
  | { readonly kind: 'sent'; readonly call: number; readonly records: readonly LoadRecord[] }
  | {
      readonly kind: 'acknowledged'
      readonly call: number
      readonly topicId: string
      /** In the order sent; the hash in hexadecimal. */
      readonly positions: readonly (readonly [partition: number, offset: number, hash: string])[]
    }
  | { readonly kind: 'open'; readonly call: number; readonly error: string }

/** The producer's side of the ledger. An acknowledgement counts once it is on the disk. */
export class LedgerWriter {
  readonly #descriptor: number
  readonly #topicId: string
  readonly #hasher: RecordHasher
  #call = 0

  constructor(path: string, topicId: string) {
    this.#descriptor = openSync(path, 'a')
    this.#topicId = topicId
    this.#hasher = new RecordHasher(topicId)
  }

  /** @returns the number of the call */
  sent(records: readonly LoadRecord[]): number {
    this.#call += 1
    this.#write({ kind: 'sent', call: this.#call, records })
    return this.#call
  }

  acknowledged(call: number, records: readonly LoadRecord[], at: readonly RecordPosition[]): void {
    const positions = at.map(({ partition, offset }, index) => {
      const hash = hashOf(this.#hasher, partition, offset, bytesOf(records[index]!.value))
      return [partition, offset, hash.toString(16)] as const
    })
    this.#write({ kind: 'acknowledged', call, topicId: this.#topicId, positions })
    fsyncSync(this.#descriptor)
  }

  /** Neither acknowledged nor refused: each of the call's records may stand in Kafka or not. */
  open(call: number, error: unknown): void {
    this.#write({ kind: 'open', call, error: String(error) })
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  #write(line: LedgerLine): void {
    writeSync(this.#descriptor, `${JSON.stringify(line)}\n`)
  }
}

/** A record that Kafka acknowledged. */
export interface AcknowledgedRecord extends LoadRecord {
  readonly topicId: string
  readonly offset: number
  readonly hash: bigint
}

/** What a ledger tells. */
export interface Ledger {
  readonly acknowledged: readonly AcknowledgedRecord[]
  /** Records of which nobody said whether they are in Kafka. */
  readonly open: readonly LoadRecord[]
}

/** Reads ledgers. A call without an outcome, of a producer that was killed, is open; so is half a line. */
export function readLedgers(paths: readonly string[]): Ledger {
  const ledgers = paths.map(readLedger)
  return {
    acknowledged: ledgers.flatMap(ledger => ledger.acknowledged),
    open: ledgers.flatMap(ledger => ledger.open),
  }
}

function readLedger(path: string): Ledger {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  const calls = new Map<number, readonly LoadRecord[]>()
  const acknowledged: AcknowledgedRecord[] = []
  for (const line of lines.map(text => JSON.parse(text) as LedgerLine)) {
    if (line.kind === 'sent') calls.set(line.call, line.records)
    if (line.kind !== 'acknowledged') continue
    const records = calls.get(line.call)!
    calls.delete(line.call)
    for (const [index, [partition, offset, hash]] of line.positions.entries()) {
      const { topicId } = line
      acknowledged.push({ ...records[index]!, topicId, partition, offset, hash: BigInt(`0x${hash}`) })
    }
  }
  return { acknowledged, open: [...calls.values()].flat() }
}

/** The hash by which the product accounts for a record. */
export function hashOf(
  hasher: RecordHasher,
  partition: number,
  offset: number,
  value: Uint8Array | null,
): bigint {
  hasher.hash(partition, offset, value)
  return (BigInt(hasher.high) << 32n) | BigInt(hasher.low)
}

/** A record as producers take it. */
export function toProduce({ partition, key, value, headers, timestampMs }: LoadRecord): ProducerRecord {
  return { partition, key: bytesOf(key), value: bytesOf(value), headers: headersOf(headers), timestampMs }
}

export function headersOf(headers: readonly LoadHeader[]): RecordHeader[] {
  return headers.map(({ name, value }) => ({ name, value: bytesOf(value) }))
}

export function bytesOf(value: string | null): Uint8Array | null {
  return value === null ? null : Buffer.from(value)
}
