import { TwofoldError } from '../model/errors.ts'
import type { MeasureOf } from '../model/measure.ts'
import type { MeasureContext, MeasureParts } from './measure-parts.ts'

type BitKind = 'bitAnd' | 'bitOr' | 'bitXor'

const AGGREGATES: Readonly<Record<BitKind, { readonly duckdb: string; readonly clickhouse: string }>> = {
  bitAnd: { duckdb: 'bit_and', clickhouse: 'groupBitAnd' },
  bitOr: { duckdb: 'bit_or', clickhouse: 'groupBitOr' },
  bitXor: { duckdb: 'bit_xor', clickhouse: 'groupBitXor' },
}

/** All values, bit by bit. */
export function compileBits(context: MeasureContext<MeasureOf<BitKind>>): MeasureParts {
  const { name, measure, value } = context
  if (value.family !== 'integer')
    throw new TwofoldError(
      'EXPRESSION_INVALID',
      `measures.${name}: the expression "${measure.expression}" is of type ${value.duckdb}; ${measure.kind} takes integers of up to 64 bits.`,
      { details: { field: `measures.${name}`, expression: measure.expression, type: value.duckdb } },
    )
  const { duckdb, clickhouse } = AGGREGATES[measure.kind]
  const type = `Nullable(${value.clickhouse})`
  const input = context.input('bits', `${duckdb}(${context.row('value')})${context.filter()}`, type)
  const state = context.state('bits', `SimpleAggregateFunction(${clickhouse}, ${type})`, input.name)
  return {
    inputs: [input],
    states: [state],
    finish: `${clickhouse}(${state.name})`,
    resultType: type,
  }
}
