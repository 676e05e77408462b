import { type FieldType, timeFormatsOf } from '../../core/model/column-type.ts'
import { areUnits, isRfc3339 } from './cell-json.ts'
import { type NumberForm, NumberText } from './number-text.ts'

const LOCAL_TIME = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2})(:\d{2}(?:\.\d+)?)?$/
const DAY = /^\d{4}-\d{2}-\d{2}$/

/** Cells that stand for nothing where a number, a time or a truth value is asked for. */
export const NULLS_OF_VALUES = [
  'NA',
  'N/A',
  'n/a',
  'NULL',
  'Null',
  'null',
  'None',
  'nil',
  '-',
  '#N/A',
] as const

/** A cell that is null in every column: what databases write where an empty cell is the empty text. */
export const NULLS = ['\\N'] as const

export interface CellRules extends NumberForm {
  readonly nulls: readonly string[]
  readonly nullsOfValues: readonly string[]
}

/** The JSON text of a cell. */
export type CellWriter = (cell: string, isQuoted: boolean) => string

/**
 * How cells of a column are written as JSON in the form that the schema's type asks for, every digit kept. A cell that
 * cannot have that form becomes a string, for the decoder to refuse with its reason.
 *
 * @param isRequiredText whether an empty cell is the empty text rather than null
 */
export function cellWriter(
  type: FieldType | undefined,
  isRequiredText: boolean,
  rules: CellRules,
): CellWriter {
  const isText = type === undefined || isTextKind(type)
  const nulls = new Set(isText ? rules.nulls : [...rules.nulls, ...rules.nullsOfValues])
  const write = isText ? (cell: string) => JSON.stringify(cell) : valueWriter(type, new NumberText(rules))
  return (cell, isQuoted) => {
    if (cell === '') return isQuoted || isRequiredText ? '""' : 'null'
    // In quotes the words are texts: that is what quotes are for.
    if (!(isText && isQuoted) && nulls.has(isText ? cell : cell.trim())) return 'null'
    return write(cell)
  }
}

/** Whether a column holds texts, so that a cell is its own value. */
export function isTextKind(type: FieldType | undefined): boolean {
  return type !== undefined && ['string', 'enum', 'text'].includes(type.kind)
}

function valueWriter(type: FieldType, numbers: NumberText): (cell: string) => string {
  switch (type.kind) {
    case 'bool':
      return cell => {
        const word = cell.trim().toLowerCase()
        return word === 'true' || word === 'false' ? word : JSON.stringify(cell)
      }
    case 'timestamp':
      if (areUnits(timeFormatsOf(type))) return cell => numbers.toJson(cell) ?? JSON.stringify(cell)
      return isRfc3339(timeFormatsOf(type)) ? instantText : cell => JSON.stringify(cell.trim())
    case 'int32':
    case 'int64':
    case 'uint64':
    case 'float64':
    case 'decimal':
      return cell => numbers.toJson(cell) ?? JSON.stringify(cell)
    case 'list':
      // A cell holds a list as its JSON text.
      return cell => (isJson(cell) ? cell.trim() : JSON.stringify(cell.trim()))
    default:
      return cell => JSON.stringify(cell.trim())
  }
}

/** A time without a zone is UTC. */
function instantText(cell: string): string {
  const text = cell.trim()
  const local = LOCAL_TIME.exec(text)
  if (local !== null) return `"${local[1]}T${local[2]}${local[3] ?? ':00'}Z"`
  return DAY.test(text) ? `"${text}T00:00:00Z"` : JSON.stringify(text)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
