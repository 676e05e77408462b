import type { BatchHeartbeat } from '../../core/io/store/heartbeats.ts'
import { heldText } from '../../core/model/held-view.ts'
import type { PartitionStatus, Status, StreamStatus } from '../../serving/status.ts'
import { duration, grouped } from './numbers.ts'
import { statusProblems } from './status-problems.ts'
import { textTable } from './table.ts'

/**
 * The platform in one line: what came in, how fast, how fresh answers are, how much of it the batch layer has, and
 * the number of problems where there are any.
 */
export function statusLine(status: Status): string {
  const total = status.streams.map(countsOf).reduce(addCounts, { in: 0, batch: 0 })
  const rate = status.streams.reduce((sum, stream) => sum + stream.recordsPerSecond, 0)
  const quarantined = status.quarantined.reduce((sum, { records }) => sum + records, 0)
  return [
    `${grouped(total.in)} events in`,
    `${grouped(rate)}/s`,
    `fresh ${freshnessText(status.streams)}`,
    status.generation === null ? 'no generation yet' : `generation ${status.generation.seq}`,
    `cut ${grouped(total.batch)} (${total.in === 0 ? 0 : Math.floor((100 * total.batch) / total.in)} %)`,
    `${grouped(quarantined)} quarantined`,
    ...problemsCount(statusProblems(status).length),
  ].join(' · ')
}

function problemsCount(count: number): string[] {
  if (count === 0) return []
  return [`${count} ${count === 1 ? 'problem' : 'problems'} (twofold status)`]
}

/**
 * The platform on a screen: what is wrong, the generation, streams with their partitions, layers, the next batch
 * job, and what was set aside.
 */
export function statusText(status: Status): string {
  return [
    problemsText(status),
    generationText(status),
    ...status.streams.map(streamText),
    layersText(status),
    quarantineText(status),
  ]
    .filter(part => part !== '')
    .join('\n\n')
}

function problemsText(status: Status): string {
  const problems = statusProblems(status)
  return problems.length === 0 ? '' : ['Problems', ...problems.map(problem => `- ${problem}`)].join('\n')
}

function generationText({ generation }: Status): string {
  if (generation === null) return 'No generation is published yet: all answers come from the speed layer.'
  const { seq, publishedAtMs, reason, paused, rolledBackTo } = generation
  const back = rolledBackTo === null ? '' : ` to generation ${rolledBackTo}`
  const pause = paused ? '; scheduled batch runs are paused' : ''
  return `Generation ${seq}, published ${new Date(publishedAtMs).toISOString()} (${reason}${back})${pause}`
}

function streamText(stream: StreamStatus): string {
  const { in: events, batch } = countsOf(stream)
  const head = `Stream ${stream.topic}: ${grouped(events)} events, ${grouped(batch)} below the cut, ${grouped(stream.recordsPerSecond)}/s, fresh ${freshnessText([stream])}`
  const header = ['partition', 'begin', 'cut', 'archived', 'speed', 'log end', 'lag', 'fresh']
  const rows = stream.partitions.map(
    ({ partition, begin, cut, archivedEnd, speedEnd, logEnd, lag, freshnessMs }) => [
      ...[partition, begin, cut, archivedEnd, speedEnd, logEnd, lag].map(value =>
        value === null ? '?' : String(value),
      ),
      freshnessMs === null ? '?' : duration(freshnessMs),
    ],
  )
  const table = textTable(
    header,
    rows,
    header.map(() => true),
  )
  return [head, table, ...stream.partitions.flatMap(lostText)].join('\n')
}

function lostText({ partition, lost }: PartitionStatus): string[] {
  return lost === null || lost === 0
    ? []
    : [`Of partition ${partition}, ${grouped(lost)} offsets were declared lost.`]
}

function layersText(status: Status): string {
  const running = [...new Set(status.layers.map(({ layer }) => layer))].sort()
  return [`Layers alive: ${running.length === 0 ? 'none' : running.join(', ')}`, ...nextJobText(status)].join(
    '\n',
  )
}

/** What the batch layer does, or when it does something next. */
function nextJobText({ layers, generation }: Status): string[] {
  const [batch] = layers.filter(({ layer }) => layer === 'batch')
  if (batch === undefined) return []
  const { job, nextJobAtMs, waiting = [] } = batch.body as BatchHeartbeat
  const held = waiting.map(heldText)
  if (job !== undefined)
    return [`Batch job at work: ${job.kind}, ${Math.floor(100 * job.progress)} %`, ...held]
  if (nextJobAtMs === undefined || generation?.paused === true) return held
  return [`Next batch job: ${new Date(nextJobAtMs).toISOString()}`, ...held]
}

function quarantineText({ quarantined }: Status): string {
  if (quarantined.length === 0) return ''
  const rows = quarantined.map(({ stream, view, reason, records }) => [
    stream,
    view,
    reason,
    grouped(records),
  ])
  return `Quarantined\n${textTable(['stream', 'view', 'reason', 'records'], rows, [false, false, false, true])}`
}

interface Counts {
  readonly in: number
  readonly batch: number
}

/** Offsets from the beginning of each partition to its end, and to its cut. */
function countsOf({ partitions }: StreamStatus): Counts {
  return partitions
    .map(({ begin, cut, speedEnd, logEnd, archivedEnd }) => ({
      in: Math.max(logEnd ?? 0, speedEnd ?? 0, archivedEnd ?? 0, begin) - begin,
      batch: Math.max(0, cut - begin),
    }))
    .reduce(addCounts, { in: 0, batch: 0 })
}

function addCounts(a: Counts, b: Counts): Counts {
  return { in: a.in + b.in, batch: a.batch + b.batch }
}

/** Of the stream that lags most; unknown where one of them has no speed layer. */
function freshnessText(streams: readonly StreamStatus[]): string {
  const worst = streams.map(({ freshnessMs }) => freshnessMs ?? Number.POSITIVE_INFINITY)
  return worst.every(Number.isFinite) ? duration(Math.max(0, ...worst)) : '?'
}
