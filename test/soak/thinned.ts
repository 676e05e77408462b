import type { Sample } from './samples.ts'

const MOMENTS = 60

/**
 * The highest of each figure in each sixtieth of the time: what a chart can show of an hour, and no peak is lost.
 * A chart of all samples would be a hundred times as large.
 */
export function thinned(samples: readonly Sample[]): Sample[] {
  const minutes = Math.max(...samples.map(({ minute }) => minute))
  const widthMinutes = minutes / MOMENTS
  const highest = new Map<string, Sample>()
  for (const sample of samples) {
    const moment = Math.min(Math.floor(sample.minute / widthMinutes), MOMENTS - 1)
    const key = `${sample.measure} ${sample.subject} ${moment}`
    const before = highest.get(key)
    if (before === undefined || sample.value > before.value)
      highest.set(key, {
        ...sample,
        minute: round((moment + 0.5) * widthMinutes),
        value: round(sample.value),
      })
  }
  return [...highest.values()]
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
