import type { FieldAlias } from './field-tree.ts'

/**
 * Where the aliases of columns stand in the event at hand. They are read at its end, where the column's own place has
 * nothing but null: so the order of members decides nothing. Events are told apart by number, as there is nothing to
 * reset.
 */
export class AliasedValues {
  readonly #columnCount: number
  /** Of each column that has aliases, their positions in the list of all. */
  readonly #ofColumn = new Map<number, number[]>()
  /** By alias: the last event that had it, and where it stood. */
  readonly #seen: Int32Array
  readonly #at: Int32Array
  /** By column: the last event in which its own place was null. */
  readonly #wasNull: Int32Array

  constructor(columnCount: number, aliases: readonly FieldAlias[]) {
    this.#columnCount = columnCount
    this.#seen = new Int32Array(aliases.length)
    this.#at = new Int32Array(aliases.length)
    this.#wasNull = new Int32Array(columnCount)
    aliases.forEach(({ column }, k) => {
      this.#ofColumn.set(column, [...(this.#ofColumn.get(column) ?? []), k])
    })
  }

  /** Starts a batch, whose events are numbered from 1. */
  begin(): void {
    this.#seen.fill(0)
    this.#wasNull.fill(0)
  }

  /** Whether the column has aliases. */
  has(column: number): boolean {
    return this.#ofColumn.size > 0 && this.#ofColumn.has(column)
  }

  /** Keeps where the value of an alias stands. */
  note(field: number, event: number, at: number): void {
    this.#seen[field - this.#columnCount] = event
    this.#at[field - this.#columnCount] = at
  }

  /** Keeps that null stands at the own place of a column that has aliases. */
  noteNull(column: number, event: number): void {
    this.#wasNull[column] = event
  }

  wasNull(column: number, event: number): boolean {
    return this.#wasNull[column] === event
  }

  /** Where the value of the column's first alias that has one stands, or −1. */
  find(column: number, event: number): number {
    if (!this.has(column)) return -1
    for (const k of this.#ofColumn.get(column)!) if (this.#seen[k] === event) return this.#at[k]!
    return -1
  }
}
