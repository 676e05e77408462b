import { expect } from 'vitest'
import type { RawRecord } from '../../core/model/record.ts'
import type { Answer } from './api.ts'
import type { Ledger } from './ledger.ts'

/** The question whose answers `expectPrefixes` judges. */
export const TOTAL = { view: 'sales_by_minute', measures: ['events', 'revenue'] }

/**
 * Each answer to `TOTAL`, in the order they came, is exactly that of the records below its `through`, and none reaches
 * less far than the one before.
 */
export function expectPrefixes(
  answers: readonly Answer[],
  log: ReadonlyMap<number, readonly RawRecord[]>,
  ledger: Ledger,
): void {
  const prefixes = prefixesOf(log, ledger)
  for (const [index, { data, coverage }] of answers.entries()) {
    const ends = Object.entries(coverage.through)
    const sums = ends.map(([partition, end]) => prefixes.get(Number(partition))![end]!)
    const events = sums.reduce((sum, prefix) => sum + prefix.events, 0)
    const cents = sums.reduce((sum, prefix) => sum + prefix.cents, 0)
    expect(data[0], JSON.stringify(coverage)).toEqual({
      events,
      revenue: events === 0 ? null : cents / 100,
    })
    const before = answers[index - 1]?.coverage.through ?? {}
    for (const [partition, end] of ends) expect(end).toBeGreaterThanOrEqual(before[partition] ?? 0)
  }
}

interface Prefix {
  readonly events: number
  readonly cents: number
}

/** For each offset of each partition, what the events below it come to. */
function prefixesOf(log: ReadonlyMap<number, readonly RawRecord[]>, ledger: Ledger): Map<number, Prefix[]> {
  return new Map(
    [...log].map(([partition, records]) => {
      const prefixes: Prefix[] = [{ events: 0, cents: 0 }]
      for (const [index, { offset, value }] of records.entries()) {
        // Nobody writes to this topic in transactions, so no offset is missing.
        expect(offset).toBe(index)
        const { events, cents } = prefixes[index]!
        const isEvent = ledger.reasonOf(value!) === undefined
        prefixes.push(isEvent ? { events: events + 1, cents: cents + centsOf(value!) } : { events, cents })
      }
      return [partition, prefixes]
    }),
  )
}

function centsOf(value: Uint8Array): number {
  const amount = /"amount":(-?\d+)\.(\d\d)/.exec(Buffer.from(value).toString('latin1'))
  return amount === null ? 0 : Number(amount[1]! + amount[2]!)
}
