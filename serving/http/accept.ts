import { TwofoldError } from '../../core/model/errors.ts'
import { FORMATS, type Format } from '../query/present.ts'

/**
 * The form of answer that a client prefers by its `Accept` header; of equals the first, JSON where it takes anything.
 * @throws NOT_ACCEPTABLE where it takes nothing that we can give
 */
export function negotiateFormat(accept: string | undefined): Format {
  if (accept === undefined || accept.trim() === '') return 'json'
  const ranges = accept.split(',').map(parseRange)
  const weights = (Object.keys(FORMATS) as Format[]).map(format => ({
    format,
    weight: weightOf(format, ranges),
  }))
  const best = weights.reduce((a, b) => (b.weight > a.weight ? b : a))
  if (best.weight > 0) return best.format
  throw new TwofoldError('NOT_ACCEPTABLE', `No answer can be given as ${accept}.`, {
    details: { accept, possible: Object.values(FORMATS) },
  })
}

interface MediaRange {
  readonly type: string
  readonly weight: number
}

function parseRange(text: string): MediaRange {
  const [type = '', ...parameters] = text.split(';').map(part => part.trim().toLowerCase())
  const quality = parameters.find(parameter => parameter.startsWith('q='))?.slice(2)
  const weight = quality === undefined ? 1 : Number(quality)
  return { type, weight: weight >= 0 && weight <= 1 ? weight : 0 }
}

/** The most specific range decides. */
function weightOf(format: Format, ranges: readonly MediaRange[]): number {
  const type = FORMATS[format].split(';')[0]!
  const specific = [type, `${type.split('/')[0]}/*`, '*/*']
  for (const wanted of specific) {
    const range = ranges.find(candidate => candidate.type === wanted)
    if (range !== undefined) return range.weight
  }
  return 0
}
