import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { parseDescriptor } from '../../../core/io/archive/descriptor.ts'
import { partitionFolder } from '../../../core/io/archive/segment-chain.ts'
import { readPointer } from '../../../core/io/store/pointer-store.ts'
import type { ErrorCode } from '../../../core/model/errors.ts'
import { DAMAGES } from '../../support/damage.ts'
import { faultTest, ROUNDS } from '../rig/fault-test.ts'
import type { Scenario } from '../rig/scenario.ts'
import { withServers } from '../rig/servers.ts'

const servers = withServers()
/** The error by which a job names what has become of a segment. */
const NAMED: readonly (readonly [keyof typeof DAMAGES, ErrorCode])[] = [
  ['a bit of a file is flipped', 'SEGMENT_DAMAGED'],
  ['a file is missing', 'SEGMENT_DAMAGED'],
  ['both files are missing', 'ARCHIVE_GAP'],
  ['a descriptor is of another topic', 'SEGMENT_FOREIGN'],
]

/** Damages a segment of the first partition. */
function damage({ archive, topic }: Scenario, index: number, how: keyof typeof DAMAGES): void {
  const folder = partitionFolder(archive, topic, 0)
  const names = readdirSync(folder).filter(name => name.endsWith('.json'))
  const descriptor = join(folder, names.sort()[index]!)
  const segment = parseDescriptor(readFileSync(descriptor, 'utf8'), descriptor)
  DAMAGES[how](descriptor, join(folder, segment.file), segment)
}

faultTest(
  'fault 24: a segment is damaged, is missing, or is of another project',
  // Jobs come by command alone.
  { servers, batchEvery: '1 hour' },
  async scenario => {
    for (const layer of ['batch', 'speed'] as const) scenario.start(layer)
    await scenario.read()
    scenario.produce()
    await scenario.scheduleRests()
    await scenario.archives(200)
    expect(await scenario.twofold(['batch', 'run'])).toMatchObject({ code: 0 })
    for (let round = 1; round <= ROUNDS; round++) {
      for (const [how, code] of NAMED) {
        damage(scenario, round, how)
        const before = await readPointer(scenario.clickhouse)
        expect(await scenario.twofold(['batch', 'run', '--full'])).toMatchObject({
          code: 4,
          stderr: expect.stringContaining(code),
        })
        expect(await readPointer(scenario.clickhouse)).toEqual(before)
        // The archiver and the speed layer have no use for it.
        await scenario.progress(50)
        expect(await scenario.twofold(['repair', 'archive'])).toMatchObject({ code: 0 })
        expect(await scenario.twofold(['batch', 'run', '--full'])).toMatchObject({ code: 0 })
      }
    }
  },
)
