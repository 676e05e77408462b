import type { KafkaDriver, KafkaProducer, ProducerRecord } from '../../core/io/kafka/driver.ts'
import { murmur2 } from '../../core/io/kafka/partitioner.ts'
import { crashPoint } from '../../core/io/process/crash-point.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { type EventStream, openEventStream } from '../event/event-stream.ts'
import type { FileOptions, FileReading } from './file-options.ts'
import type { FileSource, RowBatch } from './file-source.ts'
import { FormatsSample, timesOf } from './formats-taken.ts'
import { dialectOf, importIdOf, markWriter } from './import-mark.ts'
import { type ImportProgress, readImportProgress } from './import-progress.ts'
import { type ImportCounts, ImportReport, type ImportResult } from './import-report.ts'
import { openFileSource } from './open-file-source.ts'
import { prefetch } from './prefetch.ts'
import { RateLimiter } from './rate-limiter.ts'

export interface ImportOptions {
  readonly driver: KafkaDriver
  readonly stream: StreamDefinition
  readonly path: string
  /** How to read the file; what is left out is found in it. */
  readonly file?: FileOptions
  /** Events a second, or a limiter whose rate can change while the import runs; no limit by default. */
  readonly ratePerSecond?: number | RateLimiter
  /** Goes on where the last run of this import ended, however it ended. By default all rows are produced anew. */
  readonly resume?: boolean
  /** Rows `[startRow, endRow)`, counted from 0; the whole file by default. */
  readonly startRow?: number
  readonly endRow?: number
  /** Told how the file is read, before anything of it is produced. */
  readonly onReading?: (reading: FileReading) => void
  readonly onProgress?: (counts: ImportCounts) => void
  /** Ends the import early, with all that was produced acknowledged. */
  readonly signal?: AbortSignal
}

/**
 * Imports a file into a stream. The rows of each partition are produced in the file's order; rows that the stream's
 * decoder rejects are counted and reported, and never stop the import. Memory does not grow with the file.
 *
 * With `resume`, each row is produced once over all runs, whatever ended them: records carry the header
 * `twofold-import`, which is read back from Kafka. Only one run of an import may be active at a time.
 *
 * @throws FILE_UNREADABLE, FILE_FORMAT_UNKNOWN, FILE_OPTION_INVALID, TOPIC_NOT_FOUND, PRODUCE_FAILED, KAFKA_UNAVAILABLE
 * @throws IMPORT_DIALECT_CHANGED where an earlier run read the file in another way
 * @throws IMPORT_POSITION_LOST where Kafka no longer tells how far an earlier run came
 */
export async function importFile(options: ImportOptions): Promise<ImportResult> {
  const { driver, stream, path } = options
  const source = await openFileSource(path, stream, options.file)
  try {
    const importId = await importIdOf(stream.topic, path)
    const dialect = dialectOf(source.fingerprint)
    const resumed = options.resume ? await readImportProgress(driver, stream.topic, importId) : undefined
    if (resumed !== undefined && resumed.run.dialect !== dialect) throw dialectChanged(path)
    const progress = resumed ?? (await newRun(driver, stream.topic, importId, dialect))
    options.onReading?.(source.reading)
    const producer = await driver.openProducer({ compression: 'lz4' })
    try {
      return await new FileImport(options, source, progress, producer).run()
    } finally {
      await producer.close()
    }
  } finally {
    await source.close()
  }
}

async function newRun(
  driver: KafkaDriver,
  topic: string,
  importId: string,
  dialect: string,
): Promise<ImportProgress> {
  const description = await driver.describeTopic(topic)
  if (description === undefined)
    throw new TwofoldError('TOPIC_NOT_FOUND', `There is no topic "${topic}" to import into.`)
  const run = { importId, startedAtMs: Date.now(), partitions: description.partitions.length, dialect }
  return { run, lastRows: new Map() }
}

/** Read otherwise, rows may have other numbers and keys: which of them are there could not be told. */
function dialectChanged(path: string): TwofoldError {
  return new TwofoldError(
    'IMPORT_DIALECT_CHANGED',
    `The import of ${path} cannot be resumed: the run before read the file in another way.`,
    { details: { path } },
  )
}

class FileImport {
  readonly #source: FileSource
  readonly #progress: ImportProgress
  readonly #producer: KafkaProducer
  readonly #topic: string
  readonly #stream: EventStream
  readonly #limiter: RateLimiter
  readonly #signal: AbortSignal
  readonly #rows: { readonly start: number; readonly end: number }
  readonly #report: ImportReport
  readonly #formats: FormatsSample

  constructor(options: ImportOptions, source: FileSource, progress: ImportProgress, producer: KafkaProducer) {
    const { stream, ratePerSecond = Infinity, startRow = 0, endRow = Infinity } = options
    this.#source = source
    this.#progress = progress
    this.#producer = producer
    this.#topic = stream.topic
    this.#stream = openEventStream(stream)
    this.#limiter = typeof ratePerSecond === 'number' ? new RateLimiter(ratePerSecond) : ratePerSecond
    this.#signal = options.signal ?? new AbortController().signal
    this.#rows = { start: startRow, end: endRow }
    this.#report = new ImportReport(source, options.onProgress)
    this.#formats = new FormatsSample(stream)
  }

  async run(): Promise<ImportResult> {
    const start = this.#firstRow()
    this.#report.skip(start - this.#rows.start)
    const mark = markWriter(this.#progress.run)
    // One call is under way while the next batch is read and checked; never two, or a failed one could leave a gap.
    let sending: Promise<void> = Promise.resolve()
    try {
      for await (const batch of prefetch(this.#source.batches(start, this.#rows.end))) {
        if (this.#signal.aborted) break
        const records = this.#recordsOf(batch, mark)
        await sending
        sending = this.#send(records, batch.end)
        sending.catch(() => {})
      }
    } catch (error) {
      await sending
      throw this.#brokenOff(error)
    }
    await sending
    const isWhole = this.#rows.end === Infinity
    const result = this.#report.finish(this.#signal.aborted, isWhole, await this.#source.unreadableRows())
    return { ...result, ...timesOf(this.#formats, this.#stream) }
  }

  /** A file that turns out unreadable on the way: what was produced before is told, and stays. */
  #brokenOff(error: unknown): unknown {
    const { rows, produced } = this.#report.counts()
    const isOnTheWay = error instanceof TwofoldError && error.code === 'FILE_UNREADABLE' && produced > 0
    if (!isOnTheWay) return error
    const message = `${error.message} Of the ${rows} rows before that, ${produced} were produced, and stay.`
    return new TwofoldError('FILE_UNREADABLE', message, {
      details: { ...error.details, rows, produced },
      hint: 'Import the rows that follow from a file of their own: this file again would bring its first rows again.',
      cause: error,
    })
  }

  /** The first row that some partition may lack. */
  #firstRow(): number {
    const { run, lastRows } = this.#progress
    const complete = Array.from(
      { length: run.partitions },
      (_, partition) => (lastRows.get(partition) ?? -1) + 1,
    )
    return Math.min(Math.max(this.#rows.start, Math.min(...complete)), this.#rows.end)
  }

  /** The records to produce; a row that its partition has already is left out. */
  #recordsOf(batch: RowBatch, mark: ReturnType<typeof markWriter>): ProducerRecord[] {
    const { events, rejections } = this.#stream.check(batch.values)
    this.#report.read(batch, rejections)
    this.#formats.see(events)
    const { run, lastRows } = this.#progress
    const records: ProducerRecord[] = []
    for (const { row: index, key, value } of events) {
      const row = batch.rows[index]!
      const partition = (key === null ? row : murmur2(key) & 0x7fffffff) % run.partitions
      if (row <= (lastRows.get(partition) ?? -1)) continue
      records.push({ key, value, partition, headers: mark(row) })
    }
    this.#report.skip(events.length - records.length)
    return records
  }

  /** @param end how far into the file the records reach */
  async #send(records: readonly ProducerRecord[], end: number): Promise<void> {
    const { done } = this.#report.counts()
    for (let start = 0; start < records.length; ) {
      const count = await this.#limiter.take(records.length - start, this.#signal)
      if (count === 0) return
      await this.#producer.send(this.#topic, records.slice(start, start + count))
      crashPoint('import: acknowledged')
      this.#report.produced(count)
      start += count
      this.#report.reached(done + Math.floor(((end - done) * start) / records.length))
    }
    // Also where there was nothing to send: rows that are skipped or rejected are done.
    this.#report.reached(end)
  }
}
