import { randomBytes } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ClickHouse, openClickHouse } from '../../core/io/clickhouse/client.ts'
import { builtProgram } from '../../core/io/package-root.ts'
import { type NodeChild, spawnNode } from '../../core/io/process/child.ts'
import { recordChild } from '../../core/io/process/orphans.ts'
import type { Running } from '../../core/io/process/supervise.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { ServerSettings } from './child.ts'
import { serverConfig } from './config.ts'
import { writePrivate } from './private-files.ts'

/** All that one start of the server process needs; the same for each restart. */
export interface ServerPlan {
  readonly folder: string
  readonly libraryPath: string
  readonly port: number
  readonly memoryBytes: number
  readonly usersFile: string
  readonly connection: { readonly url: string; readonly user: string; readonly password: string }
}

export interface ServerProcess extends Running {
  readonly pid: number
}

const NAME = 'clickhouse'
const PROGRAM = builtProgram('serving/embedded-clickhouse/child')
/** Opening a large data directory after a crash takes its time. */
const READY_TIMEOUT_MS = 120_000
const READY_POLL_MS = 20
const STOP_TIMEOUT_MS = 12_000
const LOG_TAIL_BYTES = 2_000

/**
 * Starts the server process once and waits until it answers as this very start of it: another server may have
 * the port, or the directory.
 *
 * @throws EMBEDDED_CLICKHOUSE_FAILED with the end of its log if it ends or is not ready in time
 * @throws PORT_IN_USE if another process took the port meanwhile
 */
export async function startServer(plan: ServerPlan): Promise<ServerProcess> {
  const instanceToken = randomBytes(16).toString('hex')
  const settings = prepareFiles(plan, instanceToken)
  const logFile = join(plan.folder, 'process.log')
  const logStart = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0
  const child = spawnNode(PROGRAM, { name: NAME, logFile })
  const forget = recordChild(plan.folder, { name: NAME, pid: child.pid })
  void child.exited.then(forget)
  child.tell(settings)
  try {
    await answersAs(instanceToken, child, plan)
  } catch (cause) {
    child.kill()
    await child.exited
    throw startFailure(plan, cause as Error, lastWords(logFile, logStart))
  }
  return {
    pid: child.pid,
    exited: child.exited,
    async stop() {
      await child.end(STOP_TIMEOUT_MS)
    },
  }
}

function prepareFiles(plan: ServerPlan, instanceToken: string): ServerSettings {
  const configFile = join(plan.folder, 'config.xml')
  writePrivate(
    configFile,
    serverConfig({
      usersFile: plan.usersFile,
      logFile: join(plan.folder, 'server.log'),
      instanceToken,
      memoryBytes: plan.memoryBytes,
    }),
  )
  return { libraryPath: plan.libraryPath, path: join(plan.folder, 'data'), configFile, port: plan.port }
}

/** Resolves when the child answers with its token; rejects when it ends before, or time is up. */
async function answersAs(instanceToken: string, child: NodeChild, plan: ServerPlan): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS
  const clickHouse = openClickHouse({ ...plan.connection, requestTimeoutMs: 5_000 })
  let ended: string | undefined
  void child.exited.then(({ code, signal }) => (ended = signal ?? `exit code ${code}`))
  try {
    for (;;) {
      if ((await askToken(clickHouse)) === instanceToken) return
      if (ended !== undefined) throw new Error(`the process ended (${ended})`)
      if (performance.now() > deadline)
        throw new Error(`it did not answer within ${READY_TIMEOUT_MS / 1000} s`)
      await sleep(READY_POLL_MS)
    }
  } finally {
    await clickHouse.close()
  }
}

/** `undefined` while nobody answers, or somebody else does. */
async function askToken(clickHouse: ClickHouse): Promise<string | undefined> {
  try {
    const [row] = await clickHouse.rows<{ token: string }>("SELECT getMacro('twofold_instance') AS token")
    return row?.token
  } catch {
    return undefined
  }
}

function startFailure(plan: ServerPlan, cause: Error, log: string): TwofoldError {
  if (log.includes('Address already in use')) {
    return new TwofoldError(
      'PORT_IN_USE',
      `Port ${plan.port}, free a moment ago, was taken while ClickHouse started.`,
      {
        details: { port: plan.port },
        cause,
      },
    )
  }
  const said = log === '' ? 'It said nothing.' : `It said: ${log}`
  return new TwofoldError(
    'EMBEDDED_CLICKHOUSE_FAILED',
    `Could not start the embedded ClickHouse in ${plan.folder}: ${cause.message}. ${said}`,
    { details: { folder: plan.folder, log }, cause },
  )
}

/** What the process wrote since it started, the end of it. */
function lastWords(logFile: string, startedAt: number): string {
  const descriptor = openSync(logFile, 'r')
  try {
    const { size } = fstatSync(descriptor)
    // A log that was rotated at the start of the process begins anew.
    const since = Math.max(size < startedAt ? 0 : startedAt, size - LOG_TAIL_BYTES)
    const tail = Buffer.alloc(size - since)
    readSync(descriptor, tail, 0, tail.length, since)
    return tail.toString('utf8').trim()
  } finally {
    closeSync(descriptor)
  }
}
