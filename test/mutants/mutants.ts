import { ANSWER_MUTANTS } from './answer-mutants.ts'
import { ARCHIVE_MUTANTS } from './archive-mutants.ts'
import { BATCH_MUTANTS } from './batch-mutants.ts'
import { DEDUPLICATION_MUTANTS } from './deduplication-mutants.ts'
import type { Mutant } from './mutant.ts'
import { SPEED_MUTANTS } from './speed-mutants.ts'

/** Every deliberate break, each with the scenario and the words by which it is found out. */
export const MUTANTS: readonly Mutant[] = [
  ...SPEED_MUTANTS,
  ...ARCHIVE_MUTANTS,
  ...BATCH_MUTANTS,
  ...DEDUPLICATION_MUTANTS,
  ...ANSWER_MUTANTS,
]
