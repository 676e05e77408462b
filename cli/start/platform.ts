import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { assertPortFree, freePort } from '../../core/io/process/free-port.ts'
import { acquireInstanceLock } from '../../core/io/process/instance-lock.ts'
import { awaitOrphans } from '../../core/io/process/orphans.ts'
import type { SupervisorEvent } from '../../core/io/process/supervise.ts'
import { locateSample } from '../../ingest/sample/locate-sample.ts'
import type { LayerName, LayerSettings } from '../layers/layer-settings.ts'
import { bindViews } from '../platform/bind.ts'
import { removeConnectionFile, writeConnectionFile } from '../platform/connection-file.ts'
import { prepareServers } from '../platform/context.ts'
import { prepareDataDir } from '../platform/data-dir.ts'
import type { Workspace } from '../project/workspace.ts'
import { type Servers, startServers } from './embedded-servers.ts'
import { superviseLayer } from './layer-process.ts'
import { PLATFORM_LOCK } from './platform-lock.ts'

export interface Platform {
  readonly apiUrl: string
  readonly connections: Servers['connections']
}

export interface PlatformEvents {
  /** In words for people: what is going on. */
  readonly onProgress: (line: string) => void
  /** Crashes and restarts. */
  readonly onEvent: (event: SupervisorEvent) => void
}

/** Children end within seconds of their parent; what is still there then is killed. */
const ORPHANS_TIMEOUT_MS = 15_000

/** Each layer is a process of its own; the last one is the first to stop: events and questions are turned away first. */
const START_ORDER = ['batch', 'speed', 'api'] as const satisfies readonly LayerName[]

/**
 * Starts the whole platform of a workspace: servers, then layers. Each step that is done puts its undoing on
 * `undo`; whoever called runs these from the last to the first, also where this raises half-way. Where `signal` aborts,
 * the step under way is the last one, and this raises.
 *
 * @throws DATA_DIR_IN_USE, DATA_DIR_FOREIGN, PORT_IN_USE, ADDRESS_UNUSABLE, KAFKA_PORT_IN_USE, EXPRESSION_INVALID, FILE_UNREADABLE,
 * CHILD_FAILED, …
 */
export async function startPlatform(
  workspace: Workspace,
  events: PlatformEvents,
  undo: UndoStack,
  signal: AbortSignal,
): Promise<Platform> {
  const { dataDir, configPath, project } = workspace
  const views = await bindViews(project)
  // What the feed would miss only once all else runs.
  if (project.sample !== undefined) locateSample(project.sample.file, dirname(configPath))
  prepareDataDir(dataDir)
  const lock = await acquireInstanceLock(dataDir, PLATFORM_LOCK)
  undo.push(async () => lock.release())
  await awaitOrphans(dataDir, { timeoutMs: ORPHANS_TIMEOUT_MS })
  // What processes that were killed had spilled.
  rmSync(join(dataDir, 'tmp'), { recursive: true, force: true })
  const options = await withPort(workspace)
  const apiUrl = `http://${reachable(options.host)}:${options.port}`
  mkdirSync(join(dataDir, 'logs'), { recursive: true })

  const servers = await startServers(workspace, events)
  undo.push(() => servers.stop(), servers.stopping)
  signal.throwIfAborted()
  const settings = { project, options, views, dataDir, configPath, connections: servers.connections }
  await prepareServers(settings)
  writeConnectionFile(dataDir, { configPath, apiUrl, ...servers.embedded })
  undo.push(async () => removeConnectionFile(dataDir))

  for (const layer of START_ORDER) {
    signal.throwIfAborted()
    events.onProgress(`Starting the ${layer} process`)
    const layerSettings: LayerSettings = { ...settings, layer }
    const supervisor = await superviseLayer(layerSettings, apiUrl, events.onEvent)
    undo.push(() => supervisor.stop(), layer)
  }
  return { apiUrl, connections: servers.connections }
}

/** What was started, to be undone from the last to the first. */
export class UndoStack {
  readonly #steps: { readonly undo: () => Promise<void>; readonly name: string | undefined }[] = []

  /** `name` is for people, of what is worth telling. */
  push(undo: () => Promise<void>, name?: string): void {
    this.#steps.push({ undo, name })
  }

  /** Undoes everything, also after a step that fails; raises the first failure at the end. */
  async run(onStep: (name: string) => void): Promise<void> {
    const failures: unknown[] = []
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      if (step.name !== undefined) onStep(step.name)
      await step.undo().catch(error => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }
}

/** Port 0 means any free one; it is chosen here, for the other commands must find it. */
async function withPort({ options }: Workspace): Promise<Workspace['options']> {
  if (options.port === 0) return { ...options, port: await freePort(options.host) }
  await assertPortFree(options.port, options.host, 'The HTTP API')
  return options
}

/** An address to listen on everywhere is none to connect to. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
