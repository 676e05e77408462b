import type { QuarantineReason } from '../../core/model/verdict.ts'
import type { FileReading } from './file-options.ts'

export interface RejectionHint {
  /** The file's own name of the column, where it differs from the stream's. */
  readonly column?: string
  readonly hint?: string
}

/** The file's name of the column that a row was refused for, and the option of the reader that may be missing. */
export function rejectionHint(
  { reason, field }: { readonly reason: QuarantineReason; readonly field: string | undefined },
  value: Uint8Array,
  reading: FileReading,
): RejectionHint {
  if (reason === 'invalid_utf8') return { hint: 'Set --encoding, for example --encoding windows-1252.' }
  if (field === undefined || reading.columns === undefined) return {}
  const column = reading.columns.find(mapped => mapped.column === field)
  if (column === undefined) return reason === 'missing_field' ? { hint: noColumn(field, reading) } : {}
  const hint = reading.format === 'csv' ? cellHint(cellAt(value, field, column.file), reading) : undefined
  return { ...(column.file !== field && { column: column.file }), ...(hint !== undefined && { hint }) }
}

function noColumn(field: string, { columns, delimiter }: FileReading): string {
  const names = columns!.map(({ file }) => file)
  const spare = columns!.filter(({ column }) => column === null).map(({ file }) => file)
  const map = `no column of the file belongs to ${field}: say which with --map "COLUMN=${field}"`
  const split = names.length === 1 ? `, or --delimiter if ${JSON.stringify(delimiter)} is wrong` : ''
  return `In the file ${map}${split}. Its columns without one in the stream: ${spare.join(', ') || 'none'}.`
}

/** The text of the refused cell, where it was written as one. */
function cellAt(value: Uint8Array, field: string, file: string): string | undefined {
  try {
    const event = JSON.parse(Buffer.from(value).toString()) as Record<string, unknown>
    const found = event[field] ?? event[file]
    return typeof found === 'string' ? found.trim() : undefined
  } catch {
    return undefined
  }
}

function cellHint(cell: string | undefined, { decimal }: FileReading): string | undefined {
  if (cell === undefined) return undefined
  const separator = /^[+-]?\d{1,3}(?:([,. '\u00a0\u202f])\d{3})+(?:[.,]\d*)?$/.exec(cell)?.[1]
  const other = decimal === ',' ? '.' : ','
  if (separator !== undefined && separator !== decimal) {
    const thousands = `--thousands "${/[\u00a0\u202f]/.test(separator) ? ' ' : separator}"`
    return separator === other
      ? `Set ${thousands} if the sign groups digits, or --decimal "${other}" if it is the decimal sign.`
      : `Set ${thousands} if the sign groups digits.`
  }
  if (new RegExp(`^[+-]?\\d*[${other}]\\d+$`).test(cell))
    return `Set --decimal "${other}" if that is the decimal sign.`
  if (/\d/.test(cell) && /^[\p{Sc}()%\d.,\s+-]+$/u.test(cell))
    return 'A number stands alone: take its sign of currency, percent or parentheses away, or declare the column as t.string().'
  if (/^[\p{P}\p{L}#]{1,12}$/u.test(cell))
    return `Set --null ${JSON.stringify(cell)} if the cell stands for nothing.`
  return undefined
}
