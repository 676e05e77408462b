import type { ComputedDefinition } from '../model/computed.ts'
import { GRAINS, type Grain } from '../model/grain.ts'
import type { ByTime, MeasureDeclaration, MeasureDefinition, MeasureKind } from '../model/measure.ts'
import type { StreamDefinition } from '../model/stream.ts'
import type { DimensionDefinition, NamedMeasure, UnnestDefinition, ViewDefinition } from '../model/view.ts'
import { computedOf, isComputed } from './computed.ts'
import { assertArguments } from './measure-arguments.ts'
import { assertDistinct, assertFields, assertName, assertObject, invalid, shownKind } from './names.ts'

/** What `view()` takes. */
export interface ViewOptions {
  readonly name: string
  readonly from: StreamDefinition
  /** DuckDB SQL; only events on which it is true count. */
  readonly where?: string
  /**
   * One list of the event, by the name that its elements go by: `{ item: 'items' }`. `where`, dimensions and measures
   * are then of each element, and `item.sku` is one of its members.
   */
  readonly unnest?: Readonly<Record<string, string>>
  /** The finest time bucket that queries can ask for. */
  readonly grain: Grain
  /** Name → DuckDB expression. */
  readonly dimensions?: Readonly<Record<string, string>>
  readonly measures: Readonly<Record<string, MeasureDeclaration | ComputedDefinition>>
}

/** Names that an answer, a table or a parameter of the HTTP API already uses. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([
  'time',
  'kind',
  'run',
  'chain',
  'lane',
  'block',
  'bucket',
  'partition',
  'records',
  'digest',
  'coverage',
])

const FIELDS: Readonly<Record<keyof ViewOptions, true>> = {
  name: true,
  from: true,
  where: true,
  unnest: true,
  grain: true,
  dimensions: true,
  measures: true,
}

/** The expressions that each kind of measure must have. */
const EXPRESSIONS: { readonly [K in MeasureKind]: readonly ('expression' | 'by')[] } = {
  count: [],
  sum: ['expression'],
  avg: ['expression'],
  min: ['expression'],
  max: ['expression'],
  uniq: ['expression'],
  quantiles: ['expression'],
  argMin: ['expression', 'by'],
  argMax: ['expression', 'by'],
  uniqExact: ['expression'],
  variance: ['expression'],
  stddev: ['expression'],
  topK: ['expression'],
  histogram: ['expression'],
  bitAnd: ['expression'],
  bitOr: ['expression'],
  bitXor: ['expression'],
}

/** Declares a view: a roll-up of one stream. */
export function view(options: ViewOptions): ViewDefinition {
  assertObject(options, 'view()')
  const place = `view(${JSON.stringify(options.name)})`
  assertFields(options, FIELDS, place)
  assertName(options.name, `${place}.name`)
  if (typeof options.from?.topic !== 'string') invalid(`${place}.from`, 'expected a stream.')
  if (!GRAINS.includes(options.grain))
    invalid(`${place}.grain`, `expected one of ${GRAINS.join(', ')}, got ${shownKind(options.grain)}.`)
  if (options.where !== undefined) assertExpression(options.where, `${place}.where`)
  const unnest = options.unnest && unnestOf(options.unnest, options.from, `${place}.unnest`)
  const dimensions = dimensionsOf(options.dimensions ?? {}, `${place}.dimensions`)
  const measures = measuresOf(options.measures ?? {}, options.from.time, `${place}.measures`)
  const computed = computedOf(options.measures ?? {}, `${place}.measures`)
  const twice = dimensions.find(dimension =>
    [...measures, ...computed].some(({ name }) => name === dimension.name),
  )
  if (twice) invalid(`${place}.dimensions.${twice.name}`, 'a measure has the same name.')
  assertDistinct(
    [...dimensions, ...measures, ...computed].map(({ name }) => name),
    place,
  )
  return {
    name: options.name,
    topic: options.from.topic,
    where: options.where,
    ...(unnest !== undefined && { unnest }),
    grain: options.grain,
    dimensions,
    measures,
    ...(computed.length > 0 && { computed }),
  }
}

function unnestOf(
  unnest: Readonly<Record<string, string>>,
  { columns }: StreamDefinition,
  place: string,
): UnnestDefinition {
  assertObject(unnest, place)
  const [entry, ...others] = Object.entries(unnest)
  if (entry === undefined || others.length > 0)
    invalid(place, `expected one list, as in { item: 'items' }, got ${Object.keys(unnest).length}.`)
  const [name, expression] = entry
  assertName(name, place)
  assertExpression(expression, `${place}.${name}`)
  const column = columns.find(column => column.name.toLowerCase() === name.toLowerCase())
  if (column !== undefined)
    invalid(`${place}.${name}`, 'a column of the stream has this name; choose another for its elements.')
  return { name, expression }
}

function dimensionsOf(dimensions: Readonly<Record<string, string>>, place: string): DimensionDefinition[] {
  assertObject(dimensions, place)
  return Object.entries(dimensions).map(([name, expression]) => {
    assertField(name, place)
    assertExpression(expression, `${place}.${name}`)
    return { name, expression }
  })
}

function measuresOf(measures: ViewOptions['measures'], time: string, place: string): NamedMeasure[] {
  assertObject(measures, place)
  const named = Object.entries(measures).flatMap(([name, declared]) => {
    assertField(name, place)
    if (isComputed(declared)) return []
    const measure = withTime(declared, time)
    assertMeasure(measure, `${place}.${name}`)
    return [{ name, measure }]
  })
  if (named.length === 0) invalid(place, 'expected at least one measure.')
  return named
}

function assertField(name: string, place: string): void {
  assertName(name, place)
  if (RESERVED_NAMES.has(name.toLowerCase())) invalid(place, `the name ${name} is reserved; choose another.`)
}

function assertExpression(expression: unknown, place: string): void {
  if (typeof expression !== 'string')
    invalid(place, `expected a DuckDB expression as a string, got ${shownKind(expression)}.`)
}

function assertMeasure(measure: MeasureDefinition, place: string): void {
  if (typeof measure?.kind !== 'string' || !Object.hasOwn(EXPRESSIONS, measure.kind))
    invalid(place, "expected a measure, for example m.count() or m.sum('amount').")
  const parts: Readonly<Record<string, unknown>> = { ...measure }
  for (const name of EXPRESSIONS[measure.kind]) assertExpression(parts[name], `${place}.${name}`)
  if (measure.filter !== undefined) assertExpression(measure.filter, `${place}.filter`)
  assertArguments(measure, place)
}

/** The first by time is that of the least time. */
function withTime(declared: MeasureDeclaration, time: string): MeasureDefinition {
  const kind = declared?.kind
  if (kind !== 'first' && kind !== 'last') return declared as MeasureDefinition
  return { ...(declared as ByTime), kind: kind === 'first' ? 'argMin' : 'argMax', by: `"${time}"` }
}
