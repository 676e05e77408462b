import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeSegment } from '../../../batch-layer/archive/write-segment.ts'
import { compileDecoder } from '../../../core/decode/compile.ts'
import { Duplicates } from '../../../core/decode/deduplicate/duplicates.ts'
import { decodeEvents } from '../../../core/decode/event-batch.ts'
import { stream, t } from '../../../core/index.ts'
import { learnIds } from '../../../core/io/archive/learn-ids.ts'
import { partitionFolder } from '../../../core/io/archive/segment-chain.ts'
import { decoderId } from '../../../core/io/decoder-id.ts'
import { openDuckDB } from '../../../core/io/duckdb/session.ts'
import { nodeFiles } from '../../../core/io/files.ts'
import type { RecordBatch } from '../../../core/model/record.ts'

export interface DeduplicationFigures {
  readonly within: number
  /** CPU time of an event, decoded, weighed and marked; without an id, it is not marked. */
  readonly ns: number
  readonly withoutNs: number
  /** Of one partition's window when it is full: on average, and the most, for an id of it. */
  readonly bytesPerId: number
  readonly mostBytesPerId: number
  /** CPU time of reading the ids of a window from the archive, for a million. */
  readonly readMs: number
}

const BATCH_EVENTS = 50_000

const events = stream({
  topic: 'events',
  time: 'ts',
  schema: { ts: t.timestamp('ms'), event_id: t.string(), amount: t.decimal(12, 2) },
  id: 'event_id',
})
const decoder = compileDecoder(events)

/** Times events with a UUID for their id, one in ten of them repeated, through windows of several lengths. */
export async function benchDeduplication(
  withins: readonly number[] = [100_000, 1_000_000],
): Promise<DeduplicationFigures[]> {
  const figures: DeduplicationFigures[] = []
  for (const within of withins) figures.push({ ...timeWindow(within), readMs: await timeReading(within) })
  return figures
}

/** Fills the window, and then times as many events again, of which each batch is decoded with and without it. */
function timeWindow(within: number): Omit<DeduplicationFigures, 'readMs'> {
  const duplicates = new Duplicates({ column: 'event_id', within })
  duplicates.begin(0, 0)
  const batches = Math.ceil((2 * within) / BATCH_EVENTS)
  const bytes: number[] = []
  let [ns, withoutNs, timed] = [0, 0, 0]
  for (let index = 0; index < batches; index++) {
    const batch = batchFrom(index * BATCH_EVENTS)
    const marked = cpuNs(() => decodeEvents('x', [batch], decoder, duplicates))
    const plain = cpuNs(() => decodeEvents('x', [batch], decoder))
    if (index < batches / 2) continue
    ns += marked
    withoutNs += plain
    timed += BATCH_EVENTS
    bytes.push(duplicates.memoryBytes / within)
  }
  return {
    within,
    ns: ns / timed,
    withoutNs: withoutNs / timed,
    bytesPerId: bytes.reduce((sum, value) => sum + value, 0) / bytes.length,
    mostBytesPerId: Math.max(...bytes),
  }
}

async function timeReading(within: number): Promise<number> {
  const archive = mkdtempSync(join(tmpdir(), 'twofold-bench-'))
  mkdirSync(partitionFolder(archive, events.topic, 0), { recursive: true })
  const duckdb = await openDuckDB({ threads: 1, memoryLimitMb: 1000, tempDirectory: archive })
  try {
    const session = await duckdb.session()
    const writer = {
      archive,
      topic: events.topic,
      topicId: 'x',
      decoder,
      decoderId: decoderId(events),
      session,
    }
    const segment = (await writeSegment({ ...writer, files: nodeFiles }, batchFrom(0, within)))!
    const duplicates = new Duplicates({ column: 'event_id', within })
    duplicates.begin(0, 0)
    const before = process.cpuUsage()
    await learnIds({ session, archive, stream: events, decoder, duplicates }, [
      { segment, start: 0, end: within },
    ])
    const { user, system } = process.cpuUsage(before)
    return ((user + system) * 1000) / within
  } finally {
    await duckdb.close()
    rmSync(archive, { recursive: true, force: true })
  }
}

function cpuNs(run: () => void): number {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) * 1000
}

function batchFrom(start: number, count = BATCH_EVENTS): RecordBatch {
  const records = Array.from({ length: count }, (_, index) => {
    const offset = start + index
    const number = offset % 10 === 0 ? offset - (offset % 1000) : offset
    const digits = (Math.imul(number, 2_654_435_761) >>> 0).toString(16).padStart(8, '0')
    const id = `${digits}-0000-4000-8000-${number.toString(16).padStart(12, '0')}`
    const text = `{"ts":${1_750_000_000_000 + offset},"event_id":"${id}","amount":12.5}`
    return { offset, timestampMs: 0, key: null, value: Buffer.from(text), headers: [] }
  })
  return { partition: 0, start, end: start + count, records }
}
