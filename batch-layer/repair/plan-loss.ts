import type { SegmentChain } from '../../core/io/archive/segment-chain.ts'
import type { PartitionOffsets } from '../../core/io/kafka/driver.ts'
import type { OffsetRange } from '../../core/model/offsets.ts'

/**
 * What can never be archived of a partition any more: from where its archive ends to where Kafka now begins.
 * `undefined` where nothing is lost, for Kafka still has what comes next.
 */
export function planLoss(
  partition: number,
  { end }: SegmentChain,
  kafka: PartitionOffsets | undefined,
): OffsetRange | undefined {
  if (kafka === undefined || kafka.earliest <= end) return undefined
  return { partition, start: end, end: kafka.earliest }
}
