import { join } from 'node:path'
import { TwofoldError } from '../../model/errors.ts'
import type { PartitionOrigin } from '../../model/partition.ts'
import type { Segment } from '../../model/segment.ts'
import type { Files } from '../files.ts'
import { parseDescriptor, startOfDescriptor } from './descriptor.ts'
import { assertOurs, partitionFolder } from './segment-chain.ts'
import { verifySegment } from './verify-segment.ts'

/** All that can be said of one partition's archive by looking at every file. Plain data. */
export interface PartitionInspection {
  readonly origin: PartitionOrigin
  /** Segments that are whole, ascending and without overlap. */
  readonly segments: readonly Segment[]
  /** Offsets that no whole segment holds, although something was archived, or is published, behind them. */
  readonly missing: readonly MissingRange[]
  /** Everything that is wrong, each with the names of the files it concerns. */
  readonly faults: readonly ArchiveFault[]
  /** Where the segments end, whole or not. */
  readonly end: number
  /** Data files that no descriptor of the partition names; the archiver may be writing one behind the end. */
  readonly unnamed: readonly string[]
}

export interface MissingRange {
  readonly start: number
  readonly end: number
  /** The descriptor of the damaged file that held exactly this range. */
  readonly known: Segment | undefined
}

export interface ArchiveFault {
  readonly error: TwofoldError
  /** Names in the partition's folder that have no place there. */
  readonly names: readonly string[]
}

/** Files this young may still be in the making. */
export const IN_THE_MAKING_MS = 10 * 60_000

/**
 * Looks at every file of a partition, and goes on after each fault. `published` is the highest cut of any generation:
 * so far the archive must reach. Segments that are linked meanwhile may be left out.
 */
export async function inspectPartition(
  files: Files,
  archive: string,
  origin: PartitionOrigin,
  published: number,
): Promise<PartitionInspection> {
  const folder = partitionFolder(archive, origin.topic, origin.partition)
  const names = (await files.list(folder)).sort()
  const found = await readDescriptors(files, archive, origin, names)
  const laid = lay(
    found.filter(({ segment }) => segment !== undefined),
    origin,
    published,
  )
  const named = new Set(found.map(({ segment }) => segment?.file))
  const unnamed = names.filter(name => name.endsWith('.parquet') && !named.has(name))
  return {
    origin,
    segments: laid.segments,
    missing: laid.missing,
    end: laid.end,
    unnamed,
    faults: [
      ...found.filter(isDamaged).map(({ name, damage }) => ({ error: damage, names: [name] })),
      ...laid.overlaps.map(({ name, segment }) => ({
        error: overlap(origin, join(folder, name), segment!),
        names: [name],
      })),
      ...laid.missing.filter(({ known }) => known === undefined).map(range => gap(origin, range)),
      ...(await findUnlinked(files, folder, origin, unnamed)),
    ],
  }
}

interface FoundDescriptor {
  readonly name: string
  /** `undefined` where it is not one of this partition's. */
  readonly segment: Segment | undefined
  readonly damage: TwofoldError | undefined
}

function isDamaged(found: FoundDescriptor): found is FoundDescriptor & { readonly damage: TwofoldError } {
  return found.damage !== undefined
}

async function readDescriptors(
  files: Files,
  archive: string,
  origin: PartitionOrigin,
  names: readonly string[],
): Promise<FoundDescriptor[]> {
  const found: FoundDescriptor[] = []
  for (const name of names) {
    if (startOfDescriptor(name) === undefined) continue
    const descriptor = await readDescriptor(files, archive, origin, name)
    if (descriptor !== undefined) found.push(descriptor)
  }
  return found
}

/** `undefined` where the descriptor has been set aside since the folder was listed. */
async function readDescriptor(
  files: Files,
  archive: string,
  origin: PartitionOrigin,
  name: string,
): Promise<FoundDescriptor | undefined> {
  const path = join(partitionFolder(archive, origin.topic, origin.partition), name)
  const text = await textOf(files, path)
  if (text === undefined) return undefined
  let segment: Segment | undefined
  try {
    const described = parseDescriptor(text, path)
    assertOurs(described, origin, startOfDescriptor(name)!, path)
    segment = described
    await verifySegment(files, archive, segment)
    return { name, segment, damage: undefined }
  } catch (error) {
    if (!(error instanceof TwofoldError)) throw error
    // A repair may have replaced it meanwhile: then the new one is looked at.
    if ((await textOf(files, path)) !== text) return readDescriptor(files, archive, origin, name)
    return { name, segment, damage: error }
  }
}

async function textOf(files: Files, path: string): Promise<string | undefined> {
  return files.readText(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

/** Lays the descriptors, in the order of their starts, end to end; what does not fit is an overlap or a gap. */
function lay(found: readonly FoundDescriptor[], origin: PartitionOrigin, published: number) {
  const segments: Segment[] = []
  const missing: MissingRange[] = []
  const overlaps: FoundDescriptor[] = []
  let position = origin.begin
  for (const descriptor of found) {
    const { segment, damage } = descriptor
    const { start, end } = segment!
    if (start < position) {
      overlaps.push(descriptor)
      continue
    }
    if (start > position) missing.push({ start: position, end: start, known: undefined })
    if (damage === undefined) segments.push(segment!)
    else missing.push({ start, end, known: segment })
    position = end
  }
  if (published > position) missing.push({ start: position, end: published, known: undefined })
  return { segments, missing, overlaps, end: position }
}

/** Data files that nothing names, other than those that may still be in the making. */
async function findUnlinked(
  files: Files,
  folder: string,
  origin: PartitionOrigin,
  names: readonly string[],
): Promise<ArchiveFault[]> {
  const unlinked: ArchiveFault[] = []
  for (const name of names) {
    const path = join(folder, name)
    const { modifiedMs } = await files.describe(path).catch(() => ({ modifiedMs: Number.POSITIVE_INFINITY }))
    if (Date.now() - modifiedMs < IN_THE_MAKING_MS) continue
    const error = new TwofoldError(
      'SEGMENT_UNLINKED',
      `The file ${path} of topic ${origin.topic}, partition ${origin.partition}, is named by no descriptor: it is no part of the archive.`,
      { details: { path, topic: origin.topic, partition: origin.partition } },
    )
    unlinked.push({ error, names: [name] })
  }
  return unlinked
}

function gap({ topic, partition }: PartitionOrigin, { start, end }: MissingRange): ArchiveFault {
  const error = new TwofoldError(
    'ARCHIVE_GAP',
    `The archive of ${topic}, partition ${partition}, has no segment of offsets ${start} to ${end}.`,
    { details: { topic, partition, start, end } },
  )
  return { error, names: [] }
}

function overlap({ topic, partition }: PartitionOrigin, path: string, { start, end }: Segment): TwofoldError {
  return new TwofoldError(
    'SEGMENT_OVERLAP',
    `The segment descriptor ${path} (topic ${topic}, partition ${partition}, offsets ${start} to ${end}) starts where the segments before it have been already.`,
    { details: { path, topic, partition, start, end } },
  )
}
