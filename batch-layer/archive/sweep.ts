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
 * nothing, for clocks jump and processes lie still.
 */
export async function sweepStaging(files: Files, folder: string, chain: SegmentChain): Promise<number> {
  const named = new Set(chain.segments.map(segment => segment.file))
  let swept = 0
  for (const name of await files.list(folder)) {
    const [, start] = UNLINKED.exec(name) ?? []
    if (start === undefined || named.has(name) || Number(start) >= chain.end) continue
    await files.remove(join(folder, name))
    swept += 1
  }
  return swept
}
