import type { LayerContext } from '../../core/io/layer-context.ts'
import type { Log } from '../../core/io/log.ts'
import { openContext } from '../platform/context.ts'
import type { LayerSettings } from './layer-settings.ts'

/**
 * Runs one layer in this process until `signal` aborts: what is under way is finished first. Each layer is loaded
 * only where it runs.
 */
export async function runLayer(settings: LayerSettings, log: Log, signal: AbortSignal): Promise<void> {
  const { context, close } = await openContext(settings, log)
  try {
    log.info('started', { pid: process.pid })
    await run(context, settings, signal)
    log.info('stopped')
  } finally {
    await close()
  }
}

async function run(context: LayerContext, settings: LayerSettings, signal: AbortSignal): Promise<void> {
  switch (settings.layer) {
    case 'speed': {
      const { runSpeedLayer } = await import('../../speed-layer/run.ts')
      return runSpeedLayer(context, settings.lanes === undefined ? {} : { lanes: settings.lanes }, signal)
    }
    case 'batch': {
      const { runBatchLayer } = await import('../../batch-layer/run.ts')
      return runBatchLayer(context, signal)
    }
    case 'ingest':
    case 'serving':
    case 'api': {
      const { runHttpLayer } = await import('./run-http-layer.ts')
      return runHttpLayer(context, settings, signal)
    }
  }
}
