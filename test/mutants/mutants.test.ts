import { expect, test } from 'vitest'
import { withEngines } from '../laws/engines.ts'
import { MUTANTS } from './mutants.ts'
import { play } from './stage.ts'

const engines = withEngines()

/** How often a race may be run again that did not come about. */
const RACES = 4

const scenarios = [...new Set(MUTANTS.map(mutant => mutant.scenario))]

test.each(scenarios)('a sound platform comes through: $name', async scenario => {
  await play(engines, scenario, {})
})

for (const { name, scenario, breaks, foundBy } of MUTANTS)
  test(`found out: ${name}`, { retry: scenario.isRace ? RACES : 0 }, async () => {
    await expect(play(engines, scenario, breaks)).rejects.toThrow(foundBy)
  })
