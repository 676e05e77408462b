import type { HeldView } from '../../model/held-view.ts'
import type { ClickHouse } from '../clickhouse/client.ts'

/** A running process's word about itself. */
export interface Heartbeat<Body = unknown> {
  readonly layer: 'ingest' | 'speed' | 'batch' | 'serving'
  readonly instance: string
  readonly ageMs: number
  readonly body: Body
}

/** What a speed worker tells of the lanes it holds. */
export interface SpeedHeartbeat {
  readonly streams: readonly SpeedStreamState[]
}

export interface SpeedStreamState {
  readonly topic: string
  readonly lanes: readonly number[]
  readonly views: readonly { readonly name: string; readonly version: string }[]
  /** Everything acknowledged by Kafka before this moment (ms since 1970) is in answers; 0 where not yet known. */
  readonly freshAtMs: number
  readonly partitions: readonly {
    readonly partition: number
    /** Below it, all is in answers; null where no chain has been read yet. */
    readonly position: number | null
    /** As Kafka said last; null where it does not say. */
    readonly logEnd: number | null
    /** The same moment for this partition alone. */
    readonly freshAtMs: number
  }[]
  readonly recordsPerSecond: number
  readonly state: 'running' | 'waiting' | 'stopped'
  readonly error: string | undefined
  /** What is likely to be wrong with the events, though nothing fails. */
  readonly warning?: string
}

/** What the batch layer tells of its archiver and its schedule. */
export interface BatchHeartbeat {
  readonly streams: readonly {
    readonly topic: string
    readonly partitions: readonly {
      readonly partition: number
      readonly archivedEnd: number
      /** Offsets below it that were declared lost. */
      readonly lost: number
    }[]
    readonly error: string | undefined
  }[]
  readonly job: { readonly kind: string; readonly progress: number } | undefined
  /** When the next job is due, ms since 1970. */
  readonly nextJobAtMs: number | undefined
  readonly lastError: string | undefined
  /** Views whose new version waits for its chain; the batch layer of 0.1.0 does not say. */
  readonly waiting?: readonly HeldView[]
}

export async function writeHeartbeat(clickhouse: ClickHouse, beat: Omit<Heartbeat, 'ageMs'>): Promise<void> {
  await clickhouse.command(
    'INSERT INTO heartbeats SELECT {layer:String}, {instance:String}, now64(3), {body:String}',
    {
      params: { layer: beat.layer, instance: beat.instance, body: JSON.stringify(beat.body) },
      timeoutMs: 5000,
    },
  )
}

/** The newest word of each process heard of within `withinMs`. */
export async function readHeartbeats(clickhouse: ClickHouse, withinMs: number): Promise<Heartbeat[]> {
  const rows = await clickhouse.rows<{
    layer: Heartbeat['layer']
    instance: string
    age: string
    latest: string
  }>(
    `SELECT layer, instance, toInt64(dateDiff('millisecond', max(at), now64(3))) AS age, argMax(body, at) AS latest
     FROM heartbeats GROUP BY layer, instance HAVING age <= {withinMs:Int64} ORDER BY layer, instance`,
    { params: { withinMs } },
  )
  return rows.map(row => ({
    layer: row.layer,
    instance: row.instance,
    ageMs: Number(row.age),
    body: JSON.parse(row.latest),
  }))
}
