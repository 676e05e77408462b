import { faultTest, ROUNDS } from '../rig/fault-test.ts'
import { withServers } from '../rig/servers.ts'

const servers = withServers()
faultTest('fault 13: the broker is restarted, and killed', { servers }, async scenario => {
  scenario.start('batch')
  scenario.start('speed')
  await scenario.read()
  scenario.produce()
  await scenario.progress(50)
  for (let round = 1; round <= ROUNDS; round++) {
    for (const how of ['stop', 'kill'] as const) {
      await servers.restartKafka(how)
      await scenario.progress()
    }
  }
})
