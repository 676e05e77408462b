import type { ColumnDefinition, Deduplication } from '../model/stream.ts'
import { invalid } from './names.ts'
import { wholeNumber } from './whole-number.ts'

/** What is said of ids where `id` stands alone. docs/definition.md says what memory it takes. */
const DEFAULT_WITHIN = 1_000_000
const MAX_WITHIN = 2 ** 24

/** Kinds of columns whose values are the same exactly where their bytes are. */
const ID_KINDS: readonly string[] = ['string', 'text', 'enum', 'uuid', 'int32', 'int64', 'uint64']

/**
 * How a stream leaves out repeated events; `undefined` where it declares no id.
 * @throws CONFIG_INVALID where `id` is no column that can be one, or `within` no number of offsets
 */
export function deduplicationOf(
  { id, within }: { readonly id?: string; readonly within?: number },
  columns: readonly ColumnDefinition[],
  place: string,
): Deduplication | undefined {
  if (id === undefined) {
    if (within !== undefined) invalid(`${place}.within`, 'it says how far back an id counts: set id, too.')
    return undefined
  }
  const column = columns.find(({ name }) => name === id)
  if (column === undefined) invalid(`${place}.id`, `there is no column ${JSON.stringify(id)}.`)
  if (!ID_KINDS.includes(column.type.kind)) {
    invalid(
      `${place}.id`,
      `the column ${id} is of the type ${column.type.kind}; an id is one of ${ID_KINDS.join(', ')}.`,
    )
  }
  if (column.default !== undefined) {
    invalid(
      `${place}.id`,
      `the column ${id} has a default: all events without an id would be repeats of one.`,
    )
  }
  return { column: id, within: wholeNumber(within ?? DEFAULT_WITHIN, `${place}.within`, MAX_WITHIN) }
}
