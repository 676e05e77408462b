import { type Change, clickhouseStatements } from './breaks.ts'
import type { Mutant } from './mutant.ts'
import { watchedPublication } from './scenarios/watched-publication.ts'

/** The statement of a merged answer. */
const merges = (change: Change) =>
  clickhouseStatements(sql => (sql.includes('AS __source') ? change(sql) : sql))

/** Breaks of the merged answer: where the layers meet, and which runs are read. */
export const ANSWER_MUTANTS: readonly Mutant[] = [
  {
    name: 'the cut is off by one block: answers take the speed layer from below it',
    breaks: { clickhouse: merges(sql => sql.replaceAll('__block >= transform', '__block + 4 >= transform')) },
    scenario: watchedPublication,
    foundBy: /should lead from offset 8 to 32 without gap or overlap, but they begin at 4/,
  },
  {
    name: 'the cut is off by one block: answers take the speed layer from above it',
    breaks: { clickhouse: merges(sql => sql.replaceAll('__block >= transform', '__block > transform')) },
    scenario: watchedPublication,
    foundBy: /should lead from offset 8 to 32 without gap or overlap, but they begin at 12/,
  },
  {
    name: 'answers leave the runs out',
    breaks: { clickhouse: merges(sql => sql.replace('WHERE __run IN (', "WHERE __run = '' AND __run IN (")) },
    scenario: watchedPublication,
    foundBy: /should hold 7 by their accepted count, and ClickHouse has 0: rows of a run are missing/,
  },
  {
    name: 'answers take runs that the generation does not name',
    breaks: { clickhouse: merges(sql => sql.replace(/WHERE __run IN \([^)]*\)/, 'WHERE 1')) },
    scenario: watchedPublication,
    foundBy: /should hold 7 by their accepted count, and ClickHouse has 15/,
  },
]
