import type { Answer } from './answer.ts'

/** The forms in which an answer can be had. */
export const FORMATS = {
  json: 'application/json; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
} as const

export type Format = keyof typeof FORMATS

/** `{ meta, data, rows, statistics, coverage }`, with the rows spliced in as they came. */
export function presentJson({ meta, rows, statistics, coverage }: Answer): string {
  const rest = JSON.stringify({ rows: rows.length, statistics, coverage })
  return `{"meta":${JSON.stringify(meta)},"data":[${rows.join(',')}],${rest.slice(1)}`
}

/** One JSON object in a line. */
export function presentNdjson({ rows }: Answer): string {
  return rows.map(row => `${row}\n`).join('')
}

/**
 * RFC 4180, with a header. Null is empty, an empty text is `""`, and lists are JSON. The answer must have been asked
 * for with quoted numbers, so that none loses a digit on the way through JSON.
 */
export function presentCsv({ meta, rows }: Answer): string {
  const lines = rows.map(row => {
    const values = JSON.parse(row) as Record<string, unknown>
    return meta.map(({ name }) => csvCell(values[name])).join(',')
  })
  return [meta.map(({ name }) => csvCell(name)).join(','), ...lines].map(line => `${line}\r\n`).join('')
}

function csvCell(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
