import { expect } from 'vitest'
import type { PlatformView } from '../../laws/platform.ts'
import {
  arriveLate,
  failInHeader,
  failMidStream,
  handedRows,
  keepRunning,
  loseAnswer,
  noteToken,
  numberOf,
  speedInsert,
  swallowAnswer,
  tokenOf,
} from '../rig/clickhouse-faults.ts'
import { faultTest, ROUNDS } from '../rig/fault-test.ts'
import type { Scenario } from '../rig/scenario.ts'
import { withServers } from '../rig/servers.ts'

const servers = withServers()

/** All layers at work, the speed layer behind the proxy; each view has answers. */
async function atWork(scenario: Scenario): Promise<void> {
  scenario.start('batch')
  scenario.startBehindProxies('speed')
  await scenario.read()
  scenario.produce()
  await scenario.progress(50)
}

/** An insert into each view is carried out and its answer lost. The next is the next number's: nothing is written again. */
async function loseAnswers({ clickhouseProxy, views }: Scenario, lose: typeof loseAnswer): Promise<void> {
  const losing = views.map(async ({ bound: { name } }) => {
    const lost = clickhouseProxy.next(speedInsert(name), async exchange => {
      expect((await lose(exchange)).status).toBe(200)
      return tokenOf(exchange)
    })
    const next = clickhouseProxy.next(speedInsert(name), noteToken)
    expect(numberOf(await next)).toBe(numberOf(await lost) + 1)
  })
  await Promise.all(losing)
}

faultTest(
  'fault 6: inserts are carried out and their answers are lost',
  { servers, lanes: 1, isLong: true },
  async scenario => {
    await atWork(scenario)
    for (let time = 0; time < ROUNDS; time++) await loseAnswers(scenario, loseAnswer)
    for (let time = 0; time < ROUNDS; time++) await loseAnswers(scenario, swallowAnswer)
    await scenario.progress()
  },
)

faultTest('fault 7: an insert still runs while it is sent again', { servers }, async scenario => {
  await atWork(scenario)
  for (let time = 0; time < ROUNDS; time++) {
    const running = await scenario.clickhouseProxy.next(speedInsert(), keepRunning(scenario.clickhouse))
    // The lane goes on by the second copy. The first one, which the guard let in before that, is left to its token.
    await scenario.progress(50)
    expect(handedRows(await running.finish())).toBeGreaterThan(0)
  }
  await scenario.progress()
})

faultTest(
  'fault 8: an answer of 200 carries an exception',
  { servers, lanes: 1, isLong: true },
  async scenario => {
    await atWork(scenario)
    for (let time = 0; time < ROUNDS; time++) {
      for (const fail of [failInHeader, failMidStream]) {
        const [{ bound }] = scenario.views as [PlatformView]
        const insert = speedInsert(bound.name)
        await scenario.clickhouseProxy.next(insert, fail(true))
        await scenario.progress(50)
        const failed = scenario.clickhouseProxy.next(insert, fail(false))
        const next = scenario.clickhouseProxy.next(insert, noteToken)
        // As one of which nobody knows what became of it: under the same token, for it may still be at work.
        expect(await next).toBe(await failed)
      }
    }
    await scenario.progress()
  },
)

faultTest(
  'fault 10: an insert arrives when its token is long forgotten, and the guard turns it away',
  { servers, deduplicationWindow: 2 },
  async scenario => {
    await atWork(scenario)
    for (let time = 0; time < ROUNDS; time++) {
      const late = await scenario.clickhouseProxy.next(speedInsert(), arriveLate)
      await scenario.progress()
      const answer = await late.deliver()
      expect(answer.status).toBe(200)
      expect(handedRows(answer)).toBe(0)
    }
    await scenario.progress()
  },
)
