import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LayerContext } from '../../core/io/layer-context.ts'
import { writeHeartbeat } from '../../core/io/store/heartbeats.ts'

const HEARTBEAT_EVERY_MS = 1_000

/**
 * Tells once a second that the ingest layer lives, until `signal` aborts. It stands here because the ingest layer
 * itself knows Kafka alone, and goes on without ClickHouse.
 */
export async function keepIngestHeartbeat(
  { clickhouse }: LayerContext,
  address: string,
  signal: AbortSignal,
): Promise<void> {
  const instance = randomUUID()
  while (!signal.aborted) {
    await writeHeartbeat(clickhouse, { layer: 'ingest', instance, body: { address } }).catch(() => undefined)
    await sleep(HEARTBEAT_EVERY_MS, undefined, { signal }).catch(() => undefined)
  }
}
