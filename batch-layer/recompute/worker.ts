/** The child process in which a batch job's DuckDB works: it may run out of memory, and only the job fails. */
import { openClickHouse } from '../../core/io/clickhouse/client.ts'
import { openDuckDB } from '../../core/io/duckdb/session.ts'
import { nodeFiles } from '../../core/io/files.ts'
import { crashPoint } from '../../core/io/process/crash-point.ts'
import { endWithParent, receiveSettings } from '../../core/io/process/lifeline.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { Tally } from '../../core/model/tally.ts'
import { executePlan } from './execute.ts'
import { takeInventory, verifyRun } from './verify-run.ts'
import type { WorkerMessage, WorkerSettings } from './worker-protocol.ts'

async function work(settings: WorkerSettings): Promise<Record<string, Tally>> {
  const { plan, archive, memoryLimitMb, threads, tempDirectory } = settings
  const clickhouse = openClickHouse(settings.clickhouse)
  const duckdb = await openDuckDB({ threads, memoryLimitMb, tempDirectory })
  try {
    const session = await duckdb.session()
    const onProgress = (done: number, total: number) => send({ type: 'progress', done, total })
    await executePlan({ clickhouse, session, files: nodeFiles, archive, onProgress }, plan)
    crashPoint('batch: run written')
    const tallies: Record<string, Tally> = {}
    for (const fold of plan.folds) {
      const inventory = await takeInventory(session, archive, fold)
      for (const { view, run } of fold.views) {
        tallies[run] = await verifyRun(clickhouse, view, run, fold.chunks.length, inventory)
      }
    }
    return tallies
  } finally {
    await duckdb.close()
    await clickhouse.close()
  }
}

function send(message: WorkerMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

endWithParent({ onEnd: () => undefined, withinMs: 2000 })
try {
  send({ type: 'done', tallies: await work(await receiveSettings<WorkerSettings>()) })
} catch (error) {
  const known = error instanceof TwofoldError ? error : undefined
  send({
    type: 'failed',
    code: known?.code,
    message: (error as Error).message,
    details: known?.details ?? {},
  })
}
