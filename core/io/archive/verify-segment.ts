import { TwofoldError } from '../../model/errors.ts'
import type { Segment } from '../../model/segment.ts'
import type { Files } from '../files.ts'
import { segmentPath } from './segment-chain.ts'

/** Holds a segment's file against its descriptor. @throws SEGMENT_DAMAGED where it is missing or not the same to the bit */
export async function verifySegment(files: Files, archive: string, segment: Segment): Promise<void> {
  const path = segmentPath(archive, segment)
  const found = await files.sha256(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (found === segment.sha256) return
  const what =
    found === undefined ? 'is missing' : 'does not have the checksum that was recorded when it was written'
  throw new TwofoldError(
    'SEGMENT_DAMAGED',
    `The segment ${path} (topic ${segment.topic}, partition ${segment.partition}, offsets ${segment.start} to ${segment.end}) ${what}.`,
    {
      details: {
        path,
        partition: segment.partition,
        start: segment.start,
        end: segment.end,
        expected: segment.sha256,
        found,
      },
    },
  )
}
