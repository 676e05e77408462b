import { expect, test } from 'vitest'
import { withEngines } from '../laws/engines.ts'
import { simulate } from './simulation.ts'

const engines = withEngines()

/** `SIM_SEED` and `SIM_RUNS` repeat a failure or search for longer than a test may take. */
const firstSeed = Number(process.env['SIM_SEED'] ?? 1)
const runs = process.env['SIM_RUNS']
const TIME_LIMIT_MS = 60_000

test('whatever dies and whatever is lost, every answer is the oracle’s over a prefix that only grows', {
  timeout: 3_600_000,
}, async () => {
  const startedMs = performance.now()
  const isTimeUp = () => runs === undefined && performance.now() - startedMs > TIME_LIMIT_MS
  for (let seed = firstSeed; seed < firstSeed + Number(runs ?? 10) && !isTimeUp(); seed++) {
    const report = await simulate(engines, seed).catch(cause => {
      throw new Error(`The law does not hold; repeat with SIM_SEED=${seed} SIM_RUNS=1.`, { cause })
    })
    expect(report.answers).toBeGreaterThan(0)
    expect(report.generations).toBeGreaterThan(0)
  }
})
