import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDescriptor } from '../../../core/io/archive/descriptor.ts'
import { partitionFolder } from '../../../core/io/archive/segment-chain.ts'
import { LawBroken } from '../../laws/check.ts'
import { DAMAGES } from '../../support/damage.ts'
import { NO_EFFECT, type Outcome } from './outcomes.ts'
import type { Step } from './schedule.ts'
import { outcomeOf, type Stage } from './stage.ts'

const OF_THE_FILE = ['a bit of a file is flipped', 'a file is missing', 'a file is truncated'] as const
const OF_THE_CHAIN = ['both files are missing', 'a descriptor is of another topic'] as const
/**
 * A segment that Kafka still has is damaged while no archiver runs; a full job meets it, or does not; and it is
 * repaired, which must succeed. A lane that reads the archive where Kafka has deleted must not meet it, so there the
 * chain of segments stays as it is.
 */
export async function damageAndRepair(stage: Stage, { choice }: Step): Promise<Outcome> {
  const { scenario, servers } = stage
  await stage.layer('batch').stop()
  try {
    const partition = choice % scenario.shape.partitions
    const { earliest } = (await servers.driver.offsets(scenario.topic)).get(partition)!
    const folder = partitionFolder(scenario.archive, scenario.topic, partition)
    const descriptors = descriptorsIn(folder).filter(({ segment }) => segment.start >= earliest)
    if (descriptors.length === 0) return NO_EFFECT
    const { path, segment } = descriptors[choice % descriptors.length]!
    const kinds = earliest > 0 ? OF_THE_FILE : [...OF_THE_FILE, ...OF_THE_CHAIN]
    const how = kinds[choice % kinds.length]!
    DAMAGES[how](path, join(folder, segment.file), segment)
    const met = outcomeOf(await stage.insistentCommand('batch', 'run', '--full'))
    const repair = await stage.insistentCommand('repair', 'archive')
    if (repair.code !== 0)
      throw new LawBroken(`The archive was not repaired when ${how}: ${repair.stdout}${repair.stderr}`)
    return `${how}: a job ${met}, then repaired`
  } finally {
    await stage.startLayer('batch')
  }
}

function descriptorsIn(folder: string) {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter(name => name.endsWith('.json'))
    .sort()
    .map(name => {
      const path = join(folder, name)
      return { path, segment: parseDescriptor(readFileSync(path, 'utf8'), path) }
    })
}

/** The chain of a view is rebuilt, while the speed layer goes on with the old one. Jobs hold the lock that it needs. */
export async function rebuildChain(stage: Stage, { choice }: Step): Promise<Outcome> {
  const { views } = stage.scenario
  await stage.layer('batch').stop()
  const outcome = await stage.command('repair', 'chain', '--view', views[choice % views.length]!.twin.name)
  await stage.startLayer('batch')
  return outcome
}
