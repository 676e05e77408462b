import type { ColumnVector, FixedValues } from '../../model/column-batch.ts'
import { TwofoldError } from '../../model/errors.ts'
import type { OffsetRange } from '../../model/offsets.ts'
import type { Deduplication } from '../../model/stream.ts'
import { IdHash } from './id-hash.ts'
import { IdWindow } from './id-window.ts'

/** What marks rows by their ids: rows of several partitions, those of one in the order of the log. */
export interface IdRows {
  readonly partitions: Int32Array
  /** Two halves of 32 bits each, the lower first. */
  readonly offsets: Uint32Array
  readonly columns: readonly ColumnVector[]
}

/**
 * Tells the events of a stream that repeat an id. It stands between decoder and fold, in both layers: given every
 * record from `within` offsets before a position on, it says of all from that position on what it would say had it been
 * given the whole log.
 */
export class Duplicates {
  readonly deduplication: Deduplication
  readonly #hash = new IdHash()
  readonly #partitions = new Map<number, { readonly window: IdWindow; position: number }>()

  constructor(deduplication: Deduplication) {
    this.deduplication = deduplication
  }

  /** Where the next range of a partition must begin; `undefined` before `begin`. */
  position(partition: number): number | undefined {
    return this.#partitions.get(partition)?.position
  }

  /** What the windows take. */
  get memoryBytes(): number {
    return [...this.#partitions.values()].reduce((sum, { window }) => sum + window.memoryBytes, 0)
  }

  /** Forgets a partition's ids: it is read on from `position`. */
  begin(partition: number, position: number): void {
    this.#partitions.set(partition, { window: new IdWindow(this.deduplication.within, position), position })
  }

  /** Forgets a partition. */
  leave(partition: number): void {
    this.#partitions.delete(partition)
  }

  /** Notes the id `bytes[start … end)`, as it stands in a decoded column; offsets never go down. */
  note(partition: number, offset: number, bytes: Uint8Array, start: number, end: number): void {
    this.#hash.of(bytes, start, end)
    this.#partitions.get(partition)!.window.note(this.#hash, offset)
  }

  /** All records of a range have been given, or there are none. @throws DEDUPLICATION_GAP */
  pass({ partition, start, end }: OffsetRange): void {
    const known = this.#partitions.get(partition)
    if (known === undefined || known.position !== start) throw gap(partition, known?.position, start)
    known.position = end
  }

  /** 1 for each row whose id stands in the `within` offsets before it, or before it in the same record. */
  mark(rows: IdRows): Uint8Array {
    const { partitions, offsets, columns } = rows
    const marks = new Uint8Array(partitions.length)
    const { valid, values } = columns.find(({ name }) => name === this.deduplication.column)!
    const { bytes, starts, width } =
      values.layout === 'bytes'
        ? { bytes: values.bytes, starts: values.offsets, width: 0 }
        : { bytes: (values as FixedValues).data, starts: undefined, width: (values as FixedValues).width }
    let partition = -1
    let window: IdWindow | undefined
    for (let row = 0; row < partitions.length; row++) {
      // Rejected records have no id.
      if (valid !== undefined && valid[row] === 0) continue
      if (partitions[row] !== partition) {
        partition = partitions[row]!
        window = this.#partitions.get(partition)!.window
      }
      if (starts === undefined) this.#hash.of(bytes, row * width, row * width + width)
      else this.#hash.of(bytes, starts[row]!, starts[row + 1]!)
      if (window!.note(this.#hash, offsets[2 * row]! + offsets[2 * row + 1]! * 2 ** 32)) marks[row] = 1
    }
    return marks
  }
}

function gap(partition: number, position: number | undefined, start: number): TwofoldError {
  return new TwofoldError(
    'DEDUPLICATION_GAP',
    `Duplicates of partition ${partition} are known up to offset ${position ?? 'none'}, and records from offset ${start} on were to be marked: what lies between might repeat their ids.`,
    { details: { partition, position: position ?? null, start } },
  )
}
