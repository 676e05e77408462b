import { invalid } from './names.ts'

const UNIT_MS: Record<string, number> = {
  ms: 1,
  millisecond: 1,
  s: 1000,
  second: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  week: 604_800_000,
}

/** A hundred years: beyond it dates end before durations do. */
const MAX_MS = 100 * 365 * 86_400_000

/** Milliseconds of a duration like `'10 minutes'`, `'30 s'` or `'7 days'`. */
export function durationMs(text: string, place: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/.exec(text)
  // First as it stands: `ms` is no plural of `m`.
  const unit = match && (UNIT_MS[match[2]!] ?? UNIT_MS[match[2]!.replace(/s$/, '')])
  const value = match && unit ? Number(match[1]) * unit : 0
  if (!(value > 0 && value <= MAX_MS))
    invalid(
      place,
      `${JSON.stringify(text)} is not a duration; expected something like '10 minutes', '30 s' or '7 days'.`,
    )
  return value
}
