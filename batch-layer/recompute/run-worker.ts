import { fileURLToPath } from 'node:url'
import { spawnNode } from '../../core/io/process/child.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { Tally } from '../../core/model/tally.ts'
import type { WorkerMessage, WorkerSettings } from './worker-protocol.ts'

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url))

/**
 * Executes and verifies a plan in a child process, and answers the tally of each run.
 * @throws what the worker failed with; BATCH_WORKER_FAILED where it died without a word (killed, out of memory)
 */
export async function runInWorker(
  settings: WorkerSettings,
  logFile: string,
  onProgress: (done: number, total: number) => void,
): Promise<Readonly<Record<string, Tally>>> {
  let last: WorkerMessage | undefined
  const child = spawnNode(WORKER, {
    name: 'the batch worker',
    logFile,
    onLine: line => {
      last = JSON.parse(line) as WorkerMessage
      if (last.type === 'progress') onProgress(last.done, last.total)
      // It has said its last word: it may go.
      else void child.end(5000)
    },
  })
  child.tell(settings)
  const exit = await child.exited
  if (last?.type === 'done') return last.tallies
  if (last?.type === 'failed') {
    throw new TwofoldError(last.code ?? 'BATCH_WORKER_FAILED', last.message, {
      details: { ...last.details, job: settings.plan.id },
    })
  }
  throw new TwofoldError(
    'BATCH_WORKER_FAILED',
    `The worker of batch job ${settings.plan.id} ended (${exit.signal ?? `exit code ${exit.code}`}) before it was done; ${logFile} holds what it last said.`,
    { details: { job: settings.plan.id, ...exit } },
  )
}
