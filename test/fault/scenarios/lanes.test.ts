import { faultTest, ROUNDS } from '../rig/fault-test.ts'
import { withServers } from '../rig/servers.ts'

const servers = withServers()
faultTest(
  'fault 12: lanes move in the middle of a batch, and for a while two workers hold the same',
  { servers, partitions: 5, lanes: 4 },
  async scenario => {
    scenario.start('batch')
    let rest = scenario.start('speed', { lanes: [2, 3] })
    await scenario.read()
    scenario.produce()
    for (let round = 1; round <= ROUNDS; round++) {
      // It lies still with a batch that is folded and not inserted, while its lanes go to two others.
      const first = scenario.start('speed', { lanes: [0, 1], crash: `stop ${round * 3} speed: folded` })
      await first.stopped()
      const second = scenario.start('speed', { lanes: [1, 2] })
      const third = scenario.start('speed', { lanes: [0, 3] })
      await scenario.progress(50)
      // All lanes have two holders now.
      first.thaw()
      await scenario.progress(50)
      await Promise.all([first.stop(), rest.kill()])
      await scenario.progress(50)
      rest = scenario.start('speed', { lanes: [2, 3] })
      await second.kill()
      await third.stop()
    }
    scenario.start('speed', { lanes: [0, 1] })
    await scenario.progress()
  },
)
