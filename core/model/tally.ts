/**
 * How many records of a range came to what, with digests: the unit of account of markers, runs and audits.
 * Digests are Σ hash(record) mod 2^64 as decimal strings (JSON has no 64-bit integers).
 */
export interface Tally {
  readonly accepted: number
  readonly filtered: number
  readonly quarantined: number
  readonly skipped: number
  /** Offsets declared lost by command: as many records at most. */
  readonly lost: number
  /** Over every record of the range. */
  readonly digest: string
  /** Over the accepted records alone: what the partials of the range add up to. */
  readonly acceptedDigest: string
}

export const EMPTY_TALLY: Tally = {
  accepted: 0,
  filtered: 0,
  quarantined: 0,
  skipped: 0,
  lost: 0,
  digest: '0',
  acceptedDigest: '0',
}

export function addTallies(a: Tally, b: Tally): Tally {
  return {
    accepted: a.accepted + b.accepted,
    filtered: a.filtered + b.filtered,
    quarantined: a.quarantined + b.quarantined,
    skipped: a.skipped + b.skipped,
    lost: a.lost + b.lost,
    digest: addDigests(a.digest, b.digest),
    acceptedDigest: addDigests(a.acceptedDigest, b.acceptedDigest),
  }
}

export function sameTally(a: Tally, b: Tally): boolean {
  return (Object.keys(EMPTY_TALLY) as (keyof Tally)[]).every(key => a[key] === b[key])
}

/** All records of the range that were in the log. */
export function recordsOf(tally: Tally): number {
  return tally.accepted + tally.filtered + tally.quarantined + tally.skipped
}

function addDigests(a: string, b: string): string {
  return BigInt.asUintN(64, BigInt(a) + BigInt(b)).toString()
}
