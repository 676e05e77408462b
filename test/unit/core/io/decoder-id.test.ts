import { describe, expect, it } from 'vitest'
import type { ColumnBuilder } from '../../../../core/define/types.ts'
import { stream, t } from '../../../../core/index.ts'
import { decoderId } from '../../../../core/io/decoder-id.ts'
import { zoneDataOf } from '../../../../core/io/zone-data.ts'
import shop from '../../../../examples/shop/twofold.config.ts'

const clicks = (more: Readonly<Record<string, ColumnBuilder>> = {}) =>
  stream({
    topic: 'clicks',
    time: 'ts',
    schema: {
      ts: t.timestamp(),
      at: t.timestamp('ms'),
      name: t.string().optional(),
      price: t.decimal(4, 2).path('sold.for').default(1),
      ...more,
    },
  })

describe('the name of a decoder', () => {
  it('is that of version 0.1.0 for the example too, and changes with what an event is', () => {
    const [shopClicks] = shop.streams as [(typeof shop.streams)[number]]
    expect(decoderId(shopClicks)).toBe('6093029b60f5')
    const ids = [
      decoderId({ ...shopClicks, tombstones: 'ignore' }),
      decoderId({ ...shopClicks, framing: { kind: 'lines' } }),
      decoderId({ ...shopClicks, framing: { kind: 'list', path: [] } }),
      decoderId(shopClicks),
    ]
    expect(new Set(ids).size).toBe(4)
  })

  it('is that of version 0.1.0 where a schema uses nothing that is newer', () => {
    expect(decoderId(clicks())).toBe('0d1a2e92b807')
  })

  it('changes with what a column is read from and in', () => {
    const others = [
      clicks({ name: t.string().optional().alias('title') }),
      clicks({ at: t.timestamp({ format: 'ms' }) }),
      clicks({ at: t.timestamp({ format: 'ms', notBefore: '2020-01-01' }) }),
      clicks({ at: t.timestamp({ format: 'iso' }) }),
      clicks({ at: t.timestamp({ format: 'iso', zone: 'Europe/Berlin' }) }),
      clicks({ name: t.text().optional() }),
    ]
    expect(new Set([clicks(), ...others].map(decoderId)).size).toBe(1 + others.length)
  })

  it('names the zone data of Node.js where a column has a zone, and only there', () => {
    const zoned = clicks({ at: t.timestamp({ format: 'iso', zone: 'Europe/Berlin' }) })
    expect(zoneDataOf(zoned.columns)).toBe(process.versions['tz'])
    expect(zoneDataOf(clicks({ at: t.timestamp({ format: 'iso', zone: 'UTC' }) }).columns)).toBeUndefined()
    expect(zoneDataOf(clicks().columns)).toBeUndefined()
  })
})
