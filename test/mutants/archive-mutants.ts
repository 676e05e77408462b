import { rename, writeFile } from 'node:fs/promises'
import type { Files } from '../../core/io/files.ts'
import { duckdbStatements } from './breaks.ts'
import type { Break, Mutant } from './mutant.ts'
import { archivers } from './scenarios/archivers.ts'
import { powerCuts } from './scenarios/power-cuts.ts'

/** Breaks of the archive: what is synced, how a segment gets its name, how segments are found. */
export const ARCHIVE_MUTANTS: readonly Mutant[] = [
  {
    name: 'the data file of a segment is not synced',
    breaks: { files: inner => ({ ...inner, sync: async () => undefined }) },
    scenario: powerCuts,
    foundBy: /has 0 bytes instead of/,
  },
  {
    name: 'the descriptor of a segment is not synced',
    breaks: { files: inner => ({ ...inner, writeSynced: (path, text) => writeFile(path, text) }) },
    scenario: powerCuts,
    foundBy: /The segment descriptor .* is not JSON/,
  },
  {
    name: 'the folder is not synced before the link',
    breaks: { files: withoutSyncAfter('writeSynced') },
    scenario: powerCuts,
    foundBy: /\(topic things, partition 0, offsets 5 to 12\) is missing/,
  },
  {
    name: 'the folder is not synced after the link',
    breaks: { files: withoutSyncAfter('link') },
    scenario: powerCuts,
    foundBy: /the archive had come to offset 12, and now ends at 5/,
  },
  {
    name: 'the folders above a partition’s are not synced',
    breaks: {
      files: inner => ({
        ...inner,
        syncDirectory: async path => (/\/\d+$/.test(path) ? inner.syncDirectory(path) : undefined),
      }),
    },
    scenario: powerCuts,
    foundBy: /the archive had come to offset 12, and now ends at 5/,
  },
  {
    name: 'descriptors are renamed into place, over what is there',
    breaks: {
      files: inner => ({
        ...inner,
        link: async (existing, name) => {
          await rename(existing, name)
          return true
        },
      }),
    },
    scenario: archivers,
    foundBy: /the next segment starts at 6, so offsets 4 to 6 are missing/,
  },
  {
    name: 'segments are found by a glob instead of by their links',
    breaks: {
      session: duckdbStatements(sql =>
        sql.replace(/(read_parquet\('[^']*\/)[^'/]*\.parquet('\) WHERE __offset)/g, '$1*.parquet$2'),
      ),
    },
    scenario: archivers,
    foundBy: /the layers differ: .*"batch":"6 accepted, .*"speed":"3 accepted,/,
  },
]

/** Leaves out the sync of a folder that comes next after a call. */
function withoutSyncAfter(call: 'writeSynced' | 'link'): Break<Files> {
  return inner => {
    let last: keyof Files | undefined
    return {
      ...inner,
      writeSynced: (path, text) => {
        last = 'writeSynced'
        return inner.writeSynced(path, text)
      },
      link: (existing, name) => {
        last = 'link'
        return inner.link(existing, name)
      },
      syncDirectory: async path => {
        if (last !== call) return inner.syncDirectory(path)
        last = undefined
      },
    }
  }
}
