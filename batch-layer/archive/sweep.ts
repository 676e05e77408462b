import { join } from 'node:path'
import type { Files } from '../../core/io/files.ts'

/** What an archiver writes before it links: named by the offset from which it would archive. */
const UNLINKED = /^(\d{20})-.+\.parquet(\.staging)?$/

/**
 * Removes what archivers that were killed or came late left in a partition's folder: files that no descriptor of the
 * chain names, from offsets that it has passed. Nobody can link these any more. Those at its end may be another
 * archiver's, about to be linked; how old they look says nothing, for clocks jump and processes lie still.
 */
export async function sweepStaging(
  files: Files,
  folder: string,
  known: ReadonlySet<string>,
  archivedEnd: number,
): Promise<number> {
  let swept = 0
  for (const name of await files.list(folder)) {
    const [, start] = UNLINKED.exec(name) ?? []
    if (start === undefined || known.has(name) || Number(start) >= archivedEnd) continue
    await files.remove(join(folder, name))
    swept += 1
  }
  return swept
}
