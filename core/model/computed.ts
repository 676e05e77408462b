/** Measures that are computed from others of their view when a question is answered: nothing of them is kept. */
export interface ComputedDefinition {
  readonly kind: 'ratio' | 'percent'
  /** The names of the measure above and the one below the line. */
  readonly of: readonly [numerator: string, denominator: string]
}

export interface NamedComputed {
  readonly name: string
  readonly computed: ComputedDefinition
}
