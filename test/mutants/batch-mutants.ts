import { executeJob, planBatchJob, publishJob, type runBatchJob } from '../laws/batch-job.ts'
import { both, clickhouseStatements, duckdbStatements, uncounted, withoutTokens } from './breaks.ts'
import type { Mutant } from './mutant.ts'
import { changedDefinition } from './scenarios/changed-definition.ts'
import { collectedRollBack } from './scenarios/collected-roll-back.ts'
import { collectedRun } from './scenarios/collected-run.ts'
import { lateChunk, runningChunk } from './scenarios/late-chunks.ts'
import { simultaneousPublishers, stalePublisher } from './scenarios/publishers.ts'
import { watchedPublication } from './scenarios/watched-publication.ts'
import { wholeCourse } from './scenarios/whole-course.ts'

const INTO_BATCH = /^INSERT INTO `batch_/
const INTO_POINTERS = /^INSERT INTO pointers /

const unguardedChunks = clickhouseStatements(sql =>
  INTO_BATCH.test(sql) ? sql.replace(/\nWHERE [\s\S]*\nFORMAT Parquet$/, '\nWHERE 1\nFORMAT Parquet') : sql,
)
const unguardedPointers = clickhouseStatements(sql =>
  INTO_POINTERS.test(sql) ? sql.replace(/WHERE [\s\S]* FORMAT/, 'WHERE 1 FORMAT') : sql,
)

/** Breaks of batch jobs: runs, their verification, publication, collection. */
export const BATCH_MUTANTS: readonly Mutant[] = [
  {
    name: 'chunks of runs are inserted without their guard',
    breaks: { clickhouse: unguardedChunks },
    scenario: lateChunk,
    foundBy: /should hold 32 by their accepted count, and ClickHouse has 36/,
  },
  {
    name: 'chunks of runs are inserted without their token',
    breaks: { clickhouse: withoutTokens(INTO_BATCH) },
    scenario: runningChunk,
    foundBy: /does not match the archive: records should be 7, ClickHouse has 14/,
  },
  {
    name: 'chunks of runs are inserted without guard and token',
    breaks: { clickhouse: both(unguardedChunks, withoutTokens(INTO_BATCH)) },
    scenario: wholeCourse,
    foundBy: /does not match the archive: records should be 13, ClickHouse has 26/,
  },
  {
    name: 'a run misses the last record of each segment',
    breaks: {
      session: duckdbStatements(sql =>
        sql.replaceAll(/(read_parquet\('[^']*'\) WHERE __offset >= \d+ AND __offset < \d+)/g, '$1 - 1'),
      ),
    },
    scenario: wholeCourse,
    foundBy: /the layers differ: .*"batch":"2 accepted, .*"speed":"3 accepted,/,
  },
  {
    name: 'a run takes one record beyond its cut',
    breaks: {
      session: duckdbStatements(sql =>
        sql.replaceAll(/(read_parquet\('[^']*'\) WHERE __offset >= \d+ AND __offset <) (\d+)/g, '$1= $2'),
      ),
    },
    scenario: wholeCourse,
    foundBy: /coverage counts 15 accepted, the oracle 14/,
  },
  {
    name: 'runs do not count quarantined records',
    breaks: { session: duckdbStatements(sql => (sql.startsWith('WITH tallies') ? uncounted(sql) : sql)) },
    scenario: wholeCourse,
    foundBy: /does not match the archive: records should be 13, ClickHouse has 12/,
  },
  {
    name: 'pointers are published without their guard',
    breaks: { clickhouse: unguardedPointers },
    scenario: stalePublisher,
    foundBy: /pointer 3 is numbered 2, on 1/,
  },
  {
    name: 'pointers are published without their token',
    breaks: { clickhouse: withoutTokens(INTO_POINTERS) },
    scenario: simultaneousPublishers,
    foundBy: /pointer 3 is numbered 2, on 1/,
  },
  {
    name: 'pointers are published without guard and token',
    breaks: { clickhouse: both(unguardedPointers, withoutTokens(INTO_POINTERS)) },
    scenario: wholeCourse,
    foundBy: /pointer 2 is numbered 1, on 0/,
  },
  {
    name: 'the pointer is written before its run is complete',
    breaks: { job: () => publishFirst },
    scenario: watchedPublication,
    foundBy: /should hold 7 by their accepted count, and ClickHouse has 0: rows of a run are missing/,
  },
  {
    name: 'a changed definition is published before its chain has come as far',
    breaks: { job: () => publishAtOnce },
    scenario: changedDefinition,
    foundBy: /an answer reached 3, the next 0/,
  },
  {
    name: 'a collection deletes at once, without grace',
    breaks: { clickhouse: clickhouseStatements(sql => sql.replace('>= {graceMs:Int64}', '>= 0')) },
    scenario: collectedRollBack,
    foundBy: /should hold 7 by their accepted count, and ClickHouse has 0: rows of a run are missing/,
  },
  {
    name: 'a collection takes runs in the making',
    breaks: {
      clickhouse: clickhouseStatements(sql =>
        sql.startsWith('ALTER TABLE') ? sql.replace(/ AND toUInt64OrZero.*$/, '') : sql,
      ),
    },
    scenario: collectedRun,
    foundBy: /should hold 13 by their accepted count, and ClickHouse has 0: rows of a run are missing/,
  },
  {
    name: 'a collection takes one block too many',
    breaks: {
      clickhouse: clickhouseStatements(sql =>
        sql.startsWith('ALTER TABLE') ? sql.replace('__block < transform', '__block <= transform') : sql,
      ),
    },
    scenario: watchedPublication,
    foundBy: /should lead from offset 24 to 32 without gap or overlap, but they begin at 28/,
  },
]

/** Knows what the run will hold from a rehearsal under another name, publishes it, and only then writes it. */
const publishFirst: typeof runBatchJob = async (context, kind, id) => {
  const rehearsal = await planBatchJob(context, kind, `rehearsal-${id}`)
  const job = await planBatchJob(context, kind, id)
  if (rehearsal === undefined || job === undefined) return undefined
  const rehearsed = await executeJob(context, rehearsal)
  const tallies = Object.fromEntries(
    Object.entries(rehearsed).map(([run, tally]) => [run.replace('rehearsal-', ''), tally]),
  )
  const outcome = await publishJob(context, job, tallies)
  await executeJob(context, job)
  return outcome
}

/** Does not know that another version serves, which answers reach further with. */
const publishAtOnce: typeof runBatchJob = async (context, kind, id) => {
  const job = await planBatchJob(context, kind, id)
  if (job === undefined) return undefined
  const views = job.plan.views.map(view => ({ ...view, replaces: undefined }))
  const plan = { ...job.plan, drops: true, views }
  return publishJob(context, { ...job, plan }, await executeJob(context, job))
}
