/**
 * A value as the oracle keeps it: integers, decimals (unscaled), instants (µs since 1970) and days since 1970 as
 * bigints, doubles as numbers.
 */
export type Value = null | bigint | number | string | boolean

/** A decoded event: column → value. */
export type Event = Readonly<Record<string, Value>>

/** What kind of value an expression yields; `scale` is the number of digits behind the point. */
export type Shape =
  /** `is64Bit` of what DuckDB holds as an integer of so many bits, and not as a decimal. */
  | { readonly kind: 'exact'; readonly scale: number; readonly is64Bit?: true }
  | { readonly kind: 'double' }
  | { readonly kind: 'text' }
  | { readonly kind: 'bool' }
  | { readonly kind: 'instant' }
  | { readonly kind: 'date' }

/** One expression, told twice: in SQL for the product, in JavaScript for the oracle. Nobody derives one from the other. */
export interface Expression {
  readonly sql: string
  readonly shape: Shape
  /** @throws ExpressionFailed where DuckDB's evaluation fails */
  readonly of: (event: Event) => Value
}

/** The twin of an expression that fails on an event. */
export class ExpressionFailed extends Error {}

export function failed(why: string): never {
  throw new ExpressionFailed(why)
}

export const INTEGER: Shape = { kind: 'exact', scale: 0, is64Bit: true }
export const TEXT: Shape = { kind: 'text' }
export const DOUBLE: Shape = { kind: 'double' }
export const BOOL: Shape = { kind: 'bool' }
export const INSTANT: Shape = { kind: 'instant' }
export const DATE: Shape = { kind: 'date' }
export const decimal = (scale: number): Shape => ({ kind: 'exact', scale })

/** The expression that is a column. */
export function column(name: string, shape: Shape): Expression {
  return { sql: name, shape, of: event => event[name]! }
}

/** Order of values, as both engines have it: text by its bytes. Only for values of one shape, and not null. */
export function compareValues(a: Exclude<Value, null>, b: Exclude<Value, null>): number {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string))
  return a < b ? -1 : a > b ? 1 : 0
}
