import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { faultTest, ROUNDS } from '../rig/fault-test.ts'
import type { Scenario } from '../rig/scenario.ts'
import { withServers } from '../rig/servers.ts'
import { TcpProxy } from '../rig/tcp-proxy.ts'

const servers = withServers()
const OUTAGE_MS = 1_500

/** Readers and a load beside batch and speed layers that are at work; then their way through the proxy is as bad as it can be. */
async function outages(scenario: Scenario, proxy: TcpProxy): Promise<void> {
  await scenario.read()
  scenario.produce()
  await scenario.progress(50)
  for (let round = 1; round <= ROUNDS; round++) {
    for (const mode of ['delay', 'swallow', 'refuse'] as const) {
      proxy.mode = mode
      // What is refused is refused to those who come; who is there is cut off.
      if (mode === 'refuse') proxy.cut()
      await sleep(OUTAGE_MS)
      proxy.mode = 'pass'
      // Behind an answer that was swallowed no connection can go on.
      if (mode === 'swallow') proxy.cut()
      await scenario.progress()
    }
  }
}

faultTest('the network to Kafka is slow, silent, cut and away', { servers }, async scenario => {
  for (const layer of ['batch', 'speed'] as const) scenario.startBehindProxies(layer)
  await outages(scenario, servers.kafkaProxy)
})

faultTest('fault 6: the network to ClickHouse is slow, silent, cut and away', { servers }, async scenario => {
  const proxy = await TcpProxy.open(Number(new URL(servers.clickhouse.url).port))
  // The layers need it until all has been judged.
  onTestFinished(() => proxy.close())
  const env = { CLICKHOUSE_URL: `http://127.0.0.1:${proxy.port}` }
  for (const layer of ['batch', 'speed'] as const) scenario.start(layer, { env })
  await outages(scenario, proxy)
})
