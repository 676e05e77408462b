import { faultTest } from '../rig/fault-test.ts'
import { withServers } from '../rig/servers.ts'

const servers = withServers()

faultTest('fault 1: a speed worker is killed after it fetched', servers, {}, async scenario => {
  scenario.produce(300)
  scenario.start('batch')
  const worker = scenario.start('speed', { crash: 'kill 10 speed: fetched' })
  await scenario.read()
  await worker.killed()
  scenario.start('speed')
  await scenario.progress()
})
