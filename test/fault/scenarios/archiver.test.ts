import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { parseDescriptor } from '../../../core/io/archive/descriptor.ts'
import { partitionFolder } from '../../../core/io/archive/segment-chain.ts'
import type { CrashPlace } from '../../../core/io/process/crash-point.ts'
import { until } from '../../support/processes.ts'
import { faultTest, ROUNDS } from '../rig/fault-test.ts'
import type { Scenario } from '../rig/scenario.ts'
import { withServers } from '../rig/servers.ts'

const servers = withServers()
const BEFORE_THE_LINK: readonly CrashPlace[] = [
  'archiver: file written',
  'archiver: staged',
  'archiver: before link',
]
const BEHIND_THE_LINK: readonly CrashPlace[] = ['archiver: linked', 'archiver: directory synced']

/** Files and descriptors in the making, by their paths: those that no segment names. */
function staged({ archive, topic, shape }: Scenario): string[] {
  return Array.from({ length: shape.partitions }, (_, partition) =>
    partitionFolder(archive, topic, partition),
  ).flatMap(folder => {
    const names = readdirSync(folder)
    const named = names
      .filter(name => name.endsWith('.json'))
      .map(name => parseDescriptor(readFileSync(join(folder, name), 'utf8'), name).file)
    return names
      .filter(name => /\.(parquet|staging)$/.test(name) && !named.includes(name))
      .map(name => join(folder, name))
  })
}

faultTest(
  'fault 2: an archiver is killed after it has written a segment and before it links it',
  { servers, isLong: true },
  async scenario => {
    scenario.start('speed')
    await scenario.read()
    scenario.produce()
    for (let round = 1; round <= ROUNDS; round++) {
      for (const place of BEFORE_THE_LINK) {
        const batch = scenario.start('batch', { crash: `kill ${round * 3} ${place}` })
        await batch.killed()
      }
    }
    const left = staged(scenario)
    expect(left.length).toBeGreaterThan(0)
    scenario.start('batch')
    await until('what was staged is swept', () => !staged(scenario).some(path => left.includes(path)))
    await scenario.archives()
  },
)

faultTest(
  'fault 3: an archiver is killed between the link of a segment and the sync of its folder, and right behind that',
  { servers, isLong: true },
  async scenario => {
    scenario.start('speed')
    await scenario.read()
    scenario.produce()
    for (let round = 1; round <= ROUNDS; round++) {
      for (const place of BEHIND_THE_LINK) {
        const batch = scenario.start('batch', { crash: `kill ${round * 2} ${place}` })
        await batch.killed()
      }
    }
    scenario.start('batch')
    await scenario.archives()
  },
)

faultTest('fault 4: two archivers at work on the same partitions', { servers }, async scenario => {
  scenario.start('speed')
  await scenario.read()
  scenario.produce()
  for (let round = 1; round <= ROUNDS; round++) {
    const late = scenario.start('batch', { crash: `stop ${round * 2} archiver: before link` })
    await late.stopped()
    const other = scenario.start('batch', { env: { TWOFOLD_DATA_DIR: scenario.secondDataDir() } })
    await scenario.archives()
    late.thaw()
    await scenario.archives()
    // Now the late one is alone: it must have adopted what the other one has linked.
    other.freeze()
    await scenario.archives()
    other.thaw()
    await scenario.archives()
    await Promise.all([late.stop(), other.stop()])
  }
  scenario.start('batch')
})
