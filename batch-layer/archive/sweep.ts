import { join } from 'node:path'
import type { Files } from '../../core/io/files.ts'

/** Files this young may still be in the making by another archiver. */
const GRACE_MS = 10 * 60_000

/** Removes what a killed archiver left in a partition's folder: files that no descriptor of the chain names. */
export async function sweepStaging(
  files: Files,
  folder: string,
  known: ReadonlySet<string>,
  graceMs = GRACE_MS,
): Promise<number> {
  let swept = 0
  for (const name of await files.list(folder)) {
    const ours = name.endsWith('.staging') || name.endsWith('.parquet')
    if (!ours || known.has(name)) continue
    const path = join(folder, name)
    const { modifiedMs } = await files.describe(path).catch(() => ({ modifiedMs: Number.POSITIVE_INFINITY }))
    if (Date.now() - modifiedMs < graceMs) continue
    await files.remove(path)
    swept += 1
  }
  return swept
}
