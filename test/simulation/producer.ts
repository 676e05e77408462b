import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { nodeFiles } from '../../core/io/files.ts'
import { readArchived } from '../laws/batch-job.ts'
import { draft } from '../laws/records.ts'
import type { Random } from './random.ts'
import type { Setting } from './setting.ts'

const MAX_PARTITIONS = 3

/** Produces `count` records in bursts, with gaps, and adds a partition half way. */
export async function producer(setting: Setting, random: Random, count: number): Promise<void> {
  const { log, stopping } = setting
  const drafts = fc.sample(draft, { seed: random.between(0, 2 ** 31 - 1), numRuns: count })
  for (let produced = 0; produced < count && !stopping.signal.aborted; ) {
    const burst = drafts.slice(produced, produced + random.between(1, 4))
    for (const record of burst)
      log.append(random.pick(log.partitions), record, random.chance(20) ? random.between(1, 5) : 0)
    produced += burst.length
    if (produced > count / 2 && log.partitions.length < MAX_PARTITIONS) log.addPartition()
    await sleep(random.between(1, 150))
  }
}

/** Kafka's retention: takes what has been archived, whoever else may still need it. */
export async function retention(setting: Setting, random: Random): Promise<void> {
  const { log, world, stopping } = setting
  while (!stopping.signal.aborted) {
    await sleep(random.between(200, 600))
    const archived = await readArchived({ ...setting, files: nodeFiles, stream: world.stream })
    for (const [partition, { end }] of archived) if (random.chance(50)) log.retain(partition, end)
  }
}
