import { unscaled } from './exact.ts'
import type { Shape, Value } from './expression.ts'
import type { ExpectedGroup } from './oracle.ts'
import type { ExpectedRow, ExpectedValue, Near } from './oracle-measures.ts'

/** True where a row of an answer, of the group's time, is of this group. */
export function isSameGroup(group: ExpectedGroup, row: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(group.dimensions).every(
    ([name, { value, shape }]) => readValue(row[name], shape) === value,
  )
}

/** How a value of an answer differs from what it must be, in words; `undefined` where it does not. */
export function valueDifference(expected: ExpectedValue, found: unknown): string | undefined {
  if (expected.kind === 'same') {
    const value = readValue(found, expected.shape)
    return value === expected.value ? undefined : `found ${value}, the oracle has ${expected.value}`
  }
  if (expected.kind === 'rows') {
    const rows = found as Record<string, unknown>[]
    const isSame =
      rows.length === expected.rows.length &&
      expected.rows.every((row, index) => isSameRow(row, rows[index]!))
    if (isSame) return undefined
    const shown = JSON.stringify(expected.rows, (_, value) =>
      typeof value === 'bigint' ? `${value}` : value,
    )
    return `found ${JSON.stringify(found)}, the oracle has ${shown}`
  }
  const list = expected.isList ? (found as unknown[]) : [found]
  const isNear =
    list.length === expected.values.length && expected.values.every((near, i) => meets(near, list[i]))
  if (isNear) return undefined
  return `found ${JSON.stringify(found)}, the oracle has ${JSON.stringify(expected.values)}`
}

function isSameRow(expected: ExpectedRow, found: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(expected).every(([name, { value, shape }]) => readValue(found[name], shape) === value)
}

function meets({ value, tolerance, within }: Near, found: unknown): boolean {
  if (value === null || found === null) return value === found
  if (within !== undefined && ((found as number) < within[0] || (found as number) > within[1])) return false
  // The tolerance of a value so small that it rounds to nothing.
  return typeof found === 'number' && Math.abs(found - value) <= tolerance + Number.MIN_VALUE
}

/** A value of a JSON answer as the oracle keeps it. */
function readValue(found: unknown, shape: Shape): Value | undefined {
  if (found === null || found === undefined) return found as null | undefined
  switch (shape.kind) {
    case 'exact':
      return unscaled(String(found), shape.scale)
    case 'instant':
      return instantUs(String(found))
    case 'date':
      return BigInt(Date.parse(`${found}T00:00:00Z`)) / 86_400_000n
    case 'double':
      // −0 and 0 are one value.
      return Number(found) + 0
    case 'text':
    case 'bool':
      return found as string | boolean
  }
}

/** An RFC 3339 instant in µs since 1970; JavaScript's own dates know milliseconds only. */
function instantUs(text: string): bigint {
  const parts = /^(.*?)(?:\.(\d{1,6}))?Z$/.exec(text)
  if (parts === null) throw new Error(`${text} is no instant in UTC`)
  return BigInt(Date.parse(`${parts[1]}Z`)) * 1000n + BigInt((parts[2] ?? '').padEnd(6, '0'))
}
