import { expect } from 'vitest'
import { faultTest, ROUNDS } from '../rig/fault-test.ts'
import { withServers } from '../rig/servers.ts'

const servers = withServers()
faultTest(
  'fault 26: of two platforms on one data directory the second refuses, and takes over when the first is killed',
  { servers, isServingAway: true },
  async scenario => {
    let platform = await scenario.read({ layer: 'platform' })
    scenario.produce()
    await scenario.progress(50)
    for (let round = 1; round <= ROUNDS; round++) {
      for (const command of [['start'], ['reset', '--yes']]) {
        const refused = await scenario.command(...command)
        expect(refused.code).toBe(3)
        expect(refused.stderr).toContain('DATA_DIR_IN_USE')
        expect(refused.stderr).toContain(String(platform.pid))
      }
      await scenario.progress(50)
      await platform.kill()
      platform = await scenario.serve({ layer: 'platform' })
      await scenario.progress(50)
    }
  },
)
