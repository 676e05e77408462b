import { describe, expect, it } from 'vitest'
import { compileDecoder } from '../../../../core/decode/compile.ts'
import { decodeEvents } from '../../../../core/decode/event-batch.ts'
import { UnitWatch } from '../../../../core/decode/unit-watch.ts'
import { stream } from '../../../../core/define/stream.ts'
import type { TimestampOptions } from '../../../../core/define/timestamp.ts'
import { t } from '../../../../core/define/types.ts'
import type { TimestampFormat } from '../../../../core/model/column-type.ts'

const NOW_MS = Date.UTC(2026, 0, 5, 10)

/** The warning after these event times, each taken by Kafka at a moment. */
function warningOf(
  format: TimestampFormat | TimestampOptions,
  times: readonly (number | string)[],
  timestampMs = NOW_MS,
): string | undefined {
  const events = stream({ topic: 'events', time: 'ts', schema: { ts: t.timestamp(format) } })
  const watch = new UnitWatch(events)
  const records = times.map((ts, offset) => ({
    offset,
    timestampMs,
    key: null,
    value: Buffer.from(JSON.stringify({ ts })),
    headers: [],
  }))
  const batch = { partition: 0, start: 0, end: records.length, records }
  watch.see(decodeEvents('topic', [batch], compileDecoder(events)).columns, records)
  return watch.warning
}

describe('seconds in a stream declared in milliseconds (W4)', () => {
  it('are noticed, with the unit that they likely have', () => {
    expect(warningOf('ms', [1_767_607_200])).toBe(
      '"ts" is declared in milliseconds, and the events look like seconds: 1767607200 is 1970-01-21, and 2026-01-05 in seconds. Declare the unit, and set notBefore to have such events quarantined.',
    )
  })

  it.each<[TimestampFormat | TimestampOptions, number, string]>([
    ['us', 1_767_607_200_000, 'look like milliseconds'],
    ['us', 1_767_607_200, 'look like seconds'],
    [{ format: 'ms' }, 1_767_607_200, 'look like seconds'],
    [{ format: 'ns' }, 1_767_607_200_000_000, 'look like microseconds'],
    [{ format: ['ns'] }, 1_767_607_200, 'look like seconds'],
  ])('so is another unit in a stream of %j', (format, time, expected) => {
    expect(warningOf(format, [time])).toContain(expected)
  })

  it('count only where they are most of the events', () => {
    const good = NOW_MS - 5
    expect(warningOf('ms', [good, good, 1_767_607_200])).toBeUndefined()
    expect(warningOf('ms', [good, 1_767_607_200, 1_767_607_201])).toBeDefined()
  })
})

describe('nothing is said of events', () => {
  it.each<[string, TimestampFormat | TimestampOptions, number | string, number]>([
    ['of now', 'ms', NOW_MS, NOW_MS],
    ['that are replayed years later', 'ms', Date.UTC(2010, 1), NOW_MS],
    ['older than computers', 'ms', Date.UTC(1905, 1), NOW_MS],
    ['that are rejected', 'ms', 'soon', NOW_MS],
    ['written as text', 'rfc3339', '1970-01-21T11:00:07Z', NOW_MS],
    ['whose unit is told by the value', { format: ['s', 'ms'] }, 1_767_607, NOW_MS],
    ['of records without a timestamp', 's', 1_767_607_200, -1],
  ])('%s', (_, format, time, timestampMs) => {
    expect(warningOf(format, [time], timestampMs)).toBeUndefined()
  })
})
