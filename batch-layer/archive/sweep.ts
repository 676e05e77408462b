import { join } from 'node:path'
import { IN_THE_MAKING_MS } from '../../core/io/archive/inspect-partition.ts'
import type { SegmentChain } from '../../core/io/archive/segment-chain.ts'
import type { Files } from '../../core/io/files.ts'

/**
 * Removes what a killed archiver left in a partition's folder: files in the making, and data files that no segment of
 * the chain names. A data file whose offsets have not been archived stays, for its descriptor may be what is lost, and
 * Kafka may no longer have them.
 */
export async function sweepStaging(
  files: Files,
  folder: string,
  chain: SegmentChain,
  graceMs = IN_THE_MAKING_MS,
): Promise<number> {
  const named = new Set(chain.segments.map(segment => segment.file))
  const isLeft = (name: string) =>
    name.endsWith('.staging') ||
    (name.endsWith('.parquet') && !named.has(name) && Number(name.slice(0, 20)) < chain.end)
  let swept = 0
  for (const name of (await files.list(folder)).filter(isLeft)) {
    const path = join(folder, name)
    const { modifiedMs } = await files.describe(path).catch(() => ({ modifiedMs: Number.POSITIVE_INFINITY }))
    if (Date.now() - modifiedMs < graceMs) continue
    await files.remove(path)
    swept += 1
  }
  return swept
}
