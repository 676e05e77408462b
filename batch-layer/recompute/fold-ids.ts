import { compileDecoder } from '../../core/decode/compile.ts'
import { Duplicates } from '../../core/decode/deduplicate/duplicates.ts'
import { type IdReading, learnIds } from '../../core/io/archive/learn-ids.ts'
import type { DuckDBSession } from '../../core/io/duckdb/session.ts'
import type { FoldPlan, SegmentPart } from './plan.ts'

/** What a fold knows of ids: its parts are read in order, so those of the window are mostly known already. */
export class FoldIds {
  readonly duplicates: Duplicates
  readonly #reading: IdReading
  readonly #parts: readonly SegmentPart[]
  #partition: number | undefined

  /** @param parts all that the fold may read ids of; those of a partition in order */
  constructor(reading: IdReading, parts: readonly SegmentPart[]) {
    this.duplicates = reading.duplicates
    this.#reading = reading
    this.#parts = parts
  }

  /** Makes sure that the ids before a part are known, where the part before it was not read: of a chunk that is there. */
  async before({ segment: { partition }, start }: SegmentPart): Promise<void> {
    const { duplicates } = this
    if (duplicates.position(partition) === start) return
    // One partition after the other: their windows need not be in memory together.
    if (this.#partition !== undefined) duplicates.leave(this.#partition)
    this.#partition = partition
    const from = start - duplicates.deduplication.within
    const before = this.#parts.filter(
      part => part.segment.partition === partition && part.start < start && part.end > from,
    )
    duplicates.begin(partition, Math.max(before[0]?.start ?? start, from))
    const parts = before.map(part => ({
      segment: part.segment,
      start: Math.max(part.start, from),
      end: Math.min(part.end, start),
    }))
    await learnIds(this.#reading, parts)
  }
}

/** For a fold of a stream that declares an id. */
export function foldIds(
  { session, archive }: { readonly session: DuckDBSession; readonly archive: string },
  { stream, leadIn = [], chunks }: Pick<FoldPlan, 'stream' | 'leadIn' | 'chunks'>,
): FoldIds | undefined {
  if (stream.deduplication === undefined) return undefined
  const duplicates = new Duplicates(stream.deduplication)
  const reading = { session, archive, stream, decoder: compileDecoder(stream), duplicates }
  return new FoldIds(reading, [...leadIn, ...chunks.flat()])
}
