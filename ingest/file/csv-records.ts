/** How the cells of a text are told apart. */
export interface CsvGrammar {
  /** One character. */
  readonly delimiter: string
  /** One character, or none: then every character of a cell is itself. */
  readonly quote: string
  /** What makes a quote inside quotes a character: the quote itself, or a backslash. */
  readonly escape: string
}

export interface CsvRecord {
  readonly cells: readonly string[]
  /** Bit i is set where cell i stood in quotes (cells from the 32nd on: never). */
  readonly quoted: number
  /** The line it begins in, from 1. */
  readonly line: number
  /** Why it cannot be read; then its cells are those before. */
  readonly fault: string | undefined
}

const NEWLINE = 0x0a
const RETURN = 0x0d
const SPACE = 0x20
const TAB = 0x09

/**
 * Cuts a text that comes in pieces into records of cells (RFC 4180). A record ends with a newline, a return or both,
 * also where a file mixes them; inside quotes they are characters. A quote inside a cell without quotes is a
 * character. Empty lines are no records. What cannot be read, or is longer than the limit, becomes a record with a
 * fault, and reading goes on with the next line outside of quotes: memory stays flat.
 */
export class CsvRecords {
  readonly #delimiter: number
  readonly #quote: number
  readonly #quoteText: string
  readonly #escape: string
  readonly #maxChars: number
  #text = ''
  #line = 1
  /** Set while the rest of a record that is too long is passed over. */
  #skipped: { inQuotes: boolean } | undefined
  #at = 0
  #isFinal = false

  constructor(grammar: CsvGrammar, maxChars: number) {
    this.#delimiter = grammar.delimiter.charCodeAt(0)
    this.#quoteText = grammar.quote
    this.#quote = grammar.quote === '' ? -1 : grammar.quote.charCodeAt(0)
    this.#escape = grammar.escape
    this.#maxChars = maxChars
  }

  push(piece: string): CsvRecord[] {
    this.#text = this.#text === '' ? piece : this.#text + piece
    return this.#read()
  }

  /** The last records, where the text does not end with a newline. */
  finish(): CsvRecord[] {
    this.#isFinal = true
    return this.#read()
  }

  #read(): CsvRecord[] {
    const records: CsvRecord[] = []
    let start = 0
    for (;;) {
      if (this.#skipped !== undefined) {
        start = this.#skip(start)
        if (this.#skipped !== undefined) break
      }
      if (start >= this.#text.length) break
      const record = this.#record(start)
      if (record === undefined) {
        if (this.#text.length - start <= this.#maxChars) break
        records.push(
          this.#faulty([], `it is longer than ${this.#maxChars} characters${this.#openQuoteHint(start)}`),
        )
        this.#skipped = { inQuotes: false }
        continue
      }
      start = this.#at
      if (record.cells.length > 1 || record.cells[0] !== '' || record.quoted !== 0 || record.fault)
        records.push(record)
    }
    this.#text = this.#text.slice(start)
    return records
  }

  #openQuoteHint(start: number): string {
    return this.#quote === this.#text.charCodeAt(start) ? ': a quote in it is not closed' : ''
  }

  /** The record that begins at `start`, or `undefined` where its end has not come yet; `#at` is behind it. */
  #record(start: number): CsvRecord | undefined {
    const text = this.#text
    const cells: string[] = []
    let quoted = 0
    let at = start
    for (;;) {
      if (text.charCodeAt(at) === this.#quote) {
        const cell = this.#quotedCell(at)
        if (cell === undefined) {
          if (!this.#isFinal) return undefined
          this.#at = text.length
          return this.#faulty(cells, `the quote at the beginning of cell ${cells.length + 1} is never closed`)
        }
        if (cells.length < 32) quoted |= 1 << cells.length
        cells.push(cell)
        at = this.#behindBlanks(this.#at)
        if (at < text.length && !this.#endsCell(at)) return this.#strayText(at, start, cells)
      } else {
        const end = this.#endOfBareCell(at)
        cells.push(text.slice(at, end))
        at = end
      }
      if (at >= text.length && !this.#isFinal) return undefined
      if (text.charCodeAt(at) !== this.#delimiter) break
      at++
    }
    const next = this.#behindNewline(at)
    if (next === undefined) return undefined
    const line = this.#line
    this.#line += (next > at ? 1 : 0) + (quoted === 0 && cells.length < 32 ? 0 : newlinesIn(text, start, at))
    this.#at = next
    return { cells, quoted, line, fault: undefined }
  }

  /** The text of the cell whose quote opens at `at`, or `undefined` where the end is not there; `#at` is behind it. */
  #quotedCell(at: number): string | undefined {
    const text = this.#text
    const escapes = this.#escape !== this.#quoteText
    let value = ''
    for (let from = at + 1; ; ) {
      const close = text.indexOf(this.#quoteText, from)
      const escaped = escapes ? text.indexOf(this.#escape, from) : -1
      if (escaped >= 0 && (close < 0 || escaped < close)) {
        if (escaped + 1 >= text.length) return undefined
        value += text.slice(from, escaped) + text[escaped + 1]
        from = escaped + 2
        continue
      }
      // A quote at the end of what has come may be the first of two.
      if (close < 0 || (close + 1 >= text.length && !this.#isFinal)) return undefined
      value += text.slice(from, close)
      if (text.charCodeAt(close + 1) !== this.#quote) {
        this.#at = close + 1
        return value
      }
      value += this.#quoteText
      from = close + 2
    }
  }

  #behindBlanks(at: number): number {
    let i = at
    for (let c = this.#text.charCodeAt(i); (c === SPACE || c === TAB) && c !== this.#delimiter; )
      c = this.#text.charCodeAt(++i)
    return i
  }

  #endsCell(at: number): boolean {
    const c = this.#text.charCodeAt(at)
    return c === this.#delimiter || c === NEWLINE || c === RETURN
  }

  #endOfBareCell(at: number): number {
    const text = this.#text
    for (let i = at; i < text.length; i++) {
      const c = text.charCodeAt(i)
      if (c === this.#delimiter || c === NEWLINE || c === RETURN) return i
    }
    return text.length
  }

  /** Behind the newline at `at`; `undefined` where it may not be complete yet. */
  #behindNewline(at: number): number | undefined {
    const text = this.#text
    if (at >= text.length) return at
    if (text.charCodeAt(at) === NEWLINE) return at + 1
    if (at + 1 >= text.length && !this.#isFinal) return undefined
    return text.charCodeAt(at + 1) === NEWLINE ? at + 2 : at + 1
  }

  /** A record with something between a closing quote and the next delimiter goes as far as its line. */
  #strayText(at: number, start: number, cells: readonly string[]): CsvRecord | undefined {
    let end = at
    while (end < this.#text.length && !/[\r\n]/.test(this.#text[end]!)) end++
    if (end >= this.#text.length && !this.#isFinal) return undefined
    const next = this.#behindNewline(end)
    if (next === undefined) return undefined
    const record = this.#faulty(cells, `something follows the closing quote of cell ${cells.length}`)
    this.#line += (next > end ? 1 : 0) + newlinesIn(this.#text, start, end)
    this.#at = next
    return record
  }

  #faulty(cells: readonly string[], fault: string): CsvRecord {
    return { cells, quoted: 0, line: this.#line, fault }
  }

  /** Passes over the rest of a record, from `start`: to the next newline outside of quotes. */
  #skip(start: number): number {
    const skipped = this.#skipped!
    const text = this.#text
    for (let i = start; i < text.length; i++) {
      const c = text.charCodeAt(i)
      if (c === this.#quote) skipped.inQuotes = !skipped.inQuotes
      else if (skipped.inQuotes && text[i] === this.#escape) i++
      else if (c === NEWLINE || (c === RETURN && text.charCodeAt(i + 1) !== NEWLINE)) {
        this.#line++
        if (!skipped.inQuotes) {
          this.#skipped = undefined
          return i + 1
        }
      }
    }
    return text.length
  }
}

function newlinesIn(text: string, start: number, end: number): number {
  let count = 0
  for (let i = start; i < end; i++) {
    const c = text.charCodeAt(i)
    if (c === NEWLINE || (c === RETURN && text.charCodeAt(i + 1) !== NEWLINE)) count++
  }
  return count
}
