import fc from 'fast-check'
import type { TimestampFormat } from '../../../core/model/column-type.ts'
import { decimalText } from '../exact.ts'

const HOUR_US = 3_600_000_000n
/** Half an hour before a leap day ends. */
const LATE_US = BigInt(Date.UTC(2024, 1, 29, 23, 30)) * 1000n

/** Mostly around one moment, so that buckets are shared; some late by years, some before 1970 or far ahead. */
export const instantUs: fc.Arbitrary<bigint> = fc.oneof(
  { weight: 8, arbitrary: fc.bigInt({ min: LATE_US - 2n * HOUR_US, max: LATE_US + 2n * HOUR_US }) },
  {
    weight: 1,
    arbitrary: fc.bigInt({ min: BigInt(Date.UTC(1901, 0)) * 1000n, max: BigInt(Date.UTC(2299, 0)) * 1000n }),
  },
  { weight: 1, arbitrary: fc.constantFrom(LATE_US, 0n, -1n, -60_000_000n) },
)

/** The ways to write an instant in each format. */
export const instantText: Readonly<Record<TimestampFormat, (us: bigint) => string[]>> = {
  rfc3339: us => [rfc3339(us, 0), rfc3339(us, 90), rfc3339(us, -480)],
  s: us => [decimalText(us, 6)],
  ms: us => [decimalText(us, 3)],
  us: us => [us.toString(), `${us}.0`],
}

/** RFC 3339 with all six digits, at an offset of so many minutes. */
function rfc3339(us: bigint, offsetMinutes: number): string {
  const local = us + BigInt(offsetMinutes) * 60_000_000n
  const micros = ((local % 1_000_000n) + 1_000_000n) % 1_000_000n
  const second = new Date(Number((local - micros) / 1000n)).toISOString().slice(0, 19)
  return `"${second}.${micros.toString().padStart(6, '0')}${offsetText(offsetMinutes)}"`
}

function offsetText(minutes: number): string {
  if (minutes === 0) return 'Z'
  const size = Math.abs(minutes)
  const two = (n: number) => String(n).padStart(2, '0')
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}
