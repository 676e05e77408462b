import type { Measure, Sample } from './samples.ts'

/** How a figure moved from the second third of a soak to the last: the first third is for caches to fill. */
export interface Trend {
  readonly measure: Measure
  readonly subject: string
  readonly middle: number
  readonly last: number
  /** From one to the other, per hour. */
  readonly perHour: number
}

/**
 * Which quantile of its values speaks for a third. A single peak says nothing, hence the median; and what a merge or a
 * burst of requests opens it closes again, while what leaks stays open: there the floor speaks.
 */
const QUANTILES: Readonly<Partial<Record<Measure, number>>> = { descriptors: 0.1, connections: 0.1 }

/** How each figure moved. */
export function trendsOf(samples: readonly Sample[]): Trend[] {
  const minutes = Math.max(...samples.map(sample => sample.minute))
  const third = minutes / 3
  const groups = new Map<string, Sample[]>()
  for (const sample of samples) {
    const key = `${sample.measure} ${sample.subject}`
    groups.set(key, [...(groups.get(key) ?? []), sample])
  }
  return [...groups.values()].map(group => {
    const { measure, subject } = group[0]!
    const middle = quantile(
      measure,
      group.filter(({ minute }) => minute >= third && minute < 2 * third),
    )
    const last = quantile(
      measure,
      group.filter(({ minute }) => minute >= 2 * third),
    )
    return { measure, subject, middle, last, perHour: ((last - middle) / third) * 60 }
  })
}

function quantile(measure: Measure, samples: readonly Sample[]): number {
  const values = samples.map(({ value }) => value).sort((a, b) => a - b)
  return values[Math.floor(values.length * (QUANTILES[measure] ?? 0.5))] ?? Number.NaN
}
