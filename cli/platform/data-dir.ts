import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TwofoldError } from '../../core/model/errors.ts'

/** Says that a folder is Twofold's own: only such a one is ever written to or emptied. */
const MARK = 'twofold-data.json'

/** The version of the directory's layout. */
const FORMAT = 1

/** Stands in the root of a volume that is mounted for us alone. */
const OF_THE_FILE_SYSTEM = 'lost+found'

/**
 * Makes `dataDir` a data directory: creates it where it is missing, and marks it where it is empty. Any number of
 * processes may do so at once.
 * @throws DATA_DIR_FOREIGN where it holds something else, DATA_DIR_UNUSABLE where it cannot be written,
 *   FORMAT_UNSUPPORTED where a later version of Twofold laid it out
 */
export function prepareDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true })
    const content = readdirSync(dataDir).filter(name => name !== OF_THE_FILE_SYSTEM)
    if (content.includes(MARK)) {
      assertFormat(dataDir)
      return
    }
    if (content.length > 0) throw foreign(dataDir)
    writeFileSync(join(dataDir, MARK), `${JSON.stringify({ format: FORMAT })}\n`)
  } catch (cause) {
    if (cause instanceof TwofoldError) throw cause
    const { message } = cause as Error
    throw new TwofoldError('DATA_DIR_UNUSABLE', `Cannot use ${dataDir} as the data directory: ${message}.`, {
      details: { dataDir },
      cause,
    })
  }
}

/** Removes all that is in a data directory, and the directory. @throws DATA_DIR_FOREIGN where it is none */
export function removeDataDir(dataDir: string): void {
  assertDataDir(dataDir)
  // A server that was killed may still write while it goes: then there is something new in a folder just emptied.
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 })
}

/** @throws DATA_DIR_FOREIGN */
export function assertDataDir(dataDir: string): void {
  if (!isDataDir(dataDir)) throw foreign(dataDir)
}

function assertFormat(dataDir: string): void {
  const text = readFileSync(join(dataDir, MARK), 'utf8')
  // Empty while another process writes it, and where one was killed as it did.
  if (text === '') return
  const { format } = JSON.parse(text) as { format?: number }
  if (format === FORMAT) return
  throw new TwofoldError(
    'FORMAT_UNSUPPORTED',
    `The data directory ${dataDir} has format ${format}; this version of Twofold uses format ${FORMAT}.`,
    { details: { dataDir, found: format, expected: FORMAT } },
  )
}

function isDataDir(dataDir: string): boolean {
  return existsSync(join(dataDir, MARK))
}

function foreign(dataDir: string): TwofoldError {
  return new TwofoldError(
    'DATA_DIR_FOREIGN',
    `${dataDir} is not a data directory of Twofold: it holds other things and no ${MARK}.`,
    { details: { dataDir } },
  )
}
