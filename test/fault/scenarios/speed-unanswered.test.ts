import { expect } from 'vitest'
import {
  arriveLate,
  failInHeader,
  failMidStream,
  handedRows,
  keepRunning,
  loseAnswer,
  speedInsert,
} from '../rig/clickhouse-faults.ts'
import { faultTest, IS_FULL } from '../rig/fault-test.ts'
import type { Scenario } from '../rig/scenario.ts'
import { withServers } from '../rig/servers.ts'

const servers = withServers()
const TIMES = IS_FULL ? 20 : 3

/** All layers at work, the speed layer behind the proxy; each view has answers. */
async function atWork(scenario: Scenario): Promise<void> {
  scenario.produce(300)
  scenario.start('batch')
  scenario.startBehindProxy('speed')
  await scenario.read()
  await scenario.progress(100)
}

faultTest('fault 6: inserts are carried out and their answers are lost', { servers }, async scenario => {
  await atWork(scenario)
  for (let time = 0; time < TIMES; time++) {
    const lost = scenario.views.map(({ bound: { name } }) =>
      scenario.clickhouseProxy.next(speedInsert(name), loseAnswer),
    )
    for (const answer of await Promise.all(lost)) expect(answer.status).toBe(200)
  }
  await scenario.progress()
})

faultTest('fault 7: an insert still runs while it is sent again', { servers }, async scenario => {
  await atWork(scenario)
  for (let time = 0; time < TIMES; time++) {
    const running = await scenario.clickhouseProxy.next(speedInsert(), keepRunning(scenario.clickhouse))
    // The lane goes on by the second copy. The first one, which the guard let in before that, is left to its token.
    await scenario.progress(100)
    expect(handedRows(await running.finish())).toBeGreaterThan(0)
  }
  await scenario.progress()
})

faultTest('fault 8: an answer of 200 carries an exception', { servers }, async scenario => {
  await atWork(scenario)
  for (let time = 0; time < TIMES; time++) {
    for (const carriedOut of [true, false]) {
      await scenario.clickhouseProxy.next(speedInsert(), failInHeader(carriedOut))
      await scenario.clickhouseProxy.next(speedInsert(), failMidStream(carriedOut))
    }
  }
  await scenario.progress()
})

faultTest(
  'fault 10: an insert arrives when its token is long forgotten, and the guard turns it away',
  { servers, deduplicationWindow: 2 },
  async scenario => {
    await atWork(scenario)
    for (let time = 0; time < TIMES; time++) {
      const late = await scenario.clickhouseProxy.next(speedInsert(), arriveLate)
      await scenario.progress()
      const answer = await late.deliver()
      expect(answer.status).toBe(200)
      expect(handedRows(answer)).toBe(0)
    }
    await scenario.progress()
  },
)
