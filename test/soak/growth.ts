import { MEASURES, type Measure } from './samples.ts'
import type { Trend } from './trend.ts'

/** By how much a figure may be larger in the last third than in the second: a share of it, and something on top. */
interface Allowance {
  readonly share: number
  readonly plus: number
}

/**
 * What has to be flat, and how flat: memory follows the garbage collectors, connections and parts come and go by a
 * few. What a load adds to the archive and to the tables is no fault, so folders and rows have no limit, and freshness
 * is for benchmarks to judge.
 */
const ALLOWED: Readonly<Partial<Record<Measure, Allowance>>> = {
  memory: { share: 0.15, plus: 40 },
  // A pool as large as it may be is no leak, and short soaks end before ClickHouse's is.
  threads: { share: 0.1, plus: 150 },
  descriptors: { share: 0.1, plus: 20 },
  connections: { share: 0.1, plus: 10 },
  parts: { share: 0.25, plus: 15 },
  logs: { share: 0.05, plus: 0.5 },
}

/** What grew beyond what it may, a sentence for each. */
export function growthFaults(trends: readonly Trend[]): string[] {
  return trends.flatMap(({ measure, subject, middle, last }) => {
    const allowed = ALLOWED[measure]
    if (allowed === undefined) return []
    const most = middle * (1 + allowed.share) + allowed.plus
    // What was not there in one of the thirds has no trend: that is a fault, too.
    if (last <= most) return []
    return [
      `${MEASURES[measure]}, ${subject}: ${round(last)} in the last third, ${round(middle)} in the second; ${round(most)} would be flat`,
    ]
  })
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
