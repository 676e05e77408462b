import { createHash } from 'node:crypto'
import { canonicalJson } from '../../model/canonical-json.ts'
import { TwofoldError } from '../../model/errors.ts'
import type { Segment } from '../../model/segment.ts'

/** The name of the descriptor of the segment that starts at `start`: linking it is what archives the range. */
export function descriptorName(start: number): string {
  return `${String(start).padStart(20, '0')}.json`
}

/** The start offset that a descriptor's name gives; `undefined` for any other name. */
export function startOfDescriptor(name: string): number | undefined {
  return /^\d{20}\.json$/.test(name) ? Number(name.slice(0, 20)) : undefined
}

/**
 * A segment's descriptor as it is written: JSON, with a checksum of its own. The checksum of the data says nothing of
 * the offsets beside it, and a range that ends too late by one flipped bit would silently leave records out.
 */
export function descriptorText(segment: Segment): string {
  return `${JSON.stringify({ ...segment, checksum: checksumOf(segment) })}\n`
}

/** Reads a descriptor back. @throws SEGMENT_DAMAGED where it is not what was written to the letter */
export function parseDescriptor(text: string, path: string): Segment {
  const { checksum, ...segment } = parseJson(text, path) as Segment & { readonly checksum: string }
  if (checksum === checksumOf(segment)) return segment
  throw damaged(path, 'does not have the checksum that was recorded when it was written')
}

function parseJson(text: string, path: string): object {
  try {
    return Object(JSON.parse(text))
  } catch (cause) {
    throw damaged(path, 'is not JSON', cause)
  }
}

function checksumOf(segment: object): string {
  return createHash('sha256').update(canonicalJson(segment)).digest('hex')
}

function damaged(path: string, what: string, cause?: unknown): TwofoldError {
  return new TwofoldError('SEGMENT_DAMAGED', `The segment descriptor ${path} ${what}.`, {
    details: { path },
    cause,
  })
}
