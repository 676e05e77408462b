import { TwofoldError } from '../../core/model/errors.ts'
import type { ProjectDefinition } from '../../core/model/project.ts'
import { LAYERS, type LayerName } from '../layers/layer-settings.ts'
import { loadLayer } from '../layers/run-layer.ts'
import { outputLog } from '../output/layer-log.ts'
import { bindViews } from '../platform/bind.ts'
import { findConnections } from '../platform/connections.ts'
import { prepareServers } from '../platform/context.ts'
import { type GlobalFlags, openWorkspace } from '../project/workspace.ts'
import { awaitStopOrder } from '../start/stop-order.ts'

export interface RunFlags extends GlobalFlags {
  readonly lanes?: readonly number[]
  readonly port?: number
}

export const RUNNABLE = LAYERS.filter(layer => layer !== 'api')

/** Runs one layer in this process, against servers that run elsewhere, until Ctrl-C or SIGTERM. */
export async function run(layer: Exclude<LayerName, 'api'>, flags: RunFlags): Promise<void> {
  assertFlagsOf(layer, flags)
  const runLayer = await loadLayer(layer)
  const { project, configPath, dataDir, options: configured } = await openWorkspace(flags)
  assertLanes(flags.lanes ?? [], project)
  const options = flags.port === undefined ? configured : { ...configured, port: flags.port }
  const connections = findConnections(options, dataDir)
  const views = await bindViews(project)
  const settings = {
    ...{ layer, project, configPath, dataDir, options, connections, views },
    ...(flags.lanes !== undefined && { lanes: flags.lanes }),
  }
  // Until here there is nothing to stop in order.
  const order = awaitStopOrder(() => {})
  await prepareServers(settings)
  await runLayer(settings, outputLog(layer), order.signal)
  order.forget()
}

/** A flag of another layer would do nothing. */
function assertFlagsOf(layer: LayerName, { lanes, port }: RunFlags): void {
  if (lanes !== undefined && layer !== 'speed') throw foreignFlag(layer, '--lanes', 'the speed layer')
  if (port !== undefined && layer !== 'ingest' && layer !== 'serving')
    throw foreignFlag(layer, '--port', 'ingest and serving')
}

function foreignFlag(layer: LayerName, flag: string, whose: string): TwofoldError {
  return new TwofoldError('USAGE_INVALID', `The ${layer} layer takes no ${flag}; that is for ${whose}.`, {
    hint: '`twofold run --help` says which layer takes which flag.',
    details: { layer, flag },
  })
}

/** A worker with none but unknown lanes would run for ever and do nothing. */
function assertLanes(lanes: readonly number[], { streams }: ProjectDefinition): void {
  const most = Math.max(...streams.map(stream => stream.lanes))
  const unknown = lanes.find(lane => lane >= most)
  if (unknown === undefined) return
  const declared = streams.map(stream => `${stream.topic} has ${stream.lanes}`).join(', ')
  throw new TwofoldError('USAGE_INVALID', `No stream has a lane ${unknown}: ${declared}, counted from 0.`, {
    hint: 'Name lanes that are there, or declare more with `lanes` of the stream.',
    details: { lane: unknown },
  })
}
