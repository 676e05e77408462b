import type { MissingRange, PartitionInspection } from '../../core/io/archive/inspect-partition.ts'
import type { PartitionOffsets } from '../../core/io/kafka/driver.ts'

/** What can be done for one partition's archive. Plain data. */
export interface PartitionRepairPlan {
  /** Read again from Kafka. */
  readonly restorable: readonly MissingRange[]
  /** Kafka does not have all of these. */
  readonly lost: readonly LostRange[]
  /** Files to be taken out of the folder. */
  readonly misplaced: readonly string[]
}

export interface LostRange extends MissingRange {
  /** Of its offsets, those that Kafka no longer has, or does not have at all. */
  readonly gone: { readonly start: number; readonly end: number }
}

/**
 * Decides, for each range that is missing, whether Kafka still has it, or was declared lost, so that there is nothing to
 * be had of it. What stands in the place of a range that cannot be restored is left as it is. `kafka` is what the topic holds of the partition, `undefined` where it is another topic.
 */
export function planArchiveRepair(
  inspection: PartitionInspection,
  kafka: PartitionOffsets | undefined,
): PartitionRepairPlan {
  const restorable: MissingRange[] = []
  const lost: LostRange[] = []
  for (const range of inspection.missing) {
    const gone = goneOf(range, kafka)
    if (gone === undefined) restorable.push(range)
    else lost.push({ ...range, gone })
  }
  const isLost = (start: number) => lost.some(range => range.start <= start && start < range.end)
  const isDamaged = (name: string) => inspection.missing.some(({ known }) => known?.start === startOf(name))
  const faulty = inspection.faults.flatMap(fault => fault.names)
  return {
    restorable,
    lost,
    // Descriptors of damaged files are replaced, not moved: else there would be a gap for a moment.
    misplaced: [
      ...faulty.filter(name => name.endsWith('.json') && !isDamaged(name)),
      ...inspection.unnamed,
    ].filter(name => {
      const start = startOf(name)
      if (start < inspection.end) return !isLost(start)
      // Behind the end the archiver goes on, if Kafka lets it; else this is all there is of these offsets.
      return faulty.includes(name) && kafka !== undefined && kafka.earliest <= start
    }),
  }
}

/** Descriptors and data files are named after their first offset. */
function startOf(name: string): number {
  return Number(name.slice(0, 20))
}

function goneOf(
  { start, end, known }: MissingRange,
  kafka: PartitionOffsets | undefined,
): LostRange['gone'] | undefined {
  if (known?.lost !== undefined) return undefined
  if (kafka === undefined || end <= kafka.earliest || start >= kafka.end) return { start, end }
  if (start < kafka.earliest) return { start, end: kafka.earliest }
  if (end > kafka.end) return { start: kafka.end, end }
  return undefined
}
