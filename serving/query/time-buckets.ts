import { type Grain, isBucketStart } from '../../core/model/grain.ts'
import {
  BEFORE_ALL_SECONDS,
  type BucketWidth,
  DAY_SECONDS,
  floorLocal,
  nextLocal,
  type OffsetSpan,
  type TimeBuckets,
  widthSeconds,
} from '../../core/model/time-buckets.ts'
import { clockChanges, offsetSeconds, ZONES_FROM_SECONDS, ZONES_TO_SECONDS } from './time-zone.ts'

/** A time of one offset; the next of a list begins where it ends. */
type ZoneSpan = Omit<OffsetSpan, 'bucketSeconds'>

/** An instant at which a bucket begins, the offset from then on, and whether a bucket of the view begins there. */
export interface BucketEdge {
  readonly atSeconds: number
  readonly offsetSeconds: number
  readonly isWhole: boolean
}

/** Half-open, in seconds since 1970. */
export interface InstantRange {
  readonly fromSeconds: number
  readonly toSeconds: number
}

/** All instants of which events can be. */
export const ALL_INSTANTS: InstantRange = { fromSeconds: ZONES_FROM_SECONDS, toSeconds: ZONES_TO_SECONDS }

/**
 * The buckets of a width on the wall clock of a time zone, over all that those of the range touch.
 *
 * A bucket begins when the clock first shows its start. Where a change of clocks leaves that time out, the bucket
 * begins with the change. Where the clock shows the start of a bucket shorter than a day twice, there are two buckets;
 * what it shows again without the start belongs to the bucket before the change. A day is all that has its date.
 */
export function zoneBuckets(timeZone: string, width: BucketWidth, range: InstantRange): TimeBuckets {
  // The bucket that holds the range's begin may have begun a year before.
  const zone = zoneSpans(timeZone, range.fromSeconds - 368 * DAY_SECONDS, range.toSeconds)
  const spans = zone
    .flatMap((span, index) => [span, ...repeatedStarts(zone, index, width)])
    .map(span => ({ ...span, bucketSeconds: bucketStart(span.startSeconds, zone, width) }))
  const starts = within(spans, range)
    .slice(1)
    .map(({ bucketSeconds }) => bucketSeconds)
  const fromSeconds = Math.min(bucketStart(range.fromSeconds, zone, width), ...starts)
  // A second more: where the first bucket begins with a change, what was before stays before it.
  const [first, ...rest] = within(spans, { ...range, fromSeconds: fromSeconds - 1 })
  return { width, timeZone, spans: [{ ...first!, startSeconds: BEFORE_ALL_SECONDS }, ...rest], mayCut: false }
}

/** The start of the bucket that holds an instant. */
export function bucketAt({ spans, width }: TimeBuckets, atSeconds: number): number {
  const { startSeconds, offsetSeconds, bucketSeconds } = spans.findLast(
    span => span.startSeconds <= atSeconds,
  )!
  const start = floorLocal(atSeconds + offsetSeconds, width) - offsetSeconds
  return start <= startSeconds ? bucketSeconds : start
}

/** The starts of the buckets that instants of the range lie in, in order; not many more than `most`. */
export function startsWithin(buckets: TimeBuckets, range: InstantRange, most: number): number[] {
  const starts = new Set<number>()
  for (const { fromSeconds, toSeconds, offsetSeconds } of piecesOf(buckets.spans, range)) {
    starts.add(bucketAt(buckets, fromSeconds))
    let local = floorLocal(fromSeconds + offsetSeconds, buckets.width)
    while (starts.size <= most) {
      local = nextLocal(local, buckets.width)
      if (local - offsetSeconds >= toSeconds) break
      starts.add(local - offsetSeconds)
    }
  }
  return [...starts].sort((a, b) => a - b)
}

/**
 * Where buckets begin inside the range, and whether a bucket of the view's grain begins there, too: in each time of
 * one offset its first instant, if one begins with it, and one that stands for all others.
 */
export function edgesWithin(buckets: TimeBuckets, viewGrain: Grain, range: InstantRange): BucketEdge[] {
  const { spans, width } = buckets
  return piecesOf(spans, range).flatMap(({ fromSeconds, toSeconds, offsetSeconds }, index) => {
    const inside = nextLocal(floorLocal(fromSeconds + offsetSeconds, width), width) - offsetSeconds
    const isEdge = index > 0 && bucketAt(buckets, fromSeconds) !== bucketAt(buckets, fromSeconds - 1)
    const edges = [...(isEdge ? [fromSeconds] : []), ...(inside < toSeconds ? [inside] : [])]
    return edges.map(atSeconds => ({
      atSeconds,
      offsetSeconds,
      isWhole: isBucketStart(atSeconds * 1000, viewGrain),
    }))
  })
}

function zoneSpans(timeZone: string, fromSeconds: number, toSeconds: number): ZoneSpan[] {
  const changes = clockChanges(timeZone, fromSeconds + 1, toSeconds)
  return [
    { startSeconds: BEFORE_ALL_SECONDS, offsetSeconds: offsetSeconds(timeZone, fromSeconds) },
    ...changes.map(change => ({ startSeconds: change.atSeconds, offsetSeconds: change.offsetSeconds })),
  ]
}

/**
 * The start of the bucket that holds an instant: by the clock before a change where that has shown the local time at
 * which the bucket begins, and, for a bucket of days, wherever it has.
 */
function bucketStart(atSeconds: number, spans: readonly ZoneSpan[], width: BucketWidth): number {
  let index = spans.findLastIndex(({ startSeconds }) => startSeconds <= atSeconds)
  const local = floorLocal(atSeconds + spans[index]!.offsetSeconds, width)
  const isShort = widthIsShort(width)
  for (; index > 0; index -= 1) {
    const { startSeconds, offsetSeconds } = spans[index]!
    const start = local - offsetSeconds
    if (isShort && start >= startSeconds) return start
    if (local >= startSeconds + spans[index - 1]!.offsetSeconds) return Math.max(start, startSeconds)
  }
  return local - spans[0]!.offsetSeconds
}

/**
 * Where the clock shows the midnight again at which a bucket of days began: from there on, the bucket is another than
 * the one that the change of clocks fell in.
 */
function repeatedStarts(spans: readonly ZoneSpan[], index: number, width: BucketWidth): ZoneSpan[] {
  const before = spans[index - 1]
  if (before === undefined || widthIsShort(width)) return []
  const { startSeconds, offsetSeconds } = spans[index]!
  const found: ZoneSpan[] = []
  let local = nextLocal(floorLocal(startSeconds + offsetSeconds, width), width)
  for (; local < startSeconds + before.offsetSeconds; local = nextLocal(local, width))
    found.push({ startSeconds: local - offsetSeconds, offsetSeconds })
  return found
}

/** True for a bucket that is shorter than a day. */
function widthIsShort(width: BucketWidth): boolean {
  return (widthSeconds(width) ?? DAY_SECONDS) < DAY_SECONDS
}

/** The parts of the spans that lie within the range, in order. */
function piecesOf<Span extends ZoneSpan>(
  spans: readonly Span[],
  { fromSeconds, toSeconds }: InstantRange,
): (InstantRange & { readonly offsetSeconds: number })[] {
  return spans
    .map(({ startSeconds, offsetSeconds }, index) => ({
      fromSeconds: Math.max(startSeconds, fromSeconds),
      toSeconds: Math.min(spans[index + 1]?.startSeconds ?? Number.POSITIVE_INFINITY, toSeconds),
      offsetSeconds,
    }))
    .filter(piece => piece.fromSeconds < piece.toSeconds)
}

/** The spans that share an instant with the range. */
function within<Span extends ZoneSpan>(spans: readonly Span[], range: InstantRange): Span[] {
  return spans.filter(
    ({ startSeconds }, index) =>
      startSeconds < range.toSeconds &&
      (spans[index + 1]?.startSeconds ?? Number.POSITIVE_INFINITY) > range.fromSeconds,
  )
}
