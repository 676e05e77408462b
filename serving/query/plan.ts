import { unknownName } from '../../core/define/unknown-name.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { ViewQuery } from '../../core/model/query.ts'
import type { CompiledView } from '../../core/sql/compiled-view.ts'
import { planFill } from './fill.ts'
import { planFilters, planHaving } from './filter.ts'
import { MAX_ROWS, type QueryRequest } from './request.ts'
import { planTime } from './time-range.ts'

/**
 * Checks a question against its view. Without a `limit` it asks for one row more than an answer may have, which
 * tells that there are too many.
 * @throws an error of status 400 that names the field and, for a name, what may have been meant
 */
export function planQuery(request: QueryRequest, compiled: CompiledView): ViewQuery {
  const measureNames = [...compiled.measures, ...compiled.computed].map(measure => measure.name)
  const dimensionNames = compiled.dimensions.map(dimension => dimension.name)
  const of = ` in view ${compiled.view.name}`
  for (const name of request.measures ?? [])
    if (!measureNames.includes(name)) throw unknownName('MEASURE_UNKNOWN', 'measure', name, measureNames, of)
  for (const name of request.dimensions ?? [])
    if (!dimensionNames.includes(name))
      throw unknownName('DIMENSION_UNKNOWN', 'dimension', name, dimensionNames, of)
  const measures = request.measures ?? measureNames
  const dimensions = request.dimensions ?? []
  assertOnce(measures, 'measures')
  assertOnce(dimensions, 'dimensions')
  if (measures.length + dimensions.length === 0)
    throw new TwofoldError('QUERY_INVALID', 'The query asks for neither a measure nor a dimension.')
  const { timeZone, ...time } = planTime(request, compiled.view.grain)
  return {
    view: compiled.view.name,
    measures,
    dimensions,
    ...time,
    filters: planFilters(request.filters ?? [], 'filters', compiled, timeZone),
    having: planHaving(request.having ?? [], 'having', compiled, timeZone),
    fill: planFill(request.fill, time),
    order: planOrder(request, compiled, { ...time, measures, dimensions }),
    limit: request.limit ?? MAX_ROWS + 1,
    offset: request.offset ?? 0,
  }
}

function planOrder(
  request: QueryRequest,
  compiled: CompiledView,
  asked: Pick<ViewQuery, 'buckets' | 'measures' | 'dimensions'>,
): ViewQuery['order'] {
  const order = request.order ?? []
  const keys = [...(asked.buckets === undefined ? [] : ['time']), ...asked.dimensions, ...asked.measures]
  for (const { by } of order) {
    if (!keys.includes(by))
      throw unknownName('ORDER_UNKNOWN', 'column', by, keys, ' in the answer to order by')
    const measure = [...compiled.measures, ...compiled.computed].find(({ name }) => name === by)
    if (measure?.resultType.startsWith('Array('))
      throw new TwofoldError('ORDER_UNKNOWN', `The measure ${by} is a list: rows have no order by it.`)
  }
  assertOnce(
    order.map(({ by }) => by),
    'order',
  )
  return order.map(({ by, desc }) => ({ by, desc: desc ?? false }))
}

function assertOnce(names: readonly string[], field: string): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice === undefined) return
  throw new TwofoldError('QUERY_INVALID', `${field} names ${JSON.stringify(twice)} twice.`, {
    details: { field, name: twice },
  })
}
