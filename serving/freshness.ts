import type { Heartbeat, SpeedHeartbeat, SpeedStreamState } from '../core/io/store/heartbeats.ts'
import type { StreamDefinition } from '../core/model/stream.ts'

/**
 * Everything Kafka acknowledged longer ago than this is in the stream's answers, in milliseconds; null where a lane
 * has no worker that says so.
 */
export function freshnessOf(
  stream: StreamDefinition,
  heartbeats: readonly Heartbeat[],
  nowMs: number,
): number | null {
  const freshAtMs = new Map<number, number>()
  for (const state of speedStatesOf(stream.topic, heartbeats)) {
    // A lane that has just changed hands is told of twice.
    for (const lane of state.lanes) freshAtMs.set(lane, Math.max(state.freshAtMs, freshAtMs.get(lane) ?? 0))
  }
  const least = Math.min(...freshAtMs.values())
  return freshAtMs.size < stream.lanes || least === 0 ? null : Math.max(0, nowMs - least)
}

/** What the speed workers say of a stream. */
export function speedStatesOf(topic: string, heartbeats: readonly Heartbeat[]): SpeedStreamState[] {
  return heartbeats
    .filter(beat => beat.layer === 'speed')
    .flatMap(beat => (beat.body as SpeedHeartbeat).streams)
    .filter(state => state.topic === topic)
}

export type PartitionSpeed = SpeedStreamState['partitions'][number]

/** What they say of each partition. Of a lane that has just changed hands, the worker that is further counts. */
export function speedPartitionsOf(states: readonly SpeedStreamState[]): Map<number, PartitionSpeed> {
  const partitions = new Map<number, PartitionSpeed>()
  for (const told of states.flatMap(state => state.partitions)) {
    const other = partitions.get(told.partition)
    if (other === undefined || (other.position ?? -1) <= (told.position ?? -1))
      partitions.set(told.partition, told)
  }
  return partitions
}
