import type { MeasureDefinition, MeasureKind, MeasureOf } from '../model/measure.ts'
import { MAX_EDGES } from './histogram.ts'
import { invalid } from './names.ts'

/** The values most frequent are part of each answer's row. */
const MAX_TOP = 1000

/** @throws CONFIG_INVALID where what a measure takes beside its expressions is not what it must be */
export function assertArguments(measure: MeasureDefinition, place: string): void {
  const check = CHECKS[measure.kind] as ((measure: MeasureDefinition, place: string) => void) | undefined
  check?.(measure, place)
}

const CHECKS: {
  readonly [K in MeasureKind]?: (measure: MeasureOf<K>, place: string) => void
} = {
  quantiles: ({ levels }, place) => {
    if (!Array.isArray(levels) || levels.length === 0 || levels.some(level => !(level >= 0 && level <= 1)))
      invalid(place, `expected levels from 0 to 1, got ${JSON.stringify(levels)}.`)
  },
  topK: ({ k }, place) => {
    if (!Number.isInteger(k) || k < 1 || k > MAX_TOP)
      invalid(place, `expected how many values to list, from 1 to ${MAX_TOP}, got ${JSON.stringify(k)}.`)
  },
  histogram: ({ edges }, place) => {
    const rise =
      Array.isArray(edges) &&
      edges.every((edge, index) => Number.isFinite(edge) && (index === 0 || edge > edges[index - 1]!))
    if (!rise || edges.length === 0 || edges.length > MAX_EDGES)
      invalid(place, `expected 1 to ${MAX_EDGES} numbers that rise as edges, got ${JSON.stringify(edges)}.`)
  },
}
