import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { compileDecoder } from '../../../core/decode/compile.ts'
import { FIRST_CHAIN } from '../../../core/model/pointer.ts'
import { LaneWorker } from '../../../speed-layer/lane-worker.ts'
import { MemoryLog } from '../../laws/memory-log.ts'
import type { Platform } from '../../laws/platform.ts'
import { draft } from '../../laws/records.ts'
import { assertAll, check, publish, type Scenario, type Stage } from '../stage.ts'

/** Few ids, so that each comes again at every distance. */
const ID = { column: 'k', within: 5 }

/** Workers follow each other on a log full of repeats, and batch jobs fold it in runs of several chunks. */
export const repeatedIds: Scenario = {
  name: 'workers and batch jobs, one after the other, go through a log of repeated ids',
  views: ['plain', 'strict'],
  id: ID,
  async run(stage) {
    const log = new MemoryLog('things', [0, 5], 7, ID)
    const platform = await stage.openPlatform(log)
    append(log, 1)
    await work(stage, platform, log)
    append(log, 2)
    // What lies before it, it reads from Kafka.
    await work(stage, platform, log)
    await check(platform)
    await archive(platform, log)
    await publish(platform, 'extend')
    for (const partition of log.partitions) log.retain(partition, log.end(partition))
    append(log, 3)
    // And here from the archive.
    await work(stage, platform, log)
    await check(platform)
    await archive(platform, log)
    await publish(platform, 'extend')
    await publish(platform, 'full')
    await assertAll(platform)
  },
}

function append(log: MemoryLog, seed: number): void {
  for (const [index, record] of fc.sample(draft, { seed, numRuns: 24 }).entries())
    log.append(index % log.partitions.length, record, index % 9 === 0 ? 1 : 0)
}

/** Two segments of each partition. */
async function archive(platform: Platform, log: MemoryLog): Promise<void> {
  for (const partition of log.partitions) {
    const end = log.end(partition)
    await platform.archiveTo(partition, end - 3)
    await platform.archiveTo(partition, end)
  }
}

/** A new worker, until it has come to the end of the log. */
async function work(stage: Stage, platform: Platform, log: MemoryLog): Promise<void> {
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
