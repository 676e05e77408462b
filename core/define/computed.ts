import type { ComputedDefinition, NamedComputed } from '../model/computed.ts'
import { invalid } from './names.ts'
import { nearNames } from './near-names.ts'

const KINDS: readonly string[] = ['ratio', 'percent'] satisfies ComputedDefinition['kind'][]

/** One measure divided by another of the same view; null where the divisor is 0 or null. */
export function ratio(numerator: string, denominator: string): ComputedDefinition {
  return { kind: 'ratio', of: [numerator, denominator] }
}

/** A hundred times the ratio. */
export function percent(part: string, whole: string): ComputedDefinition {
  return { kind: 'percent', of: [part, whole] }
}

/** True for what is computed from other measures, and false for what a view keeps, whatever that is. */
export function isComputed(measure: unknown): measure is ComputedDefinition {
  const kind = (measure as { kind?: unknown } | null | undefined)?.kind
  return typeof kind === 'string' && KINDS.includes(kind)
}

/** The computed ones among a view's measures. @throws CONFIG_INVALID where one names what the view does not keep */
export function computedOf(
  measures: Readonly<Record<string, unknown>>,
  place: string,
): readonly NamedComputed[] {
  const kept = Object.keys(measures).filter(name => !isComputed(measures[name]))
  return Object.entries(measures).flatMap(([name, computed]) => {
    if (!isComputed(computed)) return []
    const names: readonly unknown[] = Array.isArray(computed.of) ? computed.of : []
    if (names.length !== 2) invalid(`${place}.${name}`, `expected two measures, got ${names.length}.`)
    for (const of of names) if (!kept.includes(String(of))) noMeasure(`${place}.${name}`, String(of), kept)
    return [{ name, computed }]
  })
}

function noMeasure(place: string, name: string, kept: readonly string[]): never {
  const [nearest] = nearNames(name, kept)
  const meant = nearest === undefined ? '' : ` Did you mean ${nearest}?`
  invalid(place, `the view keeps no measure ${JSON.stringify(name)} to compute with.${meant}`)
}
