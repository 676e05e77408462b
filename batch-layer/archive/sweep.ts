import { join } from 'node:path'
import type { SegmentChain } from '../../core/io/archive/segment-chain.ts'
import type { Files } from '../../core/io/files.ts'

/**
 * What an archiver writes before it links: named by the offset from which it would archive. What a repair writes is
 * named otherwise, for that may still be linked where the archive has passed.
 */
const UNLINKED = /^(\d{20})-.+\.parquet(\.staging)?$/

/**
 * Removes what archivers that were killed or came late left in a partition's folder: files that no segment of the chain
 * names, from offsets that it has passed. Nobody can link these any more. Those at its end may be another archiver's,
 * about to be linked, or their descriptor may be what is lost, and Kafka may no longer have them; how old they look says
 * nothing, for clocks jump and processes lie still. They are left, and swept when the chain has passed them.
 *
 * @returns true where some are left
 */
export async function sweepStaging(files: Files, folder: string, chain: SegmentChain): Promise<boolean> {
  let isLeft = false
  for (const { name, start } of await listUnlinked(files, folder, chain)) {
    if (start >= chain.end) isLeft = true
    else await files.remove(join(folder, name))
  }
  return isLeft
}

/** Files of archivers that no segment of the chain names, each with the offset from which it was to be archived. */
export async function listUnlinked(
  files: Files,
  folder: string,
  chain: SegmentChain,
): Promise<{ readonly name: string; readonly start: number }[]> {
  const named = new Set(chain.segments.map(segment => segment.file))
  return (await files.list(folder)).flatMap(name => {
    const [, start] = UNLINKED.exec(name) ?? []
    return start === undefined || named.has(name) ? [] : [{ name, start: Number(start) }]
  })
}
