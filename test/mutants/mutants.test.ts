import { expect, test } from 'vitest'
import { withEngines } from '../laws/engines.ts'
import { MUTANTS } from './mutants.ts'
import { play } from './stage.ts'

const engines = withEngines()

const scenarios = [...new Set(MUTANTS.map(mutant => mutant.scenario))]

test.each(scenarios)('a sound platform comes through: $name', async scenario => {
  await play(engines, scenario, {})
})

test.each(MUTANTS)('found out: $name', async ({ scenario, breaks, foundBy }) => {
  await expect(play(engines, scenario, breaks)).rejects.toThrow(foundBy)
})
