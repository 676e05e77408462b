import { nearNames } from '../../core/define/near-names.ts'
import { didYouMean, unknownName } from '../../core/define/unknown-name.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import { GRAINS, type Grain } from '../../core/model/grain.ts'
import { type BucketWidth, isWidthMadeOf, WEEKDAYS } from '../../core/model/time-buckets.ts'
import type { QueryRequest } from './request.ts'

/** What the units make, and how many of each: widths divide it. */
const PARTS: { readonly [G in Grain]?: readonly [whole: Grain, count: number] } = {
  second: ['minute', 60],
  minute: ['hour', 60],
  hour: ['day', 24],
  month: ['year', 12],
  quarter: ['year', 4],
}

/** Where weeks and years begin, for those who ask. */
export type Calendar = Pick<BucketWidth, 'weekStart' | 'fiscalYearStart'>

/** @throws QUERY_INVALID for a day that there is not */
export function planCalendar({
  weekStart = 'monday',
  fiscalYearStart = 1,
}: Pick<QueryRequest, 'weekStart' | 'fiscalYearStart'>): Calendar {
  const day = WEEKDAYS.find(candidate => candidate === weekStart)
  if (day === undefined) throw weekdayUnknown(weekStart)
  return { weekStart: day, fiscalYearStart }
}

const FORM = /^(?:(\d{1,6}) )?([a-z]+?)(s?)$/

/**
 * Reads the width of buckets: `hour`, `15 minutes`, `6 hours`.
 * @throws GRAIN_UNKNOWN; GRAIN_UNEVEN where the width does not divide the next larger unit; GRAIN_TOO_FINE where it is
 *   not made of whole buckets of the view
 */
export function planWidth(text: string, calendar: Calendar, viewGrain: Grain): BucketWidth {
  const width = { ...readWidth(text), ...calendar }
  if (isWidthMadeOf(width, viewGrain)) return width
  const { unit, count, weekStart, fiscalYearStart } = width
  const where =
    (unit === 'week' && weekStart !== 'monday' ? ` that begins on ${capital(weekStart)}` : '') +
    (['quarter', 'year'].includes(unit) && fiscalYearStart !== 1
      ? ` of a year from month ${fiscalYearStart}`
      : '')
  throw new TwofoldError(
    'GRAIN_TOO_FINE',
    `The view is kept by ${viewGrain}: a bucket of ${count === 1 ? `a ${unit}` : `${count} ${unit}s`}${where} is not made of whole ${viewGrain}s.`,
    {
      details: {
        grain: text,
        viewGrain,
        possible: GRAINS.filter(candidate =>
          isWidthMadeOf({ ...width, unit: candidate, count: 1 }, viewGrain),
        ),
      },
    },
  )
}

function readWidth(text: string): Pick<BucketWidth, 'unit' | 'count'> {
  const match = FORM.exec(text)
  const unit = GRAINS.find(candidate => candidate === match?.[2])
  // `hours` alone is a name that is not quite right.
  if (match === null || unit === undefined || (match[1] === undefined && match[3] !== '')) {
    const name = match?.[2] ?? text
    throw unknownName('GRAIN_UNKNOWN', 'grain', text, GRAINS.includes(name as Grain) ? [name] : GRAINS)
  }
  const count = Number(match[1] ?? 1)
  if (count === 1) return { unit, count }
  const [whole, parts] = PARTS[unit] ?? []
  if (whole === undefined || parts === undefined)
    throw uneven(text, unit, `only single ${unit}s make buckets`, [1])
  if (count === parts) return { unit: whole, count: 1 }
  if (count > 0 && parts % count === 0) return { unit, count }
  const possible = Array.from({ length: parts }, (_, index) => index + 1).filter(
    number => parts % number === 0,
  )
  throw uneven(
    text,
    unit,
    `buckets of ${unit}s must divide ${whole === 'hour' ? 'an' : 'a'} ${whole} evenly`,
    possible,
  )
}

function uneven(text: string, unit: Grain, why: string, possible: readonly number[]): TwofoldError {
  return new TwofoldError('GRAIN_UNEVEN', `The grain ${JSON.stringify(text)}: ${why}.`, {
    hint: `Possible are ${possible.join(', ')} ${unit}${possible.length === 1 ? '' : 's'}.`,
    details: { grain: text, possible: possible.map(count => `${count} ${unit}${count === 1 ? '' : 's'}`) },
  })
}

function weekdayUnknown(weekStart: string): TwofoldError {
  const nearest = nearNames(weekStart, WEEKDAYS)
  return new TwofoldError(
    'QUERY_INVALID',
    `weekStart: there is no day ${JSON.stringify(weekStart.slice(0, 100))}.`,
    {
      hint: `Days are ${WEEKDAYS.join(', ')}.`,
      details: { field: 'weekStart', value: weekStart, nearest },
      ...didYouMean(nearest),
    },
  )
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
