import type { ComputedDefinition, NamedComputed } from '../model/computed.ts'
import { TwofoldError } from '../model/errors.ts'
import type { CompiledMeasure } from './measure-parts.ts'

/** What a question can ask for: a measure that is kept, or one that is computed from such. */
export type AnsweredMeasure = Pick<CompiledMeasure, 'name' | 'states' | 'finish' | 'resultType'>

/**
 * Compiles a computed measure: an expression over the finished values of the measures that it names.
 * @throws EXPRESSION_INVALID where one of them is no number
 */
export function compileComputed(
  { name, computed }: NamedComputed,
  measures: readonly CompiledMeasure[],
): AnsweredMeasure {
  const parts = computed.of.map(of => measures.find(measure => measure.name === of)!)
  for (const part of parts) assertNumber(name, computed, part)
  const [above, below] = parts.map(({ finish }) => `toFloat64(${finish})`)
  const ratio = `if(ifNull(${below}, 0) = 0, NULL, ${above} / ${below})`
  return {
    name,
    states: parts.flatMap(({ states }) => states),
    finish: computed.kind === 'percent' ? `100 * ${ratio}` : ratio,
    resultType: 'Nullable(Float64)',
  }
}

const NUMBER = /^(Nullable\()?(U?Int|Float|Decimal)/

function assertNumber(name: string, { kind }: ComputedDefinition, part: CompiledMeasure): void {
  if (NUMBER.test(part.resultType)) return
  throw new TwofoldError(
    'EXPRESSION_INVALID',
    `measures.${name}: ${kind} takes numbers, and ${part.name} is of type ${part.resultType}.`,
    {
      hint: 'Name measures whose values are numbers.',
      details: { field: `measures.${name}`, measure: part.name, type: part.resultType },
    },
  )
}
