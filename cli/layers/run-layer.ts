import type { LayerContext } from '../../core/io/layer-context.ts'
import type { Log } from '../../core/io/log.ts'
import { openContext } from '../platform/context.ts'
import type { LayerName, LayerSettings } from './layer-settings.ts'

/** Runs one layer in this process until `signal` aborts: what is under way is finished first. */
export type RunLayer = (settings: LayerSettings, log: Log, signal: AbortSignal) => Promise<void>

type Work = (context: LayerContext, settings: LayerSettings, signal: AbortSignal) => Promise<void>

/**
 * Loads a layer, alone: each only where it runs. It comes before anyone listens for Ctrl-C, which a terminal sends to
 * the loader's compiler, too; from then on nothing can be loaded.
 */
export async function loadLayer(layer: LayerName): Promise<RunLayer> {
  const work = await loadWork(layer)
  return async (settings, log, signal) => {
    const { context, close } = await openContext(settings, log)
    try {
      log.info('started', { pid: process.pid })
      await work(context, settings, signal)
      log.info('stopped')
    } finally {
      await close()
    }
  }
}

async function loadWork(layer: LayerName): Promise<Work> {
  switch (layer) {
    case 'speed': {
      const { runSpeedLayer } = await import('../../speed-layer/run.ts')
      return (context, { lanes }, signal) =>
        runSpeedLayer(context, lanes === undefined ? {} : { lanes }, signal)
    }
    case 'batch': {
      const { runBatchLayer } = await import('../../batch-layer/run.ts')
      return (context, _settings, signal) => runBatchLayer(context, signal)
    }
    case 'ingest':
    case 'serving':
    case 'api':
      return (await import('./run-http-layer.ts')).runHttpLayer
  }
}
