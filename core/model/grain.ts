/** The lengths of a time bucket, fine to coarse. Buckets of a view start in UTC; a week starts on Monday. */
export const GRAINS = ['second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'] as const

export type Grain = (typeof GRAINS)[number]

/** True where each bucket of `coarse` is made of whole buckets of `fine`. */
export function isMadeOf(coarse: Grain, fine: Grain): boolean {
  if (coarse === fine) return true
  if (fine === 'week' || coarse === 'week')
    return GRAINS.indexOf(fine) <= GRAINS.indexOf('day') && coarse === 'week'
  return GRAINS.indexOf(fine) < GRAINS.indexOf(coarse)
}

/** The fixed length of a grain in seconds; `undefined` for month, quarter and year. */
export function grainSeconds(grain: Grain): number | undefined {
  return FIXED_SECONDS[grain]
}

const FIXED_SECONDS: Partial<Record<Grain, number>> = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  week: 604_800,
}

/** True where `epochMs` is the start of a bucket of `grain` in UTC. */
export function isBucketStart(epochMs: number, grain: Grain): boolean {
  if (epochMs % 1000 !== 0) return false
  const date = new Date(epochMs)
  const midnight = epochMs % 86_400_000 === 0
  switch (grain) {
    case 'second':
    case 'minute':
    case 'hour':
    case 'day':
      return epochMs % (FIXED_SECONDS[grain]! * 1000) === 0
    case 'week':
      return midnight && date.getUTCDay() === 1
    case 'month':
      return midnight && date.getUTCDate() === 1
    case 'quarter':
      return midnight && date.getUTCDate() === 1 && date.getUTCMonth() % 3 === 0
    case 'year':
      return midnight && date.getUTCDate() === 1 && date.getUTCMonth() === 0
  }
}
