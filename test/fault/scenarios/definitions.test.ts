import { expect } from 'vitest'
import { readPointersFrom } from '../../../core/io/store/pointer-store.ts'
import { eventually } from '../../support/api.ts'
import { atWork } from '../rig/at-work.ts'
import { faultTest } from '../rig/fault-test.ts'
import type { FaultShape } from '../rig/project.ts'
import type { Scenario } from '../rig/scenario.ts'
import { withServers } from '../rig/servers.ts'

const servers = withServers()

const CHANGES: readonly (readonly [what: string, change: Partial<FaultShape>])[] = [
  ['a view is', { isNarrowed: true }],
  ['the schema is', { isWidened: true }],
  ['the block size is', { blockSize: 8 }],
  ['all of it is', { isNarrowed: true, isWidened: true, blockSize: 64 }],
]

/** The versions of a view that the pointers named, in order, each once in a row. */
async function versionsOf({ clickhouse }: Scenario, view: string): Promise<string[]> {
  const pointers = await readPointersFrom(clickhouse, 0)
  const named = pointers.flatMap(({ views }) => views[view]?.version ?? [])
  return named.filter((version, index) => version !== named[index - 1])
}

for (const [what, change] of CHANGES) {
  faultTest(
    `fault 27: ${what} changed under load, ${JSON.stringify(change)}: the old one serves until the new one is complete`,
    { servers, isServingAway: true },
    async scenario => {
      let { batch, speed, serving } = await atWork(scenario)
      const before = scenario.views.map(({ bound }) => bound.version)
      await eventually(
        'the old one is published',
        () => versionsOf(scenario, 'plain'),
        versions => versions.length === 1,
      )
      await scenario.reconfigure(change)
      // Layer by layer, as a platform is rolled over: some know the new definition, others the old one.
      await batch.stop()
      batch = scenario.start('batch')
      await scenario.progress(50)
      await speed.kill()
      speed = scenario.start('speed')
      await scenario.progress(50)
      await serving.stop()
      serving = await scenario.serve()
      for (const [index, { bound }] of scenario.views.entries()) {
        const expected = [...new Set([before[index]!, bound.version])]
        await eventually(
          `${bound.name} has been switched once, to ${bound.version}`,
          () => versionsOf(scenario, bound.name),
          versions => versions.join() === expected.join(),
        )
      }
      await scenario.progress()
      for (const [index, { bound }] of scenario.views.entries())
        expect(await versionsOf(scenario, bound.name)).toEqual([...new Set([before[index]!, bound.version])])
    },
  )
}
