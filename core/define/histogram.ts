import { assertFields, invalid } from './names.ts'

/** The edges of a histogram, rising; or even buckets of `width`, the first from `from` on, the last below `to`. */
export type HistogramBuckets =
  | readonly number[]
  | { readonly from: number; readonly to: number; readonly width: number }

/** Each edge is a comparison for each event. */
export const MAX_EDGES = 256

/** @throws CONFIG_INVALID for what is no whole number of even buckets */
export function edgesOf(buckets: HistogramBuckets): readonly number[] {
  if (Array.isArray(buckets)) return buckets
  const place = "a histogram's buckets"
  assertFields(buckets, { from: true, to: true, width: true }, place)
  const { from, to, width } = buckets as Exclude<HistogramBuckets, readonly number[]>
  if (![from, to, width].every(Number.isFinite) || width <= 0 || to <= from)
    invalid(place, 'expected a list of edges, or { from, to, width } with from < to and a width above 0.')
  const count = rounded((to - from) / width)
  if (!Number.isInteger(count) || count >= MAX_EDGES)
    invalid(
      place,
      `from ${from} to ${to} must be a whole number of widths of ${width}, fewer than ${MAX_EDGES}.`,
    )
  return Array.from({ length: count + 1 }, (_, index) => rounded(from + index * width))
}

/** 3 · 0.1 is 0.3. */
function rounded(value: number): number {
  return Number(value.toPrecision(15))
}
