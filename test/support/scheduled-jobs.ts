import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { type BatchHeartbeat, readHeartbeats } from '../../core/io/store/heartbeats.ts'
import { until } from './processes.ts'

const HEARTBEAT_WITHIN_MS = 5_000
/** By how much the time of one next job may seem to move, by rounding. */
const SAME_JOB_MS = 100
const WITHIN_MS = 120_000

/** When the one batch layer's next job is due, as it tells; `undefined` where it tells nothing. */
async function nextJobAtMs(clickhouse: ClickHouse): Promise<number | undefined> {
  const beats = await readHeartbeats(clickhouse, HEARTBEAT_WITHIN_MS)
  return (beats.find(({ layer }) => layer === 'batch')?.body as BatchHeartbeat | undefined)?.nextJobAtMs
}

/** Waits until so many jobs of the schedule, at least, have ended, in whatever way: each time another one is due next. */
export async function scheduledJobs(clickhouse: ClickHouse, count: number): Promise<void> {
  let due: number | undefined
  let ended = -1
  await until(
    `${count} jobs of the schedule`,
    async () => {
      const next = await nextJobAtMs(clickhouse)
      if (next === undefined || next <= (due ?? 0) + SAME_JOB_MS) return false
      due = next
      ended += 1
      return ended >= count
    },
    WITHIN_MS,
  )
}
