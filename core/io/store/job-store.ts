import type { HeldView } from '../../model/held-view.ts'
import type { ClickHouse } from '../clickhouse/client.ts'

/** A batch job as it is kept: what it was to do, how it went, what it found. */
export interface JobRecord {
  readonly id: string
  readonly kind: string
  readonly state: 'running' | 'done' | 'failed'
  readonly startedAtMs: number
  readonly endedAtMs: number | undefined
  /** The generation it published. */
  readonly generation: number | undefined
  readonly records: number | undefined
  /** Blocks in which the layers differed. */
  readonly drift: readonly unknown[]
  /** Views that wait for the chain of their new version. */
  readonly held: readonly string[]
  /** What they wait for; jobs of 0.1.0 did not say. */
  readonly waiting?: readonly HeldView[]
  readonly error: { readonly code: string | undefined; readonly message: string } | undefined
}

export async function saveJob(clickhouse: ClickHouse, job: JobRecord): Promise<void> {
  await clickhouse.command(
    'INSERT INTO jobs SELECT {id:String}, now64(3), {kind:String}, {state:String}, {body:String}',
    {
      params: { id: job.id, kind: job.kind, state: job.state, body: JSON.stringify(job) },
    },
  )
}

/** The newest jobs, newest first. */
export async function readJobs(clickhouse: ClickHouse, limit: number): Promise<JobRecord[]> {
  const rows = await clickhouse.rows<{ latest: string }>(
    'SELECT argMax(body, at) AS latest FROM jobs GROUP BY id ORDER BY id DESC LIMIT {limit:UInt32}',
    { params: { limit } },
  )
  return rows.map(row => JSON.parse(row.latest) as JobRecord)
}
