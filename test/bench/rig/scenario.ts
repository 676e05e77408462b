import { mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { LayerName, LayerSettings } from '../../../cli/layers/layer-settings.ts'
import { bindViews } from '../../../cli/platform/bind.ts'
import { openContext, prepareServers } from '../../../cli/platform/context.ts'
import type { LayerContext } from '../../../core/io/layer-context.ts'
import { jsonLog } from '../../../core/io/log.ts'
import { resolveOptions } from '../../../core/io/options.ts'
import { builtProgram } from '../../../core/io/package-root.ts'
import { spawnNode } from '../../../core/io/process/child.ts'
import { freePort } from '../../../core/io/process/free-port.ts'
import { FIRST_CHAIN } from '../../../core/model/pointer.ts'
import type { ProjectDefinition } from '../../../core/model/project.ts'
import { compileView } from '../../../core/sql/compiled-view.ts'
import { readPosition } from '../../../speed-layer/chain-store.ts'
import { type Usage, usageOf } from './process-usage.ts'
import type { Rig } from './rig.ts'

const LAYER_MAIN = builtProgram('cli/layer-main')
const STOP_WITHIN_MS = 25_000
/** Segments are small enough for progress to be seen, and the last of them do not wait. */
const OPTIONS = { archiveSegmentRecords: 50_000, archiveFlushMs: 1000, refreshMs: 1000 }

export interface ScenarioOptions {
  /** Names its database and folder. */
  readonly name: string
  /** Read instead of the project's own topic. */
  readonly topic?: string
  readonly blockSize?: number
}

/** A project on the rig's servers, with a database and an archive of its own; topics may be shared. */
export interface Scenario {
  readonly context: LayerContext
  readonly apiUrl: string
  /** Runs a layer in a process of its own, as `twofold start` does. */
  startLayer(layer: LayerName): RunningLayer
  /** Partition → the offset below which all records are in every view of the speed layer. */
  positions(): Promise<ReadonlyMap<number, number>>
  /** Stops what runs and drops the database. */
  close(): Promise<void>
}

export interface RunningLayer {
  usage(): Usage
  stop(): Promise<void>
}

export async function openScenario(
  rig: Rig,
  project: ProjectDefinition,
  options: ScenarioOptions,
): Promise<Scenario> {
  const settings = await settingsOf(rig, project, options)
  await prepareServers(settings)
  const { context, close } = await openContext(
    settings,
    jsonLog('bench', () => {}),
  )
  const running = new Set<RunningLayer>()
  return {
    context,
    apiUrl: `http://127.0.0.1:${settings.options.port}`,
    startLayer(layer) {
      const child = spawnNode(LAYER_MAIN, { name: layer, logFile: join(settings.dataDir, `${layer}.log`) })
      child.tell({ ...settings, layer } satisfies LayerSettings)
      const started: RunningLayer = {
        usage: () => usageOf(child.pid),
        async stop() {
          running.delete(started)
          await child.end(STOP_WITHIN_MS)
        },
      }
      running.add(started)
      return started
    },
    positions: () => positionsOf(context),
    async close() {
      for (const layer of running) await layer.stop()
      const { database } = context.clickhouseConnection
      await context.clickhouse.command('DROP DATABASE {database:Identifier}', {
        params: { database: database! },
      })
      await close()
      await rm(settings.dataDir, { recursive: true, force: true })
    },
  }
}

async function settingsOf(rig: Rig, project: ProjectDefinition, { name, topic, blockSize }: ScenarioOptions) {
  const dataDir = join(rig.folder, name)
  mkdirSync(dataDir, { recursive: true })
  const streams = project.streams.map(stream => ({
    ...stream,
    topic: topic ?? stream.topic,
    blockSize: blockSize ?? stream.blockSize,
  }))
  const views = project.views.map(view => ({ ...view, topic: topic ?? view.topic }))
  // Jobs are run when they are measured, not by a schedule.
  const batch = { everyMs: 86_400_000, full: undefined }
  const adapted = { ...project, streams, views, batch, sample: undefined }
  return {
    project: adapted,
    options: resolveOptions({ ...OPTIONS, clickhouseDatabase: `bench_${name}`, port: await freePort() }, {}),
    views: await bindViews(adapted),
    dataDir,
    configPath: join(dataDir, 'twofold.config.ts'),
    connections: rig.connections,
  }
}

async function positionsOf({ views, clickhouse }: LayerContext): Promise<ReadonlyMap<number, number>> {
  const lowest = new Map<number, number>()
  for (const view of views) {
    const key = { view: view.name, version: view.version, chain: FIRST_CHAIN, lane: 0 }
    const { ends } = await readPosition(clickhouse, compileView(view), key)
    for (const [partition, end] of ends) {
      lowest.set(partition, Math.min(end, lowest.get(partition) ?? end))
    }
  }
  return lowest
}
