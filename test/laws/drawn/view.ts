import fc from 'fast-check'
import { GRAINS } from '../../../core/model/grain.ts'
import type { MeasureKind } from '../../../core/model/measure.ts'
import type { Expression } from '../expression.ts'
import type { TwinMeasure, TwinView } from '../twin-view.ts'
import { conditionsOf, expressionsOf } from './expressions.ts'
import { elementColumns, listExpressions, unnestOf } from './list.ts'
import type { DrawnList, DrawnSchema } from './schema.ts'

/** Any views of a stream: conditions, grains, dimensions and measures over its columns. */
export function drawnViews(schema: DrawnSchema): fc.Arbitrary<TwinView[]> {
  return fc
    .array(drawnView(schema), { minLength: 1, maxLength: 3 })
    .map(views => views.map((view, index) => ({ ...view, name: `v${index}` })))
}

function drawnView(schema: DrawnSchema): fc.Arbitrary<Omit<TwinView, 'name'>> {
  const { lists = [] } = schema
  const flat = { weight: 2, arbitrary: fc.constant(undefined) }
  const apart = lists.map(list => ({ weight: 1, arbitrary: fc.constant<DrawnList | undefined>(list) }))
  return fc.oneof(flat, ...apart).chain(list => drawnViewOf(schema, list))
}

/** @param list that the view takes apart, if it does */
function drawnViewOf(
  { columns, lists = [] }: DrawnSchema,
  list: DrawnList | undefined,
): fc.Arbitrary<Omit<TwinView, 'name'>> {
  const all = [...columns, ...(list === undefined ? [] : elementColumns(list))]
  const expressions = [...all.flatMap(expressionsOf), ...lists.flatMap(listExpressions)]
  const expression = fc.constantFrom(...expressions)
  const condition = fc.constantFrom(...all.flatMap(conditionsOf))
  return fc
    .record({
      grain: fc.constantFrom(...GRAINS),
      where: fc.option(condition, { nil: undefined, freq: 2 }),
      dimensions: fc.array(expression, { maxLength: 3 }),
      measures: fc.array(drawnMeasure(expressions, condition), { minLength: 1, maxLength: 8 }),
    })
    .map(({ where, dimensions, measures, ...rest }) => ({
      ...rest,
      ...(where !== undefined && { where }),
      ...(list !== undefined && { unnest: unnestOf(list) }),
      dimensions: named('d', dimensions),
      measures: named('m', measures),
    }))
}

function named<T>(letter: string, values: readonly T[]): Record<string, T> {
  return Object.fromEntries(values.map((value, index) => [`${letter}${index}`, value]))
}

function drawnMeasure(
  expressions: readonly Expression[],
  condition: fc.Arbitrary<Expression>,
): fc.Arbitrary<TwinMeasure> {
  const any = fc.constantFrom(...expressions)
  const numbers = expressions.filter(({ shape }) => shape.kind === 'exact' || shape.kind === 'double')
  // Decimals without a fraction are not told from integers by their shape.
  const integers = numbers.filter(({ shape }) => shape.kind === 'exact' && shape.is64Bit === true)
  const takenBy = ({ takesNumbers, takesIntegers }: Parts) =>
    takesIntegers === true ? integers : takesNumbers ? numbers : expressions
  // Not every schema has a number.
  const kinds = (Object.keys(PARTS) as MeasureKind[]).filter(kind => takenBy(PARTS[kind]).length > 0)
  const filter = fc.option(condition, { nil: undefined, freq: 2 })
  return fc.constantFrom(...kinds).chain(kind => {
    const { parts } = PARTS[kind]
    const expression = fc.constantFrom(...takenBy(PARTS[kind]))
    return fc.record({ expression, by: any, levels, population, k, edges, filter }).map(
      ({ filter, ...drawn }): TwinMeasure => ({
        kind,
        ...(filter !== undefined && { filter }),
        ...Object.fromEntries(parts.map(part => [part, drawn[part]])),
      }),
    )
  })
}

const levels = fc.constantFrom([0.5], [0.9], [0, 0.25, 0.5, 0.99, 1])
const population = fc.boolean()
const k = fc.constantFrom(1, 3, 1000)
const edges = fc.constantFrom([0], [-0.5, 0.1, 0.25, 100], [-1e30, -1, 0, 1, 10, 1e19, 1e300])

interface Parts {
  readonly takesNumbers: boolean
  /** Of 64 bits at most; no decimals, even where these are whole. */
  readonly takesIntegers?: boolean
  readonly parts: readonly ('expression' | 'by' | 'levels' | 'population' | 'k' | 'edges')[]
}

/** What each kind of measure is made of. A new kind does not compile until it is here. */
const PARTS: Readonly<Record<MeasureKind, Parts>> = {
  count: { takesNumbers: false, parts: [] },
  sum: { takesNumbers: true, parts: ['expression'] },
  avg: { takesNumbers: true, parts: ['expression'] },
  min: { takesNumbers: false, parts: ['expression'] },
  max: { takesNumbers: false, parts: ['expression'] },
  uniq: { takesNumbers: false, parts: ['expression'] },
  quantiles: { takesNumbers: true, parts: ['expression', 'levels'] },
  argMin: { takesNumbers: false, parts: ['expression', 'by'] },
  argMax: { takesNumbers: false, parts: ['expression', 'by'] },
  uniqExact: { takesNumbers: false, parts: ['expression'] },
  variance: { takesNumbers: true, parts: ['expression', 'population'] },
  stddev: { takesNumbers: true, parts: ['expression', 'population'] },
  topK: { takesNumbers: false, parts: ['expression', 'k'] },
  histogram: { takesNumbers: true, parts: ['expression', 'edges'] },
  bitAnd: { takesNumbers: true, takesIntegers: true, parts: ['expression'] },
  bitOr: { takesNumbers: true, takesIntegers: true, parts: ['expression'] },
  bitXor: { takesNumbers: true, takesIntegers: true, parts: ['expression'] },
}
