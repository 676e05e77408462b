/** The unscaled integer of a decimal's text: `-1.5` at scale 2 is −150. */
export function unscaled(text: string, scale: number): bigint {
  const parts = /^(-?)(\d+)(?:\.(\d*))?$/.exec(text)
  const fraction = parts?.[3] ?? ''
  if (parts === null || fraction.length > scale)
    throw new Error(`${text} is no decimal of ${scale} digits behind the point`)
  const digits = BigInt(`${parts[2]}${fraction.padEnd(scale, '0')}`)
  return parts[1] === '-' ? -digits : digits
}

/** A decimal's text, with all digits of its scale. */
export function decimalText(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0')
  const sign = value < 0n ? '-' : ''
  return scale === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** The nearest double to `numerator / denominator`, to about 20 digits, whatever their size. */
export function ratio(numerator: bigint, denominator: bigint): number {
  const digits = Math.max(0, 20 - numerator.toString().length + denominator.toString().length)
  return Number(`${(numerator * 10n ** BigInt(digits)) / denominator}e-${digits}`)
}

/** The sum of doubles without rounding on the way: each is an integer times a power of two. */
export function exactSum(values: readonly number[]): number {
  let sum = 0n
  for (const value of values) sum += scaledInteger(value)
  return ratio(sum, 1n << SCALE_BITS)
}

export const SCALE_BITS = 1074n

/** A double times 2^1074, which is always an integer. */
export function scaledInteger(value: number): bigint {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, value)
  const word = bits.getBigUint64(0)
  const exponent = (word >> 52n) & 0x7ffn
  const fraction = word & ((1n << 52n) - 1n)
  const size = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n)
  return word >> 63n === 1n ? -size : size
}
