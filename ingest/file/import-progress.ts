import type { KafkaDriver, PartitionOffsets, TopicReader } from '../../core/io/kafka/driver.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import { type ImportMark, type ImportRun, readMark } from './import-mark.ts'

/** How far a run of an import came: per partition the last row that stands in Kafka; none where there is none yet. */
export interface ImportProgress {
  readonly run: ImportRun
  readonly lastRows: ReadonlyMap<number, number>
}

const LIMITS = { maxWaitMs: 500, maxBytes: 16 << 20, maxPartitionBytes: 4 << 20 }
const FIRST_WINDOW = 256
const LAST_WINDOW = 65_536

/**
 * Reads back from Kafka how far the newest run of an import came, or answers `undefined` where there is none. Rows
 * are produced in order in each partition, so the last record of a partition tells which rows are there: all of that
 * partition up to its own. Partitions are searched from their ends; other producers' records are passed over.
 *
 * @throws TOPIC_NOT_FOUND
 * @throws IMPORT_POSITION_LOST where Kafka no longer holds the records that would tell
 */
export async function readImportProgress(
  driver: KafkaDriver,
  topic: string,
  importId: string,
): Promise<ImportProgress | undefined> {
  const description = await driver.describeTopic(topic)
  if (description === undefined)
    throw new TwofoldError('TOPIC_NOT_FOUND', `There is no topic "${topic}" to import into.`)
  const offsets = await driver.offsets(topic)
  const reader = await driver.openReader(topic, description.topicId)
  try {
    const marks = new Map<number, ImportMark>()
    for (const [partition, range] of offsets) {
      const mark = await findLastMark(reader, partition, range, importId)
      if (mark !== undefined) marks.set(partition, mark)
    }
    return progressOf(topic, marks, offsets)
  } finally {
    await reader.close()
  }
}

/** A partition whose last mark is of an older run has nothing of the newest one. */
function progressOf(
  topic: string,
  marks: ReadonlyMap<number, ImportMark>,
  offsets: ReadonlyMap<number, PartitionOffsets>,
): ImportProgress | undefined {
  const newest = [...marks.values()].reduce<ImportMark | undefined>(
    (best, mark) => (best === undefined || mark.startedAtMs > best.startedAtMs ? mark : best),
    undefined,
  )
  const lastRows = new Map<number, number>()
  for (const [partition, { earliest }] of offsets) {
    const mark = marks.get(partition)
    if (mark !== undefined && mark.startedAtMs === newest!.startedAtMs) lastRows.set(partition, mark.row)
    else if (mark === undefined && earliest > 0) throw positionLost(topic, partition, earliest)
  }
  if (newest === undefined) return undefined
  const { row: _, ...run } = newest
  return { run, lastRows }
}

async function findLastMark(
  reader: TopicReader,
  partition: number,
  { earliest, end }: PartitionOffsets,
  importId: string,
): Promise<ImportMark | undefined> {
  let windowEnd = end
  for (let size = FIRST_WINDOW; windowEnd > earliest; size = Math.min(size * 4, LAST_WINDOW)) {
    const start = Math.max(earliest, windowEnd - size)
    const mark = await lastMarkIn(reader, partition, start, windowEnd, importId)
    if (mark !== undefined) return mark
    windowEnd = start
  }
  return undefined
}

async function lastMarkIn(
  reader: TopicReader,
  partition: number,
  start: number,
  end: number,
  importId: string,
): Promise<ImportMark | undefined> {
  let last: ImportMark | undefined
  for (let position = start; position < end; ) {
    const [batch] = await reader.fetch(new Map([[partition, position]]), LIMITS)
    if (batch === undefined) continue
    for (const record of batch.records) {
      if (record.offset < end) last = readMark(record.headers, importId) ?? last
    }
    position = batch.end
  }
  return last
}

function positionLost(topic: string, partition: number, earliest: number): TwofoldError {
  const message =
    `How far the import into "${topic}" came cannot be told: partition ${partition} has lost its records below ` +
    `offset ${earliest}, and none of those that are left is of this import.`
  return new TwofoldError('IMPORT_POSITION_LOST', message, { details: { topic, partition, earliest } })
}
