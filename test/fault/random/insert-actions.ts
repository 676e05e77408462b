import { setTimeout as sleep } from 'node:timers/promises'
import {
  arriveLate,
  failInHeader,
  failMidStream,
  handedRows,
  keepRunning,
  loseAnswer,
  poisonToken,
  speedInsert,
} from '../rig/clickhouse-faults.ts'
import type { ProxiedAnswer } from '../rig/http-proxy.ts'
import { NO_EFFECT, type Outcome } from './outcomes.ts'
import type { Step } from './schedule.ts'
import type { Stage } from './stage.ts'

type InsertAction = (stage: Stage, step: Step) => Promise<Outcome>

/**
 * What is done to the next insert of the speed layer. It may be long until there is one, so a schedule goes on
 * meanwhile: several faults may wait, and an insert that is sent again may meet the next of them.
 */
export const INSERT_ACTIONS = {
  async 'lost answer'({ scenario }) {
    const answer = await scenario.clickhouseProxy.next(speedInsert(), loseAnswer)
    return ifTaken(answer, 'carried out')
  },

  async 'late insert'({ scenario }, { forMs }) {
    const late = await scenario.clickhouseProxy.next(speedInsert(), arriveLate)
    await sleep(forMs)
    const answer = await late.deliver()
    if (answer.status !== 200) return NO_EFFECT
    return handedRows(answer) === 0 ? 'turned away by its guard' : 'let in by its guard'
  },

  async 'running insert'({ scenario }, { forMs }) {
    const running = await scenario.clickhouseProxy.next(speedInsert(), keepRunning(scenario.clickhouse))
    await sleep(forMs)
    // Its guard has let it in: where tokens are forgotten at once, nothing would keep it from counting twice.
    if (scenario.deduplicationWindow === undefined) return ifTaken(await running.finish(), 'finished')
    running.abandon()
    return 'broken off'
  },

  async 'failed answer'({ scenario }, { choice }) {
    const [fail, where] = choice % 2 === 0 ? [failInHeader, 'in a header'] : [failMidStream, 'in the body']
    const isCarriedOut = choice % 4 < 2
    await scenario.clickhouseProxy.next(speedInsert(), fail(isCarriedOut))
    return isCarriedOut ? `${where}, carried out` : where
  },

  async 'poisoned token'({ scenario }) {
    await scenario.clickhouseProxy.next(speedInsert(), poisonToken(scenario.clickhouse))
    return 'acknowledged without rows'
  },
} satisfies Record<string, InsertAction>

export type InsertStepKind = keyof typeof INSERT_ACTIONS

function ifTaken({ status }: ProxiedAnswer, outcome: Outcome): Outcome {
  return status === 200 ? outcome : NO_EFFECT
}
