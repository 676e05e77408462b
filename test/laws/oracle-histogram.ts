import type { Shape, Value } from './expression.ts'
import type { ExpectedValue } from './oracle-measures.ts'

/** How many values each bucket holds; a value on an edge is in the bucket that begins there. */
export function expectedHistogram(
  values: readonly Exclude<Value, null>[],
  shape: Shape,
  edges: readonly number[],
): ExpectedValue {
  const counts = [...edges, 0].map(() => 0n)
  for (const value of values) counts[edges.filter(edge => !isLess(value, shape, edge)).length]! += 1n
  const double = (value: number | undefined) => ({ value: value ?? null, shape: { kind: 'double' } }) as const
  const rows = counts.map((count, index) => ({
    from: double(edges[index - 1]),
    to: double(edges[index]),
    count: { value: count, shape: { kind: 'exact', scale: 0 } as const },
  }))
  return { kind: 'rows', rows }
}

/** Doubles by their bits; integers and decimals against the digits with which the edge is written. */
function isLess(value: Exclude<Value, null>, shape: Shape, edge: number): boolean {
  if (shape.kind !== 'exact') return (value as number) < edge
  const [digits, exponent] = edge.toExponential().split('e') as [string, string]
  const fraction = digits.split('.')[1] ?? ''
  const power = Number(exponent) - fraction.length + shape.scale
  const unscaledEdge = BigInt(digits.replace('.', ''))
  const up = (integer: bigint, by: number) => integer * 10n ** BigInt(Math.max(0, by))
  return up(value as bigint, -power) < up(unscaledEdge, power)
}
