import type { ClickHouse } from '../core/io/clickhouse/client.ts'
import { type BatchHeartbeat, type Heartbeat, readHeartbeats } from '../core/io/store/heartbeats.ts'
import { readOrigins } from '../core/io/store/partition-store.ts'
import { cutOf } from '../core/model/cut.ts'
import type { Pointer } from '../core/model/pointer.ts'
import type { StreamDefinition } from '../core/model/stream.ts'
import { freshnessOf, type PartitionSpeed, speedPartitionsOf, speedStatesOf } from './freshness.ts'
import { IS_SERVED, setAsideBy } from './quarantine.ts'
import { HEARTBEAT_WITHIN_MS } from './query/run.ts'
import type { ServedView, ServedViews } from './query/served-views.ts'

/** How the platform stands. Numbers that nobody knows are null. */
export interface Status {
  /** The published generation; null before the first. */
  readonly generation: GenerationStatus | null
  readonly streams: readonly StreamStatus[]
  readonly views: readonly ViewStatus[]
  /** What each running process says of itself. */
  readonly layers: readonly Heartbeat[]
  /** The newest batch jobs, newest first. */
  readonly jobs: readonly JobStatus[]
  readonly quarantined: readonly QuarantineCount[]
}

export type GenerationStatus = Pick<Pointer, 'seq' | 'publishedAtMs' | 'reason' | 'paused'> & {
  readonly rolledBackTo: number | null
}

export interface StreamStatus {
  readonly topic: string
  readonly freshnessMs: number | null
  readonly recordsPerSecond: number
  readonly partitions: readonly PartitionStatus[]
}

/** Offsets of one partition, each the next one to come. */
export interface PartitionStatus {
  readonly partition: number
  readonly begin: number
  readonly archivedEnd: number | null
  /** Offsets below it that were declared lost. */
  readonly lost: number | null
  /** The lowest cut of the stream's views. */
  readonly cut: number
  readonly speedEnd: number | null
  readonly logEnd: number | null
  /** Offsets that are in the log and not yet in answers. */
  readonly lag: number | null
  /** Everything Kafka acknowledged in the partition longer ago than this is in answers. */
  readonly freshnessMs: number | null
}

export interface ViewStatus {
  readonly name: string
  readonly stream: string
  readonly version: string
  readonly chain: string
  readonly runs: number
}

export interface JobStatus {
  readonly id: string
  readonly kind: string
  readonly state: string
  readonly at: string
  readonly body: unknown
}

export interface QuarantineCount {
  readonly stream: string
  /** '' for records that fail the stream's schema. */
  readonly view: string
  readonly reason: string
  readonly records: number
}

const JOBS_SHOWN = 10

/** Gathers the status of the streams and views of a project. */
export async function readStatus(
  clickhouse: ClickHouse,
  streams: readonly StreamDefinition[],
  views: ServedViews,
): Promise<Status> {
  const served = await views.all()
  const [pointer, layers, jobs, quarantined, origins] = await Promise.all([
    views.pointer.get(),
    readHeartbeats(clickhouse, HEARTBEAT_WITHIN_MS),
    readJobs(clickhouse),
    countQuarantined(clickhouse, streams, served),
    Promise.all(streams.map(({ topic }) => readOrigins(clickhouse, topic))),
  ])
  return {
    generation: pointer === undefined ? null : generationOf(pointer),
    streams: streams.map((stream, index) => {
      const cuts = served
        .filter(({ compiled }) => compiled.view.stream.topic === stream.topic)
        .map(({ generation }) => generation.cut)
      const begins = [...origins[index]!.values()].map(({ partition, begin }) => ({
        partition,
        begin,
        cut: cuts.length === 0 ? 0 : Math.min(...cuts.map(cut => cutOf(cut, partition))),
      }))
      return streamStatus(stream, begins, layers)
    }),
    views: served.map(({ compiled: { view }, generation: { chain, runs } }) => ({
      name: view.name,
      stream: view.stream.topic,
      version: view.version,
      chain,
      runs: runs.length,
    })),
    layers,
    jobs,
    quarantined,
  }
}

function generationOf({ seq, publishedAtMs, reason, paused, rolledBackTo }: Pointer): GenerationStatus {
  return { seq, publishedAtMs, reason, paused, rolledBackTo: rolledBackTo ?? null }
}

function streamStatus(
  stream: StreamDefinition,
  begins: readonly Pick<PartitionStatus, 'partition' | 'begin' | 'cut'>[],
  layers: readonly Heartbeat[],
): StreamStatus {
  const nowMs = Date.now()
  const speed = speedStatesOf(stream.topic, layers)
  const speedPartitions = speedPartitionsOf(speed)
  const archived = archivedOf(stream.topic, layers)
  return {
    topic: stream.topic,
    freshnessMs: freshnessOf(stream, layers, nowMs),
    recordsPerSecond: speed.reduce((sum, state) => sum + state.recordsPerSecond, 0),
    partitions: begins.map(({ partition, begin, cut }) => ({
      partition,
      begin,
      archivedEnd: archived.get(partition)?.archivedEnd ?? null,
      lost: archived.get(partition)?.lost ?? null,
      cut,
      ...speedStatus(speedPartitions.get(partition), nowMs),
    })),
  }
}

type SpeedStatus = Pick<PartitionStatus, 'speedEnd' | 'logEnd' | 'lag' | 'freshnessMs'>

function speedStatus(speed: PartitionSpeed | undefined, nowMs: number): SpeedStatus {
  const { position: speedEnd = null, logEnd = null, freshAtMs = 0 } = speed ?? {}
  return {
    speedEnd,
    logEnd,
    lag: speedEnd === null || logEnd === null ? null : Math.max(0, logEnd - speedEnd),
    freshnessMs: freshAtMs === 0 ? null : Math.max(0, nowMs - freshAtMs),
  }
}

type Archived = BatchHeartbeat['streams'][number]['partitions'][number]

function archivedOf(topic: string, layers: readonly Heartbeat[]): Map<number, Archived> {
  const partitions = layers
    .filter(beat => beat.layer === 'batch')
    .flatMap(beat => (beat.body as BatchHeartbeat).streams)
    .filter(stream => stream.topic === topic)
    .flatMap(stream => stream.partitions)
  return new Map(partitions.map(archived => [archived.partition, archived]))
}

async function readJobs(clickhouse: ClickHouse): Promise<JobStatus[]> {
  const rows = await clickhouse.rows<Omit<JobStatus, 'body'> & { body: string }>(
    `SELECT id, kind, state, formatDateTime(at, '%Y-%m-%dT%H:%i:%S.%fZ', 'UTC') AS at, body
     FROM jobs FINAL ORDER BY jobs.at DESC LIMIT {limit:UInt32}`,
    { params: { limit: JOBS_SHOWN } },
  )
  return rows.map(row => ({ ...row, body: row.body === '' ? null : JSON.parse(row.body) }))
}

async function countQuarantined(
  clickhouse: ClickHouse,
  streams: readonly StreamDefinition[],
  served: readonly ServedView[],
): Promise<QuarantineCount[]> {
  const topics = streams.map(({ topic }) => topic)
  const rows = await clickhouse.rows<Omit<QuarantineCount, 'records'> & { records: string }>(
    `SELECT topic AS stream, view, reason, count() AS records FROM quarantine FINAL
     WHERE topic IN {topics:Array(String)} AND ${IS_SERVED} GROUP BY ALL ORDER BY ALL`,
    { params: { topics, ...setAsideBy(served.map(({ compiled }) => compiled.view)) } },
  )
  return rows.map(row => ({ ...row, records: Number(row.records) }))
}
