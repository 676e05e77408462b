import { nearNames } from '../../core/define/near-names.ts'
import { didYouMean } from '../../core/define/unknown-name.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import { parseFilter } from './filter-text.ts'

/** The parameters of `GET /v1/views/{name}`, in the order of the documentation. */
export const QUERY_PARAMETERS = [
  'measures',
  'dimensions',
  'from',
  'to',
  'grain',
  'timeZone',
  'weekStart',
  'fiscalYearStart',
  'fill',
  'filter',
  'having',
  'order',
  'limit',
  'offset',
] as const

type Parameter = (typeof QUERY_PARAMETERS)[number]
type Parameters = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * The question that URL parameters ask, in the form of a request's body; its shape is still to be checked.
 * `filter` and `having` may stand several times. A `-` before a name of `order` means descending.
 * @throws QUERY_INVALID for an unknown parameter, one that stands twice, or a filter without an operator
 */
export function requestOfParameters(view: string, parameters: Parameters): unknown {
  for (const name of Object.keys(parameters)) assertKnown(name)
  const one = (name: Parameter) => single(name, parameters[name])
  const list = (name: Parameter) =>
    one(name)
      ?.split(',')
      .filter(item => item !== '')
  const [from, to] = [one('from'), one('to')]
  const filters = [parameters['filter'] ?? []].flat().map(text => parseFilter(text, 'filter', 'dimension'))
  const having = [parameters['having'] ?? []].flat().map(text => parseFilter(text, 'having', 'measure'))
  return withoutUndefined({
    view,
    measures: list('measures'),
    dimensions: list('dimensions'),
    timeRange: from === undefined && to === undefined ? undefined : withoutUndefined({ from, to }),
    grain: one('grain'),
    timeZone: one('timeZone'),
    weekStart: one('weekStart'),
    fiscalYearStart: wholeNumber(one('fiscalYearStart')),
    fill: trueOrFalse(one('fill')),
    filters: filters.length === 0 ? undefined : filters,
    having: having.length === 0 ? undefined : having,
    order: list('order')?.map(item =>
      item.startsWith('-') ? { by: item.slice(1), desc: true } : { by: item },
    ),
    limit: wholeNumber(one('limit')),
    offset: wholeNumber(one('offset')),
  })
}

function assertKnown(name: string): void {
  if ((QUERY_PARAMETERS as readonly string[]).includes(name)) return
  const nearest = nearNames(name, QUERY_PARAMETERS)
  throw new TwofoldError('QUERY_INVALID', `There is no parameter ${JSON.stringify(name)}.`, {
    details: { parameter: name, nearest },
    ...didYouMean(nearest),
  })
}

function single(name: string, value: string | readonly string[] | undefined): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw new TwofoldError('QUERY_INVALID', `The parameter ${name} stands in the URL ${value.length} times.`, {
    details: { parameter: name },
  })
}

function trueOrFalse(text: string | undefined): boolean | string | undefined {
  return text === 'true' ? true : text === 'false' ? false : text
}

/** What is no whole number stays as it is, for the check of the shape to refuse it. */
function wholeNumber(text: string | undefined): number | string | undefined {
  return text !== undefined && /^-?\d{1,15}$/.test(text) ? Number(text) : text
}

function withoutUndefined(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}
