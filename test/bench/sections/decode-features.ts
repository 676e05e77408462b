import { compileDecoder } from '../../../core/decode/compile.ts'
import { stream } from '../../../core/define/stream.ts'
import type { TimestampOptions } from '../../../core/define/timestamp.ts'
import { type ColumnBuilder, t } from '../../../core/define/types.ts'

export interface FeatureFigure {
  readonly feature: string
  /** What an event of three columns takes, in the best of the rounds. */
  readonly ns: number
}

interface Feature {
  readonly name: string
  readonly column: ColumnBuilder
  /** The member of the event number `k` as JSON text. */
  readonly member: (k: number) => string
}

/** Milliseconds since 1970 of the event number `k`: a little more than a day in a batch. */
const timeMs = (k: number) => 1_750_000_000_000 + k * 1777
const isoText = (k: number) => new Date(timeMs(k)).toISOString()
const timestamp = (name: string, options: TimestampOptions, text: (k: number) => string): Feature => ({
  name,
  column: t.timestamp(options),
  member: k => `"it":${text(k)}`,
})

/** Each beside what it does the work of: the plain forms are the first of their group. */
const FEATURES: readonly Feature[] = [
  {
    name: "t.timestamp(): '2025-06-15T15:06:40.000Z'",
    column: t.timestamp(),
    member: k => `"it":"${isoText(k)}"`,
  },
  timestamp("format 'iso' with Z", { format: 'iso' }, k => `"${isoText(k)}"`),
  timestamp(
    "format 'iso', in Europe/Berlin",
    { format: 'iso', zone: 'Europe/Berlin' },
    k => `"${isoText(k).slice(0, -1)}"`,
  ),
  timestamp("format 'rfc1123'", { format: 'rfc1123' }, k => `"${new Date(timeMs(k)).toUTCString()}"`),
  timestamp(
    "format '%Y-%m-%d %H:%M:%S', in UTC",
    { format: '%Y-%m-%d %H:%M:%S', zone: 'UTC' },
    k => `"${isoText(k).slice(0, 19).replace('T', ' ')}"`,
  ),
  timestamp("format 'mongo'", { format: 'mongo' }, k => `{"$date":"${isoText(k)}"}`),
  { name: "t.timestamp('ms'): a number", column: t.timestamp('ms'), member: k => `"it":${timeMs(k)}` },
  timestamp("format 'ms': a number", { format: 'ms' }, k => `${timeMs(k)}`),
  timestamp("format 'us': a text", { format: 'us' }, k => `"${timeMs(k)}000"`),
  timestamp("format 'auto': milliseconds", { format: 'auto' }, k => `${timeMs(k)}`),
  { name: 't.string()', column: t.string(), member: k => `"it":"${k * 7919}"` },
  { name: 't.text(): a string', column: t.text(), member: k => `"it":"${k * 7919}"` },
  { name: 't.text(): a number', column: t.text(), member: k => `"it":${k * 7919}` },
  {
    name: "t.string().alias('was'), under the old name",
    column: t.string().alias('was'),
    member: k => `"was":"${k * 7919}"`,
  },
]

/** Times the decoder on events of a time, an id and one column more, feature by feature in turns. */
export function benchFeatures(events = 20_000, rounds = 30): FeatureFigure[] {
  const runs = FEATURES.map(({ name, column, member }) => {
    const schema = { ts: t.timestamp('s'), id: t.int32(), it: column }
    const decoder = compileDecoder(stream({ topic: 'features', time: 'ts', schema }))
    const records = Array.from({ length: events }, (_, k) => ({
      value: Buffer.from(`{"ts":1750000000,"id":${k},${member(k)}}`),
    }))
    return { name, decoder, records, ns: Number.POSITIVE_INFINITY }
  })
  for (let round = 0; round < rounds; round++) {
    for (const run of runs) {
      const startMs = performance.now()
      const { rejections } = run.decoder.decode(run.records)
      run.ns = Math.min(run.ns, ((performance.now() - startMs) * 1e6) / events)
      if (rejections.length > 0) throw new Error(`${run.name}: ${rejections[0]!.detail}`)
    }
  }
  return runs.map(({ name, ns }) => ({ feature: name, ns }))
}
