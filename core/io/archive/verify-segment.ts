import { TwofoldError } from '../../model/errors.ts'
import type { Segment } from '../../model/segment.ts'
import type { Files } from '../files.ts'
import { segmentPath } from './segment-chain.ts'

/** Holds a segment's file against its descriptor. @throws SEGMENT_DAMAGED where it is missing or not the same to the bit */
export async function verifySegment(files: Files, archive: string, segment: Segment): Promise<void> {
  const path = segmentPath(archive, segment)
  const damage = await damageOf(files, path, segment)
  if (damage === undefined) return
  const { topic, partition, start, end } = segment
  throw new TwofoldError(
    'SEGMENT_DAMAGED',
    `The segment ${path} (topic ${topic}, partition ${partition}, offsets ${start} to ${end}) ${damage}.`,
    { details: { path, topic, partition, start, end, damage } },
  )
}

/** What is wrong with a file, as the rest of a sentence about it. */
async function damageOf(files: Files, path: string, segment: Segment): Promise<string | undefined> {
  const described = await orMissing(files.describe(path))
  if (described === undefined) return 'is missing'
  if (described.sizeBytes !== segment.sizeBytes)
    return `has ${described.sizeBytes} bytes instead of ${segment.sizeBytes}`
  const found = await orMissing(files.sha256(path))
  if (found === segment.sha256) return undefined
  return found === undefined
    ? 'is missing'
    : 'does not have the checksum that was recorded when it was written'
}

async function orMissing<T>(found: Promise<T>): Promise<T | undefined> {
  return found.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}
