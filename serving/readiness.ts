import type { ClickHouse } from '../core/io/clickhouse/client.ts'
import { type Heartbeat, readHeartbeats } from '../core/io/store/heartbeats.ts'
import { readOrigins } from '../core/io/store/partition-store.ts'
import { TwofoldError } from '../core/model/errors.ts'
import type { StreamDefinition } from '../core/model/stream.ts'
import { HEARTBEAT_WITHIN_MS, type QueryRunner } from './query/run.ts'

export interface Readiness {
  readonly ready: boolean
  /** A sentence for each thing that is missing. */
  readonly missing: readonly string[]
}

export interface ReadinessOptions {
  readonly clickhouse: ClickHouse
  readonly streams: readonly StreamDefinition[]
  readonly viewNames: readonly string[]
  readonly queries: QueryRunner
}

const LAYERS: readonly Heartbeat['layer'][] = ['ingest', 'speed', 'batch']

/** Whether events can come in and answers can be had: topics, layers and each view. */
export async function readReadiness(options: ReadinessOptions): Promise<Readiness> {
  const checks = await Promise.all([
    sentenceOf('ClickHouse', () => missingLayers(options.clickhouse)),
    ...options.streams.map(({ topic }) =>
      sentenceOf(`Stream ${topic}`, async () =>
        (await readOrigins(options.clickhouse, topic)).size > 0
          ? []
          : [`Stream ${topic}: its topic has not been found in Kafka yet.`],
      ),
    ),
    ...options.viewNames.map(name =>
      sentenceOf(`View ${name}`, async () => {
        await options.queries.ask({ view: name, ...ONE_MOMENT })
        return []
      }),
    ),
  ])
  const missing = checks.flat()
  return { ready: missing.length === 0, missing }
}

/** A question that reads a view's coverage and next to nothing of its rows. */
const ONE_MOMENT = { timeRange: { from: '1900-01-01', to: '1901-01-01' } }

async function missingLayers(clickhouse: ClickHouse): Promise<string[]> {
  const alive = new Set((await readHeartbeats(clickhouse, HEARTBEAT_WITHIN_MS)).map(beat => beat.layer))
  return LAYERS.filter(layer => !alive.has(layer)).map(layer => `The ${layer} layer gives no sign of life.`)
}

async function sentenceOf(what: string, check: () => Promise<string[]>): Promise<string[]> {
  try {
    return await check()
  } catch (error) {
    if (error instanceof TwofoldError) return [`${what}: ${error.code}: ${error.message}`]
    throw error
  }
}
