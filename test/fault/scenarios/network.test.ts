import { setTimeout as sleep } from 'node:timers/promises'
import { faultTest, IS_FULL } from '../rig/fault-test.ts'
import { withServers } from '../rig/servers.ts'

const servers = withServers()
const ROUNDS = IS_FULL ? 2 : 1
const OUTAGE_MS = 1_500

faultTest('the network to Kafka is slow, silent, cut and away', { servers }, async scenario => {
  const { kafkaProxy } = servers
  for (const layer of ['batch', 'speed'] as const) scenario.startBehindProxies(layer)
  await scenario.read()
  scenario.produce(100)
  await scenario.progress(50)
  for (let round = 1; round <= ROUNDS; round++) {
    for (const mode of ['delay', 'swallow', 'refuse'] as const) {
      kafkaProxy.mode = mode
      // What is refused is refused to those who come; who is there is cut off.
      if (mode === 'refuse') kafkaProxy.cut()
      await sleep(OUTAGE_MS)
      kafkaProxy.mode = 'pass'
      // Behind an answer that was swallowed no connection can go on.
      if (mode === 'swallow') kafkaProxy.cut()
      await scenario.progress()
    }
  }
})
