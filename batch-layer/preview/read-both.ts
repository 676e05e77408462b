import { compileDecoder } from '../../core/decode/compile.ts'
import type { EventBatch } from '../../core/decode/event-batch.ts'
import type { DuckDBSession } from '../../core/io/duckdb/session.ts'
import type { RecordValue } from '../../core/model/record.ts'
import { readsEnvelope, type StreamDefinition } from '../../core/model/stream.ts'
import type { QuarantineReason } from '../../core/model/verdict.ts'
import { foldIds } from '../recompute/fold-ids.ts'
import type { SegmentPart } from '../recompute/plan.ts'
import { EventTable, readPart } from '../recompute/raw-events.ts'

/** Records of a stream that one definition of it takes and the other refuses, for one reason. */
export interface Refusals {
  readonly reason: QuarantineReason
  readonly field: string | null
  readonly records: number
  /** The first of them. */
  readonly example: {
    readonly partition: number
    readonly offset: number
    readonly detail: string
    /** The record's value as text, its beginning alone where it is long. */
    readonly value: string | null
  }
}

export interface StreamCounts {
  readonly accepted: number
  readonly rejected: number
}

/** How two definitions of a stream read the same records. */
export interface StreamChange {
  readonly stream: string
  readonly records: number
  /** By the definition that runs; `null` where none is known. */
  readonly before: StreamCounts | null
  /** By the definition that is checked. */
  readonly after: StreamCounts
  /** What is accepted now, or not known to be refused, and will be refused. */
  readonly newlyRefused: readonly Refusals[]
  /** What is refused now and will be accepted, by the reasons that it is refused for now. */
  readonly newlyAccepted: readonly Refusals[]
}

export const EVENTS_BEFORE = 'events_before'
export const EVENTS_AFTER = 'events_after'

/** Decodes the same records by both definitions, into tables of these names. */
export async function readBoth(
  session: DuckDBSession,
  archive: string,
  parts: readonly SegmentPart[],
  running: StreamDefinition | undefined,
  next: StreamDefinition,
): Promise<StreamChange> {
  const after = await openReading(session, archive, parts, next, EVENTS_AFTER)
  const before = running && (await openReading(session, archive, parts, running, EVENTS_BEFORE))
  const envelope = readsEnvelope(next) || (running !== undefined && readsEnvelope(running))
  let records = 0
  const rejected = { before: 0, after: 0 }
  const newlyRefused = new RefusalList()
  const newlyAccepted = new RefusalList()
  for (const part of parts) {
    await after.ids?.before(part)
    await before?.ids?.before(part)
    for await (const page of readPart(session, archive, part, envelope)) {
      const nextBatch = await after.table.append(part.segment.topicId, page)
      const runningBatch = await before?.table.append(part.segment.topicId, page)
      records += nextBatch.records.length
      rejected.after += nextBatch.rejections.length
      rejected.before += runningBatch?.rejections.length ?? 0
      newlyRefused.add(nextBatch, runningBatch)
      if (runningBatch !== undefined) newlyAccepted.add(runningBatch, nextBatch)
    }
  }
  const countsOf = (refused: number) => ({ accepted: records - refused, rejected: refused })
  return {
    stream: next.topic,
    records,
    before: running === undefined ? null : countsOf(rejected.before),
    after: countsOf(rejected.after),
    newlyRefused: newlyRefused.list,
    newlyAccepted: newlyAccepted.list,
  }
}

/** A table of events by one definition; of repeats it knows those of the very records that are read. */
async function openReading(
  session: DuckDBSession,
  archive: string,
  parts: readonly SegmentPart[],
  stream: StreamDefinition,
  name: string,
) {
  const ids = foldIds({ session, archive }, { stream, chunks: [parts] })
  const table = await EventTable.create(session, name, compileDecoder(stream), ids?.duplicates)
  return { table, ids }
}

/** Refusals by reason and field, with the first of each. */
class RefusalList {
  readonly #byReason = new Map<string, Refusals>()

  /** Adds what `batch` refuses and `other` does not. */
  add(batch: EventBatch<RecordValue>, other: EventBatch<RecordValue> | undefined): void {
    const refusedAnyway = new Set(other?.rejections.map(({ row }) => row))
    for (const { row, reason, field = null, detail } of batch.rejections) {
      if (refusedAnyway.has(row)) continue
      const key = `${reason} ${field}`
      const known = this.#byReason.get(key)
      const { offset, value } = batch.records[row]!
      const example = known?.example ?? {
        partition: batch.partitions[row]!,
        offset,
        detail,
        value: shown(value),
      }
      this.#byReason.set(key, { reason, field, records: (known?.records ?? 0) + 1, example })
    }
  }

  /** The most frequent first. */
  get list(): Refusals[] {
    return [...this.#byReason.values()].sort((a, b) => b.records - a.records)
  }
}

const SHOWN_BYTES = 300

function shown(value: Uint8Array | null): string | null {
  return value === null ? null : Buffer.from(value.subarray(0, SHOWN_BYTES)).toString('utf8')
}
