import { basename } from 'node:path'
import { RESERVED_NAMES } from '../../core/define/view.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { Grain } from '../../core/model/grain.ts'
import type { ColumnProfile } from './column-profile.ts'
import { proposeType, timeTypes } from './column-proposal.ts'
import type { FileProfile } from './profile-file.ts'
import type { TypeProposal } from './type-proposal.ts'

export interface ProposedColumn {
  readonly name: string
  readonly path: readonly string[]
  readonly type: TypeProposal
  readonly isOptional: boolean
}

/** A stream and a view for a file, before they are written down. */
export interface ProjectProposal {
  readonly topic: string
  readonly time: string
  readonly columns: readonly ProposedColumn[]
  /** What no column was proposed for: it stays in the events. */
  readonly leftOut: readonly string[]
  readonly view: string
  readonly grain: Grain
  /** Names of columns, by the names that the view gives them. */
  readonly dimensions: Readonly<Record<string, string>>
  readonly sums: Readonly<Record<string, string>>
}

const MAX_DIMENSIONS = 5
const MAX_DIMENSION_VALUES = 100
const MAX_SUMS = 8
const TIME_NAME =
  /(^|[^a-z])(ts|at|on|date|day|time|timestamp|datetime|when|created|updated)($|[^a-z])|(date|time|stamp)$/i
const ID_NAME =
  /(^|[^a-z])(id|key|code|zip|no|nr|number|year|month|lat|lon|latitude|longitude)s?($|[^a-z])|(id|code)$/i

/**
 * A stream and a first view for a file: each column with the type that all of its values have, the likeliest time, and
 * a view that counts events and sums numbers by the columns with few values.
 *
 * @param timeColumn the file's name of the column of the event time, as a dotted path where it stands inside another
 * @throws FILE_WITHOUT_TIME where no column reads as a time, or the one named does not
 */
export function proposeProject(path: string, file: FileProfile, timeColumn?: string): ProjectProposal {
  const time = pickTime(path, file, timeColumn)
  const names = new Set<string>()
  const columns: (ProposedColumn & { readonly profile: ColumnProfile })[] = []
  const leftOut: string[] = []
  for (const profile of file.columns) {
    const type = profile === time.profile ? time.type : proposeType(profile, file)
    if (type === undefined) leftOut.push(profile.path.join('.'))
    else
      columns.push({
        profile,
        type,
        name: columnName(profile.path, names),
        path: profile.path,
        isOptional: isOptional(profile, file, type),
      })
  }
  const stem = basename(path).replace(/(\.[a-z]+)(\.(gz|zip))?$|\.zip$/i, '')
  const topic =
    stem
      .replace(/[^A-Za-z0-9._-]+/g, '-')
      .replace(/^[-.]+|[-.]+$/g, '')
      .slice(0, 200) || 'events'
  const grain = grainOf(time.profile)
  const others = columns.filter(({ profile }) => profile !== time.profile)
  const dimensions = others.filter(({ profile, type }) => isDimension(profile, type)).slice(0, MAX_DIMENSIONS)
  const sums = others.filter(({ profile, type }) => isSummed(profile, type)).slice(0, MAX_SUMS)
  const taken = new Set<string>(['events'])
  return {
    ...{ topic, leftOut, grain },
    time: columns.find(({ profile }) => profile === time.profile)!.name,
    columns: columns.map(({ profile: _, ...column }) => column),
    view: `${columnName([topic], new Set()).slice(0, 48).replace(/_$/, '')}_by_${grain}`,
    dimensions: Object.fromEntries(dimensions.map(({ name }) => [fieldName(name, name, taken), name])),
    sums: Object.fromEntries(sums.map(({ name }) => [fieldName(`${name}_sum`, name, taken), name])),
  }
}

function isOptional(profile: ColumnProfile, file: FileProfile, type: TypeProposal): boolean {
  const isText = ['string', 'enum', 'text'].includes(type.column.type.kind)
  return profile.count - (isText ? 0 : profile.nullWords) < file.rows
}

function pickTime(path: string, file: FileProfile, named: string | undefined) {
  const candidates = file.columns.flatMap(profile => {
    const types = timeTypes(profile, file.reading, named !== undefined)
    const isTimeName = TIME_NAME.test(spaced(profile.path.at(-1)!))
    // Any number is some second; only the name, or the user, can tell.
    const isSure = profile.kinds.has('text') && profile.numeric < profile.count
    const isLikely = named === undefined ? isSure || isTimeName : profile.path.join('.') === named
    const type = types[0]
    return type !== undefined && isLikely
      ? [{ profile, type, score: (isTimeName ? 2 : 0) + (isSure ? 1 : 0) }]
      : []
  })
  const whole = candidates.filter(
    ({ profile }) => profile.count - profile.nullWords === file.rows && file.rows > 0,
  )
  const best = whole.reduce<(typeof whole)[number] | undefined>(
    (one, other) => (one === undefined || other.score > one.score ? other : one),
    undefined,
  )
  if (best !== undefined) return best
  const columns = file.columns.map(profile => profile.path.join('.')).join(', ')
  const what =
    named === undefined
      ? 'no column reads as a time in all rows'
      : `its column ${named} does not read as a time in all rows`
  throw new TwofoldError(
    'FILE_WITHOUT_TIME',
    `No stream can be proposed for ${path}: ${what}. Its columns: ${columns || 'none'}.`,
    {
      details: { path },
    },
  )
}

/** `orderDate` → `order Date`: words apart, for names of times to be found in. */
function spaced(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, '$1 $2')
}

/** A name that a column may have, different from those before. */
function columnName(path: readonly string[], taken: Set<string>): string {
  const letters = path
    .join('_')
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
  const name = /^[A-Za-z]/.test(letters) ? letters : `column_${letters}`.replace(/_$/, '')
  return unique(name.slice(0, 58), taken)
}

function fieldName(name: string, column: string, taken: Set<string>): string {
  return unique(RESERVED_NAMES.has(name.toLowerCase()) ? `${column}_value` : name, taken)
}

function unique(name: string, taken: Set<string>): string {
  let free = name
  for (let count = 2; taken.has(free.toLowerCase()); count++) free = `${name.replace(/_$/, '')}_${count}`
  taken.add(free.toLowerCase())
  return free
}

function isDimension({ distinct, count, isCrowded }: ColumnProfile, { column }: TypeProposal): boolean {
  if (column.type.kind === 'enum' || column.type.kind === 'bool') return true
  return (
    column.type.kind === 'string' &&
    !isCrowded &&
    distinct.size > 1 &&
    distinct.size <= MAX_DIMENSION_VALUES &&
    count >= 2 * distinct.size
  )
}

function isSummed({ path }: ColumnProfile, { column }: TypeProposal): boolean {
  return (
    ['int64', 'uint64', 'float64', 'decimal'].includes(column.type.kind) &&
    !ID_NAME.test(spaced(path.at(-1)!))
  )
}

/** Days where all times are midnights; hours otherwise. */
function grainOf(time: ColumnProfile): Grain {
  const isMidnight = ({ text }: { readonly text: string }) =>
    /^\d{4}-\d{2}-\d{2}([T ]00:00(:00(\.0+)?)?(Z|[+-]00:?00)?)?$/.test(text.trim())
  return time.values().every(isMidnight) ? 'day' : 'hour'
}
