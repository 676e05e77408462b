import { type Static, type TObject, Type } from '@sinclair/typebox'
import { Errors, type ValueError, ValueErrorType } from '@sinclair/typebox/errors'
import { nearNames } from '../../core/define/near-names.ts'
import { didYouMean } from '../../core/define/unknown-name.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import { GRAINS } from '../../core/model/grain.ts'
import { FILTER_OPERATORS } from '../../core/model/query.ts'
import { WEEKDAYS } from '../../core/model/time-buckets.ts'

/** The most rows of one answer, and the most that `offset` may pass over. */
export const MAX_ROWS = 100_000

/** ClickHouse takes a thousand bound values, and a filter may have many. */
const MAX_FILTERS = 100

const FilterRequest = Type.Object(
  {
    dimension: Type.String(),
    op: Type.String({ description: `One of ${FILTER_OPERATORS.join(', ')}.` }),
    values: Type.Optional(
      Type.Array(Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]), {
        description:
          'Of the dimension’s type. Integers above 2^53 and decimals of more than 15 digits as strings.',
      }),
    ),
  },
  { additionalProperties: false },
)

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
      Type.Array(FilterRequest, { maxItems: MAX_FILTERS, description: 'All of them must hold.' }),
    ),
    order: Type.Optional(Type.Array(OrderRequest)),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_ROWS })),
    offset: Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_ROWS, default: 0 })),
  },
  { additionalProperties: false },
)
export type QueryRequest = Static<typeof QueryRequest>

/** Checks the shape of a question; names and values are checked against the view when it is planned. */
export function checkRequest(body: unknown): QueryRequest {
  const error = firstError(body)
  if (error === undefined) return body as QueryRequest
  const place = error.path.slice(1).replaceAll('/', '.')
  if (error.type === ValueErrorType.ObjectAdditionalProperties) throw unknownField(place)
  throw new TwofoldError(
    'QUERY_INVALID',
    `The query cannot be read: ${place === '' ? 'the body' : place}: ${lowerFirst(error.message)}, got ${shown(error.value)}.`,
    { details: { field: place } },
  )
}

const ERRORS_LOOKED_AT = 20

/** A field that is misspelt tells more than that it is missing. */
function firstError(body: unknown): ValueError | undefined {
  const found: ValueError[] = []
  for (const error of Errors(QueryRequest, [], body)) {
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
  filters: FilterRequest,
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
