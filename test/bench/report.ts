import { readFileSync, writeFileSync } from 'node:fs'

/** A table as it is printed and as it stands in the documentation. */
export interface Table {
  readonly title: string
  /** What a reader must know to read it; a sentence or two. */
  readonly note: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** The columns of a table of figures, each with how it is made of a row. */
export type Columns<Row> = Readonly<Record<string, (row: Row) => string>>

export function tableOf<Row>(
  title: string,
  note: string,
  columns: Columns<Row>,
  rows: readonly Row[],
): Table {
  const cells = Object.values(columns)
  return { title, note, columns: Object.keys(columns), rows: rows.map(row => cells.map(cell => cell(row))) }
}

/** Thousands apart; a dash for what could not be measured. */
export function whole(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en') : '–'
}

export function decimal(value: number, digits = 2): string {
  return Number.isFinite(value) ? value.toFixed(digits) : '–'
}

/** For terminals: columns below each other, numbers to the right. */
export function printTable({ title, columns, rows }: Table): string {
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...rows.map(row => row[index]!.length)),
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) =>
        index === 0 || !/^[\d–]/.test(cell) ? cell.padEnd(widths[index]!) : cell.padStart(widths[index]!),
      )
      .join('  ')
      .trimEnd()
  return [`\n${title}`, line(columns), ...rows.map(line)].join('\n')
}

export function markdownTable({ title, note, columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    `### ${title}`,
    '',
    note,
    '',
    line(columns),
    line(columns.map(() => '---')),
    ...rows.map(line),
  ].join('\n')
}

const BEGIN = '<!-- figures: written by npm run bench -->'
const END = '<!-- end of figures -->'

/** Replaces what stands between the markers of a document. */
export function writeFigures(path: string, text: string): void {
  const document = readFileSync(path, 'utf8')
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`${path} has no markers for figures`)
  writeFileSync(path, `${document.slice(0, begin + BEGIN.length)}\n\n${text}\n\n${document.slice(end)}`)
}
