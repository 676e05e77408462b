import { once } from 'node:events'
import { dirname } from 'node:path'
import type { LayerContext } from '../../core/io/layer-context.ts'
import { errorFields } from '../../core/io/log.ts'
import { ingestRoutes } from '../../ingest/http/ingest-routes.ts'
import { locateSample } from '../../ingest/sample/locate-sample.ts'
import { type RunningSample, runSample } from '../../ingest/sample/run-sample.ts'
import { startIngest } from '../../ingest/start.ts'
import { startServing } from '../../serving/start.ts'
import { VERSION } from '../version.ts'
import { keepIngestHeartbeat } from './ingest-heartbeat.ts'
import type { LayerSettings } from './layer-settings.ts'

interface Server {
  readonly address: string
  close(): Promise<void>
}

/** Runs the layers that answer HTTP: ingest, serving, or both on one address with the demonstration feed. */
export async function runHttpLayer(
  context: LayerContext,
  settings: LayerSettings,
  signal: AbortSignal,
): Promise<void> {
  const feed = settings.layer === 'api' ? startSample(context, settings) : undefined
  const server = await startServer(context, settings, feed?.sample)
  const beating =
    settings.layer === 'serving' ? undefined : keepIngestHeartbeat(context, server.address, signal)
  context.log.info('listening', { address: server.address })
  if (!signal.aborted) await once(signal, 'abort')
  await feed?.stop()
  await server.close()
  await beating
}

function startServer(
  context: LayerContext,
  { layer }: LayerSettings,
  sample: RunningSample | undefined,
): Promise<Server> {
  const { driver, clickhouse, views, log, options, project } = context
  const { streams } = project
  const { host, port } = options
  const limits = { maxBodyBytes: options.maxBodyBytes }
  if (layer === 'ingest') return startIngest({ driver, streams, host, port, version: VERSION, log, limits })
  return startServing({
    clickhouse,
    streams,
    views,
    host,
    port,
    version: VERSION,
    queryTimeoutMs: options.queryTimeoutMs,
    reportFault: (error, during) => log.error(`${during} failed`, errorFields(error)),
    ...(layer === 'api' && {
      addRoutes: server => ingestRoutes(server, { driver, streams, sample, limits }),
    }),
  })
}

function startSample({ driver, project, log }: LayerContext, { configPath }: LayerSettings) {
  const { sample: definition } = project
  if (definition === undefined) return undefined
  const stopping = new AbortController()
  const sample = runSample({
    driver,
    stream: project.streams.find(({ topic }) => topic === definition.topic)!,
    path: locateSample(definition.file, dirname(configPath)),
    historyRows: definition.historyRows,
    ratePerSecond: definition.ratePerSecond,
    signal: stopping.signal,
  })
  void sample.ended.then(({ state, error, rows }) =>
    state === 'failed'
      ? log.error('the sample feed failed', { error })
      : log.info(`sample ${state}`, { rows }),
  )
  return {
    sample,
    async stop() {
      stopping.abort()
      await sample.ended
    },
  }
}
