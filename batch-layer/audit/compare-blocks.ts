import { type Cut, cutOf } from '../../core/model/cut.ts'
import { type OffsetRange, offsetsWithin } from '../../core/model/offsets.ts'
import type { BlockSum, ChainBlock } from './block-sums.ts'

/** A block of which a layer tells something else than the raw events. */
export interface BlockDifference {
  readonly partition: number
  readonly block: number
  /** Of a chain, its markers or its partials; of runs, their tallies. */
  readonly what: 'markers' | 'partials' | 'tallies'
  readonly expected: string
  readonly found: string
}

/** No more than these are listed. */
const LISTED = 100

/**
 * Holds the blocks of a chain against those of the raw events, where these could be read, and its partials against its
 * markers. Left out are blocks with a break, which is told elsewhere, and those below `cut` that the chain has not
 * finished. Of `lost`, which was declared lost, the chain may have read records before: then nobody knows better.
 */
export function compareChain(
  chain: readonly ChainBlock[],
  events: readonly BlockSum[] | undefined,
  cut: Cut,
  blockSize: number,
  lost: readonly OffsetRange[],
  isBroken: (block: BlockSum) => boolean,
): BlockDifference[] {
  const raw = events && byPlace(events)
  const differences: BlockDifference[] = []
  for (const block of chain) {
    const { partition, block: start, end } = block
    if (isBroken(block) || (start < cutOf(cut, partition) && end < start + blockSize)) continue
    const isRead = block.lost < offsetsWithin({ partition, start, end }, lost)
    const expected = raw === undefined || isRead ? block : (raw.get(placeOf(block)) ?? nothingIn(block))
    if (textOf(block) !== textOf(expected))
      differences.push({
        partition,
        block: start,
        what: 'markers',
        expected: textOf(expected),
        found: textOf(block),
      })
    const partials = partialsText(block.partialRecords, block.partialDigest)
    const accepted = partialsText(expected.accepted, expected.acceptedDigest)
    if (partials !== accepted)
      differences.push({ partition, block: start, what: 'partials', expected: accepted, found: partials })
  }
  return differences.slice(0, LISTED)
}

/**
 * Holds the blocks of a generation's runs against those of the raw events below its cut. Left out are blocks of which
 * the runs hold what was declared lost since.
 */
export function compareRuns(
  runs: readonly BlockSum[],
  events: readonly BlockSum[],
  cut: Cut,
  blockSize: number,
  lost: readonly OffsetRange[],
): BlockDifference[] {
  const told = byPlace(runs)
  const raw = byPlace(events.filter(({ partition, block }) => block < cutOf(cut, partition)))
  const places = new Map([...raw, ...told])
  const isRead = (place: BlockSum) => {
    const { partition, block } = place
    const known = told.get(placeOf(place))?.lost ?? 0
    return known < offsetsWithin({ partition, start: block, end: block + blockSize }, lost)
  }
  return [...places.values()]
    .filter(place => !isRead(place))
    .map(place => ({
      place,
      expected: textOf(raw.get(placeOf(place)) ?? nothingIn(place)),
      found: textOf(told.get(placeOf(place)) ?? nothingIn(place)),
    }))
    .filter(({ expected, found }) => expected !== found)
    .sort((a, b) => a.place.partition - b.place.partition || a.place.block - b.place.block)
    .slice(0, LISTED)
    .map(({ place: { partition, block }, expected, found }) => ({
      partition,
      block,
      what: 'tallies',
      expected,
      found,
    }))
}

function byPlace(blocks: readonly BlockSum[]): Map<string, BlockSum> {
  return new Map(blocks.map(block => [placeOf(block), block]))
}

function placeOf({ partition, block }: BlockSum): string {
  return `${partition}/${block}`
}

function nothingIn({ partition, block }: BlockSum): BlockSum {
  return { partition, block, records: 0, digest: '0', accepted: 0, acceptedDigest: '0', lost: 0 }
}

function textOf({ records, digest, accepted, acceptedDigest }: BlockSum): string {
  return `${records} records (digest ${digest}), of which ${partialsText(accepted, acceptedDigest)} count`
}

function partialsText(records: number, digest: string): string {
  return `${records} (digest ${digest})`
}
