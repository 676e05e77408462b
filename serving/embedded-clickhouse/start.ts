import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../core/io/process/free-port.ts'
import { acquireInstanceLock } from '../../core/io/process/instance-lock.ts'
import { awaitOrphans } from '../../core/io/process/orphans.ts'
import { type SupervisorEvent, supervise } from '../../core/io/process/supervise.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import { type ClickHouseUser, LAYER_GRANTS, usersConfig } from './config.ts'
import { clickHouseLibrary } from './library.ts'
import { lastingSecret, writePrivate } from './private-files.ts'
import { type ServerPlan, startServer } from './server.ts'

export interface EmbeddedClickHouseOptions {
  /** The platform's data directory; all of ClickHouse's is in its folder `clickhouse`. */
  readonly dataDir: string
  /** Crashes, restarts and the end, for the log. */
  readonly onEvent: (event: SupervisorEvent) => void
  /** The server's limit for all its queries and caches; by default a third of the machine, at least 1 GiB. */
  readonly memoryBytes?: number
  /** Users besides the layers' own, such as a reader that sees the views alone. Known at start, or not at all. */
  readonly users?: readonly EmbeddedUser[]
}

export interface EmbeddedUser extends Omit<ClickHouseUser, 'passwordSha256'> {
  readonly password: string
}

export interface EmbeddedClickHouse {
  /** On the loopback; stays the same for as long as this object lives, also over restarts. */
  readonly url: string
  readonly user: string
  readonly password: string
  /** The process that serves now; after a crash, until the restart, the one that was. */
  readonly pid: number
  /** Ends the server cleanly and lets go of the directory. Clients should have closed their connections. */
  stop(): Promise<void>
  /** Resolves when the server was stopped for good; a crash that is followed by a restart is not the end. */
  readonly exited: Promise<void>
}

const USER = 'twofold'
const GIB = 1024 ** 3
const PORT_ATTEMPTS = 3
const ORPHANS_TIMEOUT_MS = 15_000

/**
 * Starts a ClickHouse server in a child process, waits until it answers, and starts it again if it crashes.
 * It listens on a random port of the loopback, for whoever has the password; it must not be exposed further.
 *
 * @throws EMBEDDED_CLICKHOUSE_UNSUPPORTED where there is no library for this platform
 * @throws EMBEDDED_CLICKHOUSE_FAILED if it does not come up, with what it said last
 * @throws DATA_DIR_IN_USE if another process serves this directory
 */
export async function startEmbeddedClickHouse(
  options: EmbeddedClickHouseOptions,
): Promise<EmbeddedClickHouse> {
  const libraryPath = clickHouseLibrary()
  const folder = join(options.dataDir, 'clickhouse')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const lock = await acquireInstanceLock(folder, 'server')
  try {
    await awaitOrphans(folder, { timeoutMs: ORPHANS_TIMEOUT_MS })
    const { connection, supervisor } = await superviseOnFreePort(folder, libraryPath, options)
    const { promise: exited, resolve: ended } = promiseWithResolver()
    return {
      ...connection,
      get pid() {
        return supervisor.current.pid
      },
      async stop() {
        await supervisor.stop()
        lock.release()
        ended()
      },
      exited,
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** A free port may be taken by the time the server listens on it: then another is tried. */
async function superviseOnFreePort(folder: string, libraryPath: string, options: EmbeddedClickHouseOptions) {
  const password = lastingSecret(join(folder, 'secret'))
  const usersFile = join(folder, 'users.xml')
  writePrivate(usersFile, usersConfig(allUsers(password, options.users ?? [])))
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const connection = { url: `http://127.0.0.1:${port}`, user: USER, password }
    const memoryBytes = options.memoryBytes ?? defaultMemoryBytes()
    const plan: ServerPlan = { folder, libraryPath, port, memoryBytes, usersFile, connection }
    try {
      const start = () => startServer(plan)
      return {
        connection,
        supervisor: await supervise({ name: 'ClickHouse', start, onEvent: options.onEvent }),
      }
    } catch (error) {
      const portTaken = error instanceof TwofoldError && error.code === 'PORT_IN_USE'
      if (!portTaken || attempt === PORT_ATTEMPTS) throw error
    }
  }
}

function allUsers(layerPassword: string, others: readonly EmbeddedUser[]): ClickHouseUser[] {
  const layers: EmbeddedUser = { name: USER, password: layerPassword, grants: LAYER_GRANTS }
  return [layers, ...others].map(({ password, ...user }) => ({
    ...user,
    passwordSha256: createHash('sha256').update(password).digest('hex'),
  }))
}

function defaultMemoryBytes(): number {
  // The limit of a container, which `totalmem` does not know of; 0 or a huge number where there is none.
  const limit = process.constrainedMemory() || Number.POSITIVE_INFINITY
  return Math.max(GIB, Math.floor(Math.min(totalmem(), limit) / 3))
}

function promiseWithResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>(done => (resolve = done))
  return { promise, resolve }
}
