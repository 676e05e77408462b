import { NULLS_OF_VALUES } from '../../ingest/file/csv-cells.ts'
import type { NumberText } from '../../ingest/file/number-text.ts'

/** A value of an event: what JSON calls it, and its text. */
export interface SeenValue {
  readonly kind: 'text' | 'number' | 'bool' | 'other'
  readonly text: string
}

/** Different texts and numbers that are kept of a column. */
const MAX_DISTINCT = 1000
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const NUMERIC_TEXT = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?$/
const NULL_WORDS: ReadonlySet<string> = new Set(NULLS_OF_VALUES)

/** What the values of one column have in common. */
export class ColumnProfile {
  readonly path: readonly string[]
  /** How a table writes numbers; `undefined` where texts are texts. */
  readonly #numbers: NumberText | undefined
  readonly kinds = new Set<SeenValue['kind']>()
  /** Values that are not null. */
  count = 0
  /** Of them, words that a table has for nothing. */
  nullWords = 0
  numeric = 0
  /** Texts of JSON that hold a number, as decimals often do. */
  numericTexts = 0
  bools = 0
  uuids = 0
  /** Whole numbers that begin with a zero: codes, not numbers. */
  codes = 0
  hasExponent = false
  maxScale = 0
  maxWholeDigits = 0
  min = Infinity
  max = -Infinity
  longest = 0
  /** The first different values. */
  readonly distinct = new Map<string, SeenValue>()

  constructor(path: readonly string[], numbers: NumberText | undefined) {
    this.path = path
    this.#numbers = numbers
  }

  /** Whether there are more different values than are kept. */
  get isCrowded(): boolean {
    return this.distinct.size > MAX_DISTINCT
  }

  see(value: SeenValue): void {
    this.count++
    if (this.#numbers !== undefined && value.kind === 'text' && NULL_WORDS.has(value.text)) this.nullWords++
    else this.#look(value)
    this.kinds.add(value.kind)
    if (!this.isCrowded && !this.distinct.has(value.text)) this.distinct.set(value.text, value)
    this.longest = Math.max(this.longest, value.text.length)
  }

  /** The kept values that are none of the words for nothing. */
  values(): SeenValue[] {
    return [...this.distinct.values()].filter(
      ({ kind, text }) => this.#numbers === undefined || kind !== 'text' || !NULL_WORDS.has(text),
    )
  }

  #look({ kind, text }: SeenValue): void {
    const number = kind === 'number' ? text : kind === 'text' ? this.#numbers?.toJson(text) : undefined
    if (number !== undefined) {
      this.numeric++
      this.#measure(number)
    } else if (kind === 'text' && NUMERIC_TEXT.test(text)) {
      this.numericTexts++
      this.#measure(text)
    }
    if (kind === 'text' && /^\s*[+-]?0[0-9]+\s*$/.test(text)) this.codes++
    if (kind === 'bool' || (this.#numbers !== undefined && /^(true|false)$/i.test(text))) this.bools++
    if (kind === 'text' && UUID.test(text)) this.uuids++
  }

  #measure(number: string): void {
    const [, whole, fraction = '', exponent] = /^-?(\d+)(?:\.(\d+))?([eE].*)?$/.exec(number)!
    this.hasExponent ||= exponent !== undefined
    this.maxScale = Math.max(this.maxScale, fraction.length)
    this.maxWholeDigits = Math.max(this.maxWholeDigits, whole!.length)
    this.min = Math.min(this.min, Number(number))
    this.max = Math.max(this.max, Number(number))
  }
}
