import { expect } from 'vitest'
import { until } from '../../support/processes.ts'
import { killQuietly } from '../../support/system-processes.ts'
import { keepRunning, noteToken, poisonToken, speedInsert } from '../rig/clickhouse-faults.ts'
import { faultTest, ROUNDS } from '../rig/fault-test.ts'
import { withServers } from '../rig/servers.ts'

const servers = withServers()
const QUICKLY = { servers, batchEvery: '1 second' } as const
const KILLED = { ...QUICKLY, mayRefuse: ['NOT_READY', 'CLICKHOUSE_UNAVAILABLE'] } as const

faultTest('fault 9: ClickHouse is killed under load', KILLED, async scenario => {
  const layers = [scenario.start('batch'), scenario.startBehindProxies('speed')]
  await scenario.read()
  scenario.produce()
  await scenario.progress(50)
  const kill = async () => {
    const { pid } = servers.clickhouse
    killQuietly(pid)
    await until('ClickHouse is started again', () => servers.clickhouse.pid !== pid)
  }
  for (let round = 1; round <= ROUNDS; round++) {
    // Once whenever it comes, and once while an insert is under way.
    await kill()
    await scenario.progress(50)
    const running = await scenario.clickhouseProxy.next(speedInsert(), keepRunning(scenario.clickhouse))
    await kill()
    running.abandon()
    await scenario.progress(50)
  }
  expect(layers.filter(layer => layer.hasEnded)).toEqual([])
})

faultTest('fault 9: ClickHouse has kept the token of an insert and not its rows', QUICKLY, async scenario => {
  scenario.start('batch')
  scenario.startBehindProxies('speed', { lanes: [0] })
  scenario.start('speed', { lanes: [1] })
  await scenario.read()
  scenario.produce()
  await scenario.progress(50)
  for (let round = 1; round <= ROUNDS; round++) {
    const { name } = scenario.views[0]!.bound
    const poisoned = scenario.clickhouseProxy.next(speedInsert(name), poisonToken(scenario.clickhouse))
    const next = scenario.clickhouseProxy.next(speedInsert(name), noteToken)
    expect(await next).toBe(`${await poisoned}#2`)
    await scenario.progress(50)
  }
})
