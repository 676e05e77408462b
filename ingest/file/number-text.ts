/** How a file writes numbers. */
export interface NumberForm {
  readonly decimal: string
  /** Between groups of three digits; empty where there is nothing. */
  readonly thousands: string
}

const JSON_NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/
const PARTS = /^([+-]?)([0-9]*)(\.[0-9]*)?([eE][+-]?[0-9]+)?$/
/** A blank as it stands between digits: also one that does not break, and a narrow one. */
const BLANKS = '[ \\u00a0\\u202f]'

/** Reads the texts of numbers as one file writes them. */
export class NumberText {
  readonly #decimal: string
  readonly #grouped: RegExp | undefined
  readonly #separators: RegExp | undefined

  constructor({ decimal, thousands }: NumberForm) {
    this.#decimal = decimal
    if (thousands === '') return
    const separator = thousands === ' ' ? BLANKS : escaped(thousands)
    this.#grouped = new RegExp(`^[+-]?[0-9]{1,3}(?:${separator}[0-9]{3})+(?![0-9]|${separator})`)
    this.#separators = new RegExp(separator, 'g')
  }

  /** The number as JSON writes it, digit by digit, or `undefined` where the text is none: `+5`, `.5`, `5.`, `007.10`. */
  toJson(cell: string): string | undefined {
    let text = cell.trim()
    if (this.#decimal === '.' && JSON_NUMBER.test(text)) return text
    if (this.#grouped !== undefined) {
      const grouped = this.#grouped.exec(text)?.[0]
      if (grouped !== undefined) text = grouped.replace(this.#separators!, '') + text.slice(grouped.length)
    }
    if (this.#decimal !== '.') {
      if (text.includes('.')) return undefined
      text = text.replace(this.#decimal, '.')
    }
    const parts = PARTS.exec(text)
    if (parts === null) return undefined
    const [, sign, whole, fraction = '', exponent = ''] = parts as unknown as [
      string,
      string,
      string,
      string?,
      string?,
    ]
    if (whole === '' && fraction.length < 2) return undefined
    const digits = whole.replace(/^0+(?=[0-9])/, '')
    return `${sign === '-' ? '-' : ''}${digits === '' ? '0' : digits}${fraction === '.' ? '' : fraction}${exponent}`
  }
}

function escaped(character: string): string {
  return character.replace(/[.*+?^${}()|[\]\\]/, '\\$&')
}

const GROUPED_BY_BLANKS = /^[0-9]{1,3}([ \u00a0\u202f'])[0-9]{3}(\1[0-9]{3})*([.,][0-9]*)?$/

/** Whether a sign in a number can only be the decimal sign: no group of three follows 1 to 3 digits. */
function isFraction(text: string, sign: '.' | ','): boolean {
  const [whole, fraction, ...more] = text.replace(/[eE][+-]?[0-9]+$/, '').split(sign)
  if (fraction === undefined || more.length > 0 || !/^[0-9]*$/.test(whole! + fraction)) return false
  return text.length > 1 && (fraction.length !== 3 || whole!.length > 3 || /^0?$/.test(whole!))
}

/**
 * How cells of numbers are written, as far as they leave no doubt: a sign that stands once, and not before three
 * digits, is the decimal sign; one that stands before each group of three is that of thousands where the other is
 * known, or where it stands twice. `1,234` alone says nothing.
 */
export function detectNumberForm(cells: Iterable<string>): NumberForm {
  const seen = { pointDecimal: false, commaDecimal: false, commaGroups: false, pointGroups: false }
  let separator = ''
  for (const cell of cells) {
    const number = cell.trim().replace(/^[+-]/, '')
    const blank = GROUPED_BY_BLANKS.exec(number)?.[1] ?? ''
    separator ||= blank
    const text = blank === '' ? number : number.replaceAll(blank, '')
    if (/^[0-9]{1,3}(,[0-9]{3})+\.[0-9]*$/.test(text)) seen.pointDecimal = seen.commaGroups = true
    else if (/^[0-9]{1,3}(\.[0-9]{3})+,[0-9]*$/.test(text)) seen.commaDecimal = seen.pointGroups = true
    else if (/^[0-9]{1,3}(,[0-9]{3}){2,}$/.test(text)) seen.commaGroups = true
    else if (/^[0-9]{1,3}(\.[0-9]{3}){2,}$/.test(text)) seen.pointGroups = true
    else if (isFraction(text, '.')) seen.pointDecimal = true
    else if (isFraction(text, ',')) seen.commaDecimal = true
  }
  const decimal =
    (seen.commaDecimal || seen.pointGroups) && !seen.pointDecimal && !seen.commaGroups ? ',' : '.'
  if (separator !== '') return { decimal, thousands: separator === "'" ? "'" : ' ' }
  if (decimal === ',') return { decimal, thousands: '.' }
  const groupsByComma = (seen.commaGroups || seen.pointDecimal) && !seen.commaDecimal
  return { decimal, thousands: groupsByComma && seen.commaGroups ? ',' : '' }
}
