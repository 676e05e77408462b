import type { Decoder } from '../../core/decode/decoder.ts'
import type { Duplicates } from '../../core/decode/deduplicate/duplicates.ts'
import { decodeEvents } from '../../core/decode/event-batch.ts'
import { readSegmentValues } from '../../core/io/archive/read-segment.ts'
import type { DuckDBSession } from '../../core/io/duckdb/session.ts'
import type { ValueBatch } from '../../core/model/record.ts'
import type { SegmentPart } from './plan.ts'

/** Offsets whose records are decoded at a time: what a job holds of them in JavaScript. */
const PAGE_OFFSETS = 50_000

/** The raw values of a part of a segment, page by page; with `envelope` also what stands around them. */
export async function* readPart(
  session: DuckDBSession,
  archive: string,
  { segment, start, end }: SegmentPart,
  envelope: boolean,
): AsyncGenerator<ValueBatch> {
  if (segment.lost !== undefined) return
  for (let position = start; position < end; position += PAGE_OFFSETS) {
    const to = Math.min(end, position + PAGE_OFFSETS)
    yield readSegmentValues(session, archive, segment, position, to, envelope)
  }
}

/** A temporary table of decoded records, the input relation of the fold, that grows page by page. */
export class EventTable {
  readonly name: string
  readonly #session: DuckDBSession
  readonly #decoder: Decoder
  readonly #duplicates: Duplicates | undefined

  private constructor(session: DuckDBSession, name: string, decoder: Decoder, duplicates?: Duplicates) {
    this.#session = session
    this.name = name
    this.#decoder = decoder
    this.#duplicates = duplicates
  }

  /** An empty one, in the place of any that has its name; with `duplicates`, it tells which events repeat an id. */
  static async create(
    session: DuckDBSession,
    name: string,
    decoder: Decoder,
    duplicates?: Duplicates,
  ): Promise<EventTable> {
    await session.load('page', decodeEvents('', [], decoder, duplicates).columns)
    await session.run(`CREATE OR REPLACE TEMP TABLE ${name} AS FROM page`)
    return new EventTable(session, name, decoder, duplicates)
  }

  /** Decodes the records of a batch and adds them. */
  async append(topicId: string, batch: ValueBatch): Promise<void> {
    await this.#session.load('page', decodeEvents(topicId, [batch], this.#decoder, this.#duplicates).columns)
    await this.#session.run(`INSERT INTO ${this.name} FROM page`)
  }
}
