import { expect } from 'vitest'
import { until } from '../../support/processes.ts'
import { HOUR_MS, JUMP, shiftedClock } from '../rig/clock.ts'
import { faultTest } from '../rig/fault-test.ts'
import type { Scenario } from '../rig/scenario.ts'
import { withServers } from '../rig/servers.ts'

const servers = withServers()
const JUMPS_MS = [HOUR_MS, -2 * HOUR_MS]

faultTest(
  'fault 25: wall clocks jump by hours, each process in a time zone with daylight saving of its own',
  { servers },
  async scenario => {
    // At noon UTC, when the load's events happen, the day is another one in Auckland and on Lord Howe.
    const layers = [
      scenario.start('batch', { env: shiftedClock([0, ...JUMPS_MS], 'Pacific/Auckland') }),
      scenario.start('speed', { env: shiftedClock([0, ...JUMPS_MS], 'Australia/Lord_Howe') }),
      await scenario.read({ env: shiftedClock([0, ...JUMPS_MS], 'America/New_York') }),
    ]
    scenario.produce()
    await scenario.progress(50)
    for (const _ of JUMPS_MS) {
      for (const layer of layers) {
        layer.signal(JUMP)
        await scenario.progress(50)
      }
    }
  },
)

/** Archivers that tell of themselves, by their ends. */
async function archiversAtWork({ api, shape }: Scenario): Promise<number> {
  const { layers } = await api.status()
  const bodies = layers.filter(({ layer }) => layer === 'batch').map(({ body }) => body)
  return (bodies as { streams: { partitions: unknown[] }[] }[]).filter(
    ({ streams }) => streams[0]!.partitions.length === shape.partitions,
  ).length
}

faultTest(
  'fault 25: an archiver whose clock is an hour ahead does no harm to what another one is about to link',
  { servers },
  async scenario => {
    scenario.start('speed')
    await scenario.read()
    scenario.produce()
    const slow = scenario.start('batch', { crash: 'stop archiver: before link' })
    await slow.stopped()
    // Longer than a process is taken for alive that does not tell of itself.
    await until('the one that lies still is forgotten', async () => (await archiversAtWork(scenario)) === 0)
    const ahead = scenario.start('batch', {
      env: {
        ...shiftedClock([HOUR_MS], 'UTC'),
        TWOFOLD_DATA_DIR: scenario.secondDataDir(),
        TWOFOLD_ARCHIVE_FLUSH_MS: '3600000',
      },
    })
    await until('the other one is at work', async () => (await archiversAtWork(scenario)) === 1)
    slow.thaw()
    await until('the slow one has linked', async () =>
      Object.values(await scenario.archivedEnds()).some(end => end > 0),
    )
    expect((await ahead.stop()).code).toBe(0)
    await scenario.progress()
  },
)
