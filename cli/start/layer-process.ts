import { join } from 'node:path'
import { builtProgram } from '../../core/io/package-root.ts'
import { spawnNode } from '../../core/io/process/child.ts'
import { recordChild } from '../../core/io/process/orphans.ts'
import {
  type Running,
  type Supervisor,
  type SupervisorEvent,
  supervise,
} from '../../core/io/process/supervise.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { LayerSettings } from '../layers/layer-settings.ts'
import { awaitApi } from './await-api.ts'

const LAYER_MAIN = builtProgram('cli/layer-main')
/** Longer than a layer gives itself. */
const STOP_WITHIN_MS = 25_000

export function logFileOf(dataDir: string, layer: string): string {
  return join(dataDir, 'logs', `${layer}.log`)
}

/**
 * Runs a layer in a child process, and again after a crash: with the very settings it was started with, so that no
 * edit of the configuration makes the layers differ before the next `start`.
 *
 * @throws CHILD_FAILED where it ends before it is ready
 */
export function superviseLayer(
  settings: LayerSettings,
  apiUrl: string,
  onEvent: (event: SupervisorEvent) => void,
): Promise<Supervisor<Running>> {
  const start = async (): Promise<Running> => {
    const running = spawnLayer(settings)
    if (settings.layer === 'api') await ready(running, settings, apiUrl)
    return running
  }
  return supervise({ name: settings.layer, start, onEvent })
}

function spawnLayer(settings: LayerSettings): Running {
  const { layer, dataDir } = settings
  const child = spawnNode(LAYER_MAIN, { name: layer, logFile: logFileOf(dataDir, layer) })
  const forget = recordChild(dataDir, child)
  void child.exited.then(forget)
  child.tell(settings)
  return { exited: child.exited, stop: async () => void (await child.end(STOP_WITHIN_MS)) }
}

async function ready(running: Running, { layer, dataDir }: LayerSettings, apiUrl: string): Promise<void> {
  const ended = running.exited.then(({ code, signal }) => {
    throw new TwofoldError(
      'CHILD_FAILED',
      `The ${layer} process ended before it was ready (${signal ?? `exit code ${code}`}); see ${logFileOf(dataDir, layer)}.`,
    )
  })
  const stopWaiting = new AbortController()
  try {
    await Promise.race([awaitApi(apiUrl, stopWaiting.signal), ended])
  } catch (error) {
    await running.stop()
    throw error
  } finally {
    stopWaiting.abort()
  }
}
