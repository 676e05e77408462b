import type { Decoder } from '../../core/decode/decoder.ts'
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

  private constructor(session: DuckDBSession, name: string, decoder: Decoder) {
    this.#session = session
    this.name = name
    this.#decoder = decoder
  }

  /** An empty one, in the place of any that has its name. */
  static async create(session: DuckDBSession, name: string, decoder: Decoder): Promise<EventTable> {
    await session.load('page', decodeEvents('', [], decoder).columns)
    await session.run(`CREATE OR REPLACE TEMP TABLE ${name} AS FROM page`)
    return new EventTable(session, name, decoder)
  }

  /** Decodes the records of a batch and adds them. @returns how many events they are */
  async append(topicId: string, batch: ValueBatch): Promise<number> {
    const { columns } = decodeEvents(topicId, [batch], this.#decoder)
    await this.#session.load('page', columns)
    await this.#session.run(`INSERT INTO ${this.name} FROM page`)
    return columns.rows
  }
}
