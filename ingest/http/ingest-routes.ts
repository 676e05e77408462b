import type { FastifyInstance } from 'fastify'
import type { KafkaDriver } from '../../core/io/kafka/driver.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { openEventStream } from '../event/event-stream.ts'
import type { RunningSample } from '../sample/run-sample.ts'
import { type EventLimits, eventsRoute } from './events-route.ts'
import { sampleRoutes } from './sample-routes.ts'
import { SharedProducer } from './shared-producer.ts'

export interface IngestDependencies {
  readonly driver: KafkaDriver
  readonly streams: readonly StreamDefinition[]
  /** The demonstration feed, where one runs: it has routes of its own. */
  readonly sample?: RunningSample | undefined
  readonly limits?: Partial<EventLimits & { readonly maxWaitingBytes: number }>
}

const DEFAULT_LIMITS = {
  maxBodyBytes: 16 << 20,
  maxInflatedBytes: 64 << 20,
  maxEvents: 500_000,
  maxWaitingBytes: 128 << 20,
}

/**
 * Adds the ingest layer's routes to a server, which answers errors by `handleErrors`. Opens a producer; the server
 * closes it when it closes, after the last request.
 *
 * @throws SCHEMA_INVALID where a stream's schema makes no sense
 */
export async function ingestRoutes(app: FastifyInstance, dependencies: IngestDependencies): Promise<void> {
  const { driver, streams, sample, limits } = dependencies
  const { maxWaitingBytes, ...eventLimits } = { ...DEFAULT_LIMITS, ...limits }
  const opened = new Map(streams.map(stream => [stream.topic, openEventStream(stream)]))
  const producer = new SharedProducer(await driver.openProducer({ compression: 'lz4' }), maxWaitingBytes)
  app.addHook('onClose', () => producer.close())
  eventsRoute(app, opened, producer, eventLimits)
  if (sample !== undefined) sampleRoutes(app, sample)
}
