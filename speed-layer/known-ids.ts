import { Duplicates } from '../core/decode/deduplicate/duplicates.ts'
import { decodeEvents } from '../core/decode/event-batch.ts'
import { type IdReading, learnIds } from '../core/io/archive/learn-ids.ts'
import type { FetchLimits } from '../core/io/kafka/driver.ts'
import { TwofoldError } from '../core/model/errors.ts'
import type { PartitionOrigin } from '../core/model/partition.ts'
import type { RecordSource } from './record-source.ts'

const FETCH: FetchLimits = { maxWaitMs: 500, maxBytes: 16 * 2 ** 20, maxPartitionBytes: 4 * 2 ** 20 }

/**
 * What a lane that reads on from `positions` must know of duplicates: the ids of the offsets before each, as far back
 * as they count. From the archive, which has them typed; what it does not hold, or not whole, from wherever records are
 * read. Before a partition's origin, and of what was declared lost, there is nothing.
 *
 * @returns `undefined` where the stream declares no id
 * @throws OFFSET_OUT_OF_RANGE where nobody has the records: whether an id is repeated is then not known
 */
export async function readKnownIds(
  reading: Omit<IdReading, 'duplicates'>,
  source: RecordSource,
  origins: ReadonlyMap<number, PartitionOrigin>,
  positions: ReadonlyMap<number, number>,
  signal: AbortSignal,
): Promise<Duplicates | undefined> {
  const { deduplication } = reading.stream
  if (deduplication === undefined) return undefined
  const duplicates = new Duplicates(deduplication)
  for (const [partition, position] of positions) {
    const origin = origins.get(partition)!
    duplicates.begin(partition, Math.max(Math.min(origin.begin, position), position - deduplication.within))
    signal.throwIfAborted()
    await learnFromArchive({ ...reading, duplicates }, source, partition, position)
    await learnFromSource({ ...reading, duplicates }, source, origin, position, signal)
  }
  return duplicates
}

/** As far as the archive's segments lead on. One that is damaged, or missing, is for others to tell. */
async function learnFromArchive(
  reading: IdReading,
  source: RecordSource,
  partition: number,
  position: number,
): Promise<void> {
  const start = reading.duplicates.position(partition)!
  try {
    await learnIds(reading, await source.archivedParts({ partition, start, end: position }))
  } catch (error) {
    if (!(error instanceof TwofoldError)) throw error
  }
}

async function learnFromSource(
  { decoder, duplicates }: IdReading,
  source: RecordSource,
  { partition, topicId }: PartitionOrigin,
  position: number,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const at = duplicates.position(partition)!
    if (at >= position) return
    signal.throwIfAborted()
    for (const batch of await source.fetch(new Map([[partition, at]]), FETCH)) {
      const records = batch.records.filter(({ offset }) => offset < position)
      decodeEvents(topicId, [{ ...batch, end: Math.min(batch.end, position), records }], decoder, duplicates)
    }
  }
}
