import fc from 'fast-check'
import { MemoryLog } from '../../laws/memory-log.ts'
import type { Platform } from '../../laws/platform.ts'
import { draft } from '../../laws/records.ts'
import { assertAll, check, publish, type Scenario } from '../stage.ts'
import { workToEnd } from './work-to-end.ts'

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
    await workToEnd(stage, platform, log)
    append(log, 2)
    // What lies before it, it reads from Kafka.
    await workToEnd(stage, platform, log)
    await check(platform)
    await archive(platform, log)
    await publish(platform, 'extend')
    for (const partition of log.partitions) log.retain(partition, log.end(partition))
    append(log, 3)
    // And here from the archive.
    await workToEnd(stage, platform, log)
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
