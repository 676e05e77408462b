import fc from 'fast-check'
import { test } from 'vitest'
import { withEngines } from './engines.ts'
import { runScenario } from './run-scenario.ts'
import { scenario } from './scenario.ts'

const engines = withEngines()

/** `LAWS_SEED` and `LAWS_RUNS` repeat a failure or search for longer than a test may take. */
const seed = Number(process.env['LAWS_SEED'] ?? 20_240_229)
const runs = process.env['LAWS_RUNS']
const effort =
  runs === undefined ? { numRuns: 40, interruptAfterTimeLimit: 50_000 } : { numRuns: Number(runs) }

test('batch(< cut) ⊕ speed(≥ cut) = recompute(all) = the oracle', { timeout: 3_600_000 }, async () => {
  const law = fc.asyncProperty(scenario, run => runScenario(engines, run))
  // Shrinking would take longer than looking at the failure.
  const { counterexample, errorInstance } = await fc.check(law, { seed, ...effort, endOnFailure: true })
  if (counterexample === null) return
  const [{ world, steps }] = counterexample
  const told = JSON.stringify({ world, steps }, undefined, 1)
  throw new Error(`The law does not hold; repeat with LAWS_SEED=${seed}.\n${told}`, { cause: errorInstance })
})
