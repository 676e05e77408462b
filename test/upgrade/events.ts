const COUNTRIES = ['DE', 'FR', 'BR', null, 'Curaçao', '']
const STATUSES = ['paid', 'open', 'void']

/** Orders number `from` to `to`; every 23rd line is no order. The same numbers make the same lines for ever. */
export function orderLines(from: number, to: number): string[] {
  return numbers(from, to).map(n => {
    if (n % 23 === 7) return `{"id": ${n}}`
    return JSON.stringify({
      id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
      ts: new Date(Date.UTC(2024, 1, 28, 23, 50) + n * 7919).toISOString(),
      customer: (n * 7) % 61,
      geo: { country: COUNTRIES[n % COUNTRIES.length] },
      ...(n % 4 !== 0 && { status: STATUSES[n % STATUSES.length] }),
      amount: (((n * 7919) % 100_000) / 100).toFixed(2),
      weight: n % 5 === 0 ? null : ((n * 31) % 97) / 8,
      items: (n % 9) + 1,
      delta: (n % 13) - 6,
      gift: n % 3 === 0,
      ...(n % 2 === 0 && { due: `2024-0${(n % 3) + 3}-1${n % 10}` }),
    })
  })
}

/** Readings number `from` to `to`. */
export function readingLines(from: number, to: number): string[] {
  return numbers(from, to).map(n =>
    JSON.stringify({
      at: Date.UTC(2024, 2, 1) + n * 613_000,
      sensor: `s${n % 4}`,
      value: ((n * 37) % 101) / 10 - 3,
    }),
  )
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index)
}
