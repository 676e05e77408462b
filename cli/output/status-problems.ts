import type { BatchHeartbeat, Heartbeat, SpeedHeartbeat } from '../../core/io/store/heartbeats.ts'
import type { JobRecord } from '../../core/io/store/job-store.ts'
import type { JobStatus, Status } from '../../serving/status.ts'
import { grouped } from './numbers.ts'

/** What is wrong with the platform, a sentence for each thing that somebody may have to do something about. */
export function statusProblems(status: Status): string[] {
  return [
    ...missingLayers(status),
    ...speedProblems(status),
    ...streamWarnings(status),
    ...unreadPartitions(status),
    ...archiverProblems(status),
    ...batchProblems(status),
    ...drifts(status),
    ...pause(status),
  ].map(problem => problem.replace(/\s*\n\s*/g, ' '))
}

const WITHOUT: Readonly<Partial<Record<Heartbeat['layer'], string>>> = {
  ingest: 'no events come in over HTTP',
  speed: 'new events do not reach answers',
  batch: 'nothing is archived or recomputed',
}

function missingLayers({ layers }: Status): string[] {
  const alive = new Set<string>(layers.map(({ layer }) => layer))
  return Object.entries(WITHOUT)
    .filter(([layer]) => !alive.has(layer))
    .map(([layer, consequence]) => `The ${layer} layer gives no sign of life: ${consequence}.`)
}

function speedProblems({ layers }: Status): string[] {
  return bodiesOf<SpeedHeartbeat>(layers, 'speed')
    .flatMap(({ streams }) => streams)
    .filter(({ state, error }) => state !== 'running' || error !== undefined)
    .map(({ topic, lanes, state, error }) => {
      const lane = `${lanes.length === 1 ? 'Lane' : 'Lanes'} ${lanes.join(', ')} of ${topic}`
      return error === undefined ? `${lane} is ${state}.` : `${lane} tries again after: ${error}`
    })
}

/** What is likely to be wrong with a stream's events; each of its lanes may have noticed it. */
function streamWarnings({ layers }: Status): string[] {
  const warned = bodiesOf<SpeedHeartbeat>(layers, 'speed').flatMap(({ streams }) =>
    streams.flatMap(({ topic, warning }) => (warning === undefined ? [] : [[topic, warning] as const])),
  )
  return [...new Map(warned)].map(([topic, warning]) => `Stream ${topic}: ${warning}`)
}

/** Where a speed layer runs, and none of its workers holds the lane of a partition. */
function unreadPartitions({ streams, layers }: Status): string[] {
  if (!layers.some(({ layer }) => layer === 'speed')) return []
  return streams.flatMap(({ topic, partitions }) => {
    const unread = partitions
      .filter(({ speedEnd, logEnd }) => speedEnd === null && logEnd === null)
      .map(({ partition }) => partition)
    return unread.length === 0 ? [] : [`No speed worker reads ${topic} in partition ${unread.join(', ')}.`]
  })
}

function archiverProblems({ layers }: Status): string[] {
  return bodiesOf<BatchHeartbeat>(layers, 'batch')
    .flatMap(({ streams }) => streams)
    .filter(({ error }) => error !== undefined)
    .map(({ topic, error }) => `The archiver of ${topic} tries again after: ${error}`)
}

function batchProblems({ layers, jobs }: Status): string[] {
  const failed = failedJobs(jobs)
  const told = failed.map(job => recordOf(job)?.error?.message)
  const scheduled = bodiesOf<BatchHeartbeat>(layers, 'batch')
    .map(({ lastError }) => lastError)
    .filter(error => error !== undefined && !told.includes(error))
    .map(error => `The last scheduled batch job could not be done: ${error}`)
  const recorded = failed.map(
    job =>
      `The ${job.kind} job ${job.id} failed at ${job.at}: ${recordOf(job)?.error?.message ?? 'no reason kept'}`,
  )
  return [...scheduled, ...recorded]
}

/** The newest failure of each kind that nothing has made up for: a full recompute does the work of any other job. */
function failedJobs(jobs: readonly JobStatus[]): JobStatus[] {
  const settled = new Set<string>()
  const failed: JobStatus[] = []
  // The newest come first.
  for (const job of jobs.filter(({ state }) => state !== 'running')) {
    if (!settled.has(job.kind) && job.state === 'failed') failed.push(job)
    settled.add(job.kind)
    if (job.kind === 'full' && job.state === 'done') break
  }
  return failed
}

function drifts({ jobs }: Status): string[] {
  return jobs.flatMap(job => {
    const { drift = [], generation } = recordOf(job) ?? {}
    if (drift.length === 0) return []
    const blocks = `${grouped(drift.length)} ${drift.length === 1 ? 'block' : 'blocks'}`
    return [
      `The ${job.kind} job ${job.id} found ${blocks} in which the layers differed; generation ${generation} has healed them. \`twofold status --json\` lists them.`,
    ]
  })
}

function pause({ generation }: Status): string[] {
  return generation?.paused === true ? ['Scheduled batch runs are paused: `twofold batch resume`.'] : []
}

function bodiesOf<Body>(layers: readonly Heartbeat[], layer: Heartbeat['layer']): Body[] {
  return layers.filter(beat => beat.layer === layer).map(({ body }) => body as Body)
}

/** What the batch layer kept of a job. */
function recordOf({ body }: JobStatus): Partial<JobRecord> | undefined {
  return (body as JobRecord | null) ?? undefined
}
