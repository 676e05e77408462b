import { onTestFinished, test } from 'vitest'
import type { ScenarioLog } from './log.ts'
import { type Doings, Scenario } from './scenario.ts'
import type { ScenarioOptions } from './scenario-platform.ts'
import type { Servers } from './servers.ts'

/** True where the long parts run, too: `npm run test:fault`. */
export const IS_FULL = process.env['FAULT_FULL'] === '1'

/** How often a scenario does its harm, one time after the other. */
export const ROUNDS = Number(process.env['FAULT_ROUNDS'] ?? 1)

const WITHIN_MS = IS_FULL ? 900_000 : 300_000

/** All that is not said of a scenario is not so: it names what it does beyond making a platform start. */
export interface FaultTestOptions extends ScenarioOptions, Partial<Doings> {
  readonly servers: Servers
  /** For `npm run test:fault` alone: what it shows of the parts, another scenario shows in `npm test`. */
  readonly isLong?: boolean
}

/** The end of a platform that will not come to the end of its log by itself. */
export class StandsStill {
  readonly log: ScenarioLog
  /** What is done, and judged, once the standing platform has been judged. */
  readonly afterwards: () => Promise<void>

  constructor(log: ScenarioLog, afterwards: () => Promise<void> = async () => {}) {
    this.log = log
    this.afterwards = afterwards
  }
}

/**
 * A test of one fault. `inject` starts layers and load, does its harm, and leaves all layers running; then everything
 * is brought to the end and judged, and a line says what it came to. Where it answers that the platform stands still,
 * and is right to, all but the archive is judged by the log.
 */
export function faultTest(
  name: string,
  {
    servers,
    isLong = false,
    mayRefuse = ['NOT_READY'],
    isServingAway = false,
    mayTell = [],
    ...options
  }: FaultTestOptions,
  inject: (scenario: Scenario) => Promise<unknown>,
): void {
  if (isLong && !IS_FULL) return
  test(name, { timeout: WITHIN_MS }, async () => {
    const startedMs = performance.now()
    const scenario = await Scenario.open(servers, options)
    // Also where the test runs out of time.
    onTestFinished(() => scenario.close())
    try {
      const end = await inject(scenario)
      const doings = { mayRefuse, isServingAway, mayTell }
      const report = await (end instanceof StandsStill
        ? scenario.judgeStill(end.log, doings)
        : scenario.finish(doings))
      if (end instanceof StandsStill) await end.afterwards()
      const seconds = Math.round((performance.now() - startedMs) / 1000)
      process.stdout.write(`${name}: ${JSON.stringify({ seconds, ...report })}\n`)
    } catch (error) {
      // At once: the report comes when all that follows has been played.
      process.stdout.write(`${name}: FAILED: ${error instanceof Error ? error.stack : error}\n`)
      for (const { layer, pid, output } of scenario.layers)
        process.stdout.write(`${name}: the ${layer} layer, ${pid}, wrote:\n${output}\n`)
      throw error
    }
  })
}
