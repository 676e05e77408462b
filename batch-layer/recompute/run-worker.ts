import { removeScratchFilesOf } from '../../core/io/duckdb/scratch-file.ts'
import { builtProgram } from '../../core/io/package-root.ts'
import { spawnNode } from '../../core/io/process/child.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { Tally } from '../../core/model/tally.ts'
import type { WorkerMessage, WorkerSettings } from './worker-protocol.ts'

const WORKER = builtProgram('batch-layer/recompute/worker')

/**
 * Executes and verifies a plan in a child process, and answers the tally of each run.
 * @throws what the worker failed with; BATCH_WORKER_FAILED where it died without a word (killed, out of memory);
 *   BATCH_STOPPED where `signal` ended it
 */
export async function runInWorker(
  settings: WorkerSettings,
  logFile: string,
  onProgress: (done: number, total: number) => void,
  signal: AbortSignal = new AbortController().signal,
): Promise<Readonly<Record<string, Tally>>> {
  const job = settings.plan.id
  let last: WorkerMessage | undefined
  const child = spawnNode(WORKER, {
    name: 'the batch worker',
    logFile,
    onLine: line => {
      last = messageOf(line)
      if (last?.type === 'progress') onProgress(last.done, last.total)
      // It has said its last word: it may go.
      else void child.end(5000)
    },
  })
  child.tell(settings)
  signal.addEventListener('abort', child.kill)
  if (signal.aborted) child.kill()
  const exit = await child.exited
  await removeScratchFilesOf(child.pid)
  signal.removeEventListener('abort', child.kill)
  if (last?.type === 'done') return last.tallies
  if (last?.type === 'failed') {
    throw new TwofoldError(last.code ?? 'BATCH_WORKER_FAILED', last.message, {
      details: { ...last.details, job },
    })
  }
  if (signal.aborted)
    throw new TwofoldError('BATCH_STOPPED', `Batch job ${job} was stopped.`, { details: { job } })
  throw new TwofoldError(
    'BATCH_WORKER_FAILED',
    `The worker of batch job ${job} ended (${exit.signal ?? `exit code ${exit.code}`}) before it was done; ${logFile} holds what it last said.`,
    { details: { job, ...exit } },
  )
}

/** A worker that is killed while it speaks leaves half a line. */
function messageOf(line: string): WorkerMessage | undefined {
  try {
    return JSON.parse(line) as WorkerMessage
  } catch {
    return undefined
  }
}
