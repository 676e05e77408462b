import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MUTANTS } from '../mutants/mutants.ts'
import { ROOT } from './source-files.ts'

/** The cells of each row of the table in docs/reliability.md, section “Mutants”. */
function tableRows(): string[][] {
  const text = readFileSync(join(ROOT, 'docs/reliability.md'), 'utf8')
  const section = text.split(/^## /m).find(part => part.startsWith('Mutants\n'))!
  const rows = section.split('\n').filter(line => line.startsWith('| '))
  return rows.slice(2).map(row => row.slice(2, -2).split(' | '))
}

describe('the table of mutants', () => {
  const rows = tableRows()

  it('has a row for each mutant, and no other', () => {
    expect(rows.map(([name]) => name)).toEqual(MUTANTS.map(mutant => mutant.name))
  })

  it('names the scenario that notices, and its words', () => {
    for (const { name, scenario, foundBy } of MUTANTS) {
      const [, by, words] = rows.find(row => row[0] === name)!
      expect(by, name).toBe(scenario.name)
      expect(words, name).toMatch(foundBy)
    }
  })
})
