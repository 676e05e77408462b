import { unknownName } from '../../core/define/unknown-name.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import { FILLS, type Fill, type ViewQuery } from '../../core/model/query.ts'
import { MAX_ROWS, type QueryRequest } from './request.ts'
import { startsWithin } from './time-buckets.ts'

/**
 * The buckets that an answer shall have whether there are events in them or not.
 * @throws QUERY_INVALID without a grain or a range that ends on both sides; RESULT_TOO_LARGE
 */
export function planFill(
  asked: QueryRequest['fill'],
  { buckets, fromSeconds, toSeconds }: Pick<ViewQuery, 'buckets' | 'fromSeconds' | 'toSeconds'>,
): Fill | undefined {
  if (asked === undefined || asked === false) return undefined
  const value = asked === true ? 'zero' : FILLS.find(candidate => candidate === asked)
  if (value === undefined) throw unknownName('QUERY_INVALID', 'fill', String(asked), FILLS)
  if (buckets === undefined || fromSeconds === undefined || toSeconds === undefined) {
    throw new TwofoldError('QUERY_INVALID', 'fill: it is not said which buckets there are to fill.', {
      hint: 'Ask with a `grain` and a time range that has both `from` and `to`.',
      details: { field: 'fill' },
    })
  }
  const starts = startsWithin(buckets, { fromSeconds, toSeconds }, MAX_ROWS)
  if (starts.length <= MAX_ROWS) return { value, starts }
  throw new TwofoldError('RESULT_TOO_LARGE', `fill: the time range has more than ${MAX_ROWS} buckets.`, {
    hint: 'Ask for a shorter time range or a coarser grain.',
    details: { field: 'fill', maxRows: MAX_ROWS },
  })
}
