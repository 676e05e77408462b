import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Archiver } from '../../batch-layer/archive/archiver.ts'
import { compileDecoder } from '../../core/decode/compile.ts'
import { walkChain } from '../../core/io/archive/segment-chain.ts'
import { verifySegment } from '../../core/io/archive/verify-segment.ts'
import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { decoderId } from '../../core/io/decoder-id.ts'
import type { DuckDBSession } from '../../core/io/duckdb/session.ts'
import { type Files, nodeFiles } from '../../core/io/files.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { LawBroken } from './check.ts'
import { type End, Ended, ForgetfulDisk } from './forgetful-disk.ts'
import type { MemoryLog } from './memory-log.ts'

/** Records of a segment, so that a short log makes several. */
const SEGMENT_RECORDS = 3

/** What archivers of one stream share. The log has one partition. */
export interface ArchiveParts {
  readonly log: MemoryLog
  readonly stream: StreamDefinition
  readonly clickhouse: ClickHouse
  readonly session: DuckDBSession
  /** A folder for disks. */
  readonly folder: string
  /** What an archiver's calls go through on their way to the disk. */
  readonly through: (disk: Files) => Files
}

/**
 * Archivers one after the other on one disk, each ending as `ends` says and the last one at the end of the log; then
 * the power is cut once more. Whatever an archiver has told to be archived stays so, what is archived is whole, and in
 * the end it is the log, each range once.
 *
 * @returns how many of `ends` were met before an archiver came to the end of the log
 * @throws LawBroken
 */
export async function archiveThrough(parts: ArchiveParts, ends: readonly End[]): Promise<number> {
  const disk = new ForgetfulDisk(freshFolder(parts.folder))
  let told = 0
  for (const [met, end] of ends.entries()) {
    const process = await archive(parts, disk.files(end))
    told = Math.max(told, process.end)
    await assertArchived(parts, told)
    if (!process.hasEnded) return met
  }
  await archive(parts, disk.files())
  disk.cutPower('none')
  await assertArchived(parts, parts.log.end(0))
  return ends.length
}

/** Runs something for each step of an archiver from an empty disk to the end of the log; it answers 0 beyond the last. */
export async function eachStep(run: (beforeStep: number) => Promise<number>): Promise<number> {
  for (let step = 1; ; step++) if ((await run(step)) === 0) return step - 1
}

/** One archiver, until it has come to the end of the log or has ended before. */
async function archive(parts: ArchiveParts, disk: Files): Promise<{ end: number; hasEnded: boolean }> {
  const { log, stream, clickhouse, session } = parts
  const archiver = new Archiver({
    stream,
    driver: log.driver(),
    clickhouse,
    session,
    files: parts.through(disk),
    archive: archiveIn(parts),
    decoder: compileDecoder(stream),
    decoderId: decoderId(stream),
    segmentRecords: SEGMENT_RECORDS,
    segmentBytes: 100_000,
    flushMs: 0,
    refreshMs: 60_000,
  })
  const stopping = new AbortController()
  let hasEnded = false
  const running = archiver.run(stopping.signal).catch(error => {
    if (!(error instanceof Ended)) throw error
    hasEnded = true
  })
  while (!hasEnded && (archiver.ends.get(0) ?? 0) < log.end(0)) await Promise.race([running, sleep(2)])
  stopping.abort()
  await running
  return { end: archiver.ends.get(0) ?? log.begin(0), hasEnded }
}

/** @throws LawBroken where what was told to be archived is not, or what is archived is not what the log has */
async function assertArchived(parts: ArchiveParts, told: number): Promise<void> {
  const { log } = parts
  const origin = { topic: log.topic, topicId: log.topicId, partition: 0, begin: log.begin(0) }
  const { segments, end } = await walkChain(nodeFiles, archiveIn(parts), origin)
  if (end < told) throw new LawBroken(`the archive had come to offset ${told}, and now ends at ${end}`)
  for (const segment of segments) await verifySegment(nodeFiles, archiveIn(parts), segment)
  const found = segments.reduce((sum, segment) => BigInt.asUintN(64, sum + BigInt(segment.digest)), 0n)
  const expected = log.below({ 0: end }).reduce((sum, record) => BigInt.asUintN(64, sum + record.hash), 0n)
  if (found !== expected) throw new LawBroken(`the archive's digest is ${found}, the log's ${expected}`)
}

function archiveIn({ folder }: ArchiveParts): string {
  return join(folder, 'disk', 'archive')
}

function freshFolder(folder: string): string {
  const disk = join(folder, 'disk')
  rmSync(disk, { recursive: true, force: true })
  mkdirSync(disk, { recursive: true })
  return disk
}
