import { setTimeout as sleep } from 'node:timers/promises'
import { compileDecoder } from '../../../core/decode/compile.ts'
import { FIRST_CHAIN } from '../../../core/model/pointer.ts'
import { LaneWorker } from '../../../speed-layer/lane-worker.ts'
import type { MemoryLog } from '../../laws/memory-log.ts'
import type { Platform } from '../../laws/platform.ts'
import type { Stage } from '../stage.ts'

/** A new worker, until it has come to the end of the log. */
export async function workToEnd(stage: Stage, platform: Platform, log: MemoryLog): Promise<void> {
  const { world, session, place } = stage
  const stopping = new AbortController()
  const worker = new LaneWorker({
    stream: stage.speedStream(),
    lane: 0,
    views: world.views.map(({ compiled }) => ({ compiled, chain: FIRST_CHAIN })),
    driver: stage.driver(log.driver()),
    clickhouse: platform.parts.clickhouse,
    session,
    files: stage.files(),
    archive: place.archive,
    decoder: compileDecoder(world.stream),
    limits: { maxRecords: 10, maxBytes: 100_000, lingerMs: 0, refreshMs: 60_000 },
  })
  const running = worker.run(stopping.signal)
  const isDone = () =>
    log.partitions.every(partition => worker.positions.get(partition) === log.end(partition))
  while (!isDone()) await Promise.race([running, sleep(5)])
  stopping.abort()
  await running
}
