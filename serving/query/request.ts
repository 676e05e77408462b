import { type Static, type TObject, Type } from '@sinclair/typebox'
import { Errors, type ValueError, ValueErrorType } from '@sinclair/typebox/errors'
import { nearNames } from '../../core/define/near-names.ts'
import { didYouMean } from '../../core/define/unknown-name.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import { GRAINS } from '../../core/model/grain.ts'
import { FILTER_OPERATORS } from '../../core/model/query.ts'
import { WEEKDAYS } from '../../core/model/time-buckets.ts'
import type { FilterRequest } from './filter.ts'

/** The most rows of one answer, and the most that `offset` may pass over. */
export const MAX_ROWS = 100_000

/** ClickHouse takes a thousand bound values, and a filter may have many. */
const MAX_FILTERS = 100

/** How deep groups of filters may lie within each other. */
const MAX_FILTER_DEPTH = 10

function filterSchema(name: 'dimension' | 'measure') {
  const group = (which: string) =>
    Type.Optional(
      Type.Array(Type.Unknown(), {
        description: `Filters like this one, ${which}; nothing else stands beside it.`,
      }),
    )
  return Type.Object(
    {
      [name]: Type.Optional(Type.String()),
      op: Type.Optional(Type.String({ description: `One of ${FILTER_OPERATORS.join(', ')}.` })),
      values: Type.Optional(
        Type.Array(Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]), {
          description: `Of the ${name}’s type. Integers above 2^53 and decimals of more than 15 digits as strings. Null in the lists of in and notIn alone.`,
        }),
      ),
      or: group('of which one must hold'),
      and: group('all of which must hold'),
    },
    { additionalProperties: false },
  )
}

const FILTER_SCHEMAS = { filters: filterSchema('dimension'), having: filterSchema('measure') } as const

const OrderRequest = Type.Object(
  { by: Type.String(), desc: Type.Optional(Type.Boolean({ default: false })) },
  { additionalProperties: false },
)

const TimeRangeRequest = Type.Object(
  {
    from: Type.Optional(Type.String({ description: 'The first instant, included.' })),
    to: Type.Optional(Type.String({ description: 'The last instant, not included.' })),
  },
  { additionalProperties: false },
)

/** A question to one view, as `POST /v1/query` takes it: the declaration for OpenAPI and for the check alike. */
export const QueryRequest = Type.Object(
  {
    view: Type.String(),
    measures: Type.Optional(Type.Array(Type.String(), { description: 'All of the view’s, if left out.' })),
    dimensions: Type.Optional(Type.Array(Type.String(), { description: 'None, if left out.' })),
    timeRange: Type.Optional(TimeRangeRequest),
    grain: Type.Optional(
      Type.String({
        description: `One of ${GRAINS.join(', ')}, or several that divide the next larger one, such as \`15 minutes\`; adds the column \`time\`.`,
      }),
    ),
    timeZone: Type.Optional(Type.String({ default: 'UTC', description: 'An IANA name.' })),
    weekStart: Type.Optional(
      Type.String({ default: 'monday', description: `Where weeks begin: ${WEEKDAYS.join(', ')}.` }),
    ),
    fiscalYearStart: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 12,
        default: 1,
        description: 'The month in which years begin, and with them quarters and buckets of several months.',
      }),
    ),
    filters: Type.Optional(
      Type.Array(FILTER_SCHEMAS.filters, { maxItems: MAX_FILTERS, description: 'All of them must hold.' }),
    ),
    having: Type.Optional(
      Type.Array(FILTER_SCHEMAS.having, {
        maxItems: MAX_FILTERS,
        description: 'Filters of measures, held against the finished values of a row; all of them must hold.',
      }),
    ),
    fill: Type.Optional(
      Type.Union([Type.Boolean(), Type.String()], {
        description:
          'Adds rows for buckets without events: `zero` (or true), counts and sums are 0 and other measures null, or `null`.',
      }),
    ),
    order: Type.Optional(Type.Array(OrderRequest)),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_ROWS })),
    offset: Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_ROWS, default: 0 })),
  },
  { additionalProperties: false },
)
export type QueryRequest = Omit<Static<typeof QueryRequest>, 'filters' | 'having'> & {
  readonly filters?: readonly FilterRequest<'dimension'>[]
  readonly having?: readonly FilterRequest<'measure'>[]
}

/** Checks the shape of a question; names and values are checked against the view when it is planned. */
export function checkRequest(body: unknown): QueryRequest {
  checkShape(QueryRequest, body, '')
  const request = body as QueryRequest
  for (const field of ['filters', 'having'] as const) checkFilters(field, request[field] ?? [], field, 0)
  return request
}

/** Checks the groups that filters may be, and how many there are in all. */
function checkFilters(
  field: keyof typeof FILTER_SCHEMAS,
  filters: readonly FilterRequest<'dimension' | 'measure'>[],
  place: string,
  depth: number,
): number {
  if (depth > MAX_FILTER_DEPTH)
    throw filterInvalid(place, `more than ${MAX_FILTER_DEPTH} groups lie within each other`)
  let count = 0
  for (const [index, filter] of filters.entries()) {
    const at = `${place}.${index}`
    if (depth > 0) checkShape(FILTER_SCHEMAS[field], filter, at)
    const groups = (['or', 'and'] as const).filter(word => filter[word] !== undefined)
    const name = field === 'filters' ? 'dimension' : 'measure'
    if (groups.length === 0) {
      for (const needed of [name, 'op'] as const)
        if (filter[needed] === undefined)
          throw filterInvalid(at, `it names no ${needed === 'op' ? 'operator' : needed}`)
      count += 1
      continue
    }
    const [word] = groups
    if (Object.keys(filter).length > 1) throw filterInvalid(at, `nothing may stand beside ${word}`)
    const parts = filter[word!]!
    if (parts.length === 0) throw filterInvalid(`${at}.${word}`, 'it holds no filter')
    count += checkFilters(field, parts, `${at}.${word}`, depth + 1)
  }
  if (count > MAX_FILTERS) throw filterInvalid(field, `there are more than ${MAX_FILTERS} filters`)
  return count
}

function filterInvalid(place: string, why: string): TwofoldError {
  return new TwofoldError('QUERY_INVALID', `The query cannot be read: ${place}: ${why}.`, {
    hint: 'A filter names a dimension (in `having`, a measure) and an operator, or is { "or": [filters] } or { "and": [filters] }.',
    details: { field: place },
  })
}

/** @throws QUERY_INVALID for the first thing at `at` that is not as the schema has it */
function checkShape(schema: TObject, value: unknown, at: string): void {
  const error = firstError(schema, value)
  if (error === undefined) return
  const place = `${at}${error.path.replaceAll('/', '.')}`.replace(/^\./, '')
  if (error.type === ValueErrorType.ObjectAdditionalProperties) throw unknownField(place)
  throw new TwofoldError(
    'QUERY_INVALID',
    `The query cannot be read: ${place === '' ? 'the body' : place}: ${lowerFirst(error.message)}, got ${shown(error.value)}.`,
    { details: { field: place } },
  )
}

const ERRORS_LOOKED_AT = 20

/** A field that is misspelt tells more than that it is missing. */
function firstError(schema: TObject, body: unknown): ValueError | undefined {
  const found: ValueError[] = []
  for (const error of Errors(schema, [], body)) {
    if (error.type === ValueErrorType.ObjectAdditionalProperties) return error
    found.push(error)
    if (found.length === ERRORS_LOOKED_AT) break
  }
  return found[0]
}

function unknownField(place: string): TwofoldError {
  const nearest = nearNames(place.split('.').at(-1)!, fieldsBeside(place))
  return new TwofoldError('QUERY_INVALID', `The query has an unknown field ${JSON.stringify(place)}.`, {
    details: { field: place, nearest },
    ...didYouMean(nearest),
  })
}

const PARTS: Readonly<Record<string, TObject>> = {
  ...FILTER_SCHEMAS,
  order: OrderRequest,
  timeRange: TimeRangeRequest,
}

/** The fields that may stand where `place` does. */
function fieldsBeside(place: string): string[] {
  const [part, ...rest] = place.split('.')
  const schema = rest.length === 0 ? QueryRequest : PARTS[part!]
  return Object.keys(schema?.properties ?? {})
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

/** Lists and objects are told by their kind alone: they may be nested deeper than JSON can be written. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}
