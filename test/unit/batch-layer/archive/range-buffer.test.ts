import { expect, test } from 'vitest'
import { RangeBuffer } from '../../../../batch-layer/archive/range-buffer.ts'
import type { RawRecord } from '../../../../core/model/record.ts'

const record = (offset: number, value: string | null): RawRecord => ({
  offset,
  timestampMs: 0,
  key: Buffer.from('k'),
  value: value === null ? null : Buffer.from(value),
  headers: [],
})

test('gathers batches into one range, also through offsets without records', () => {
  const buffer = new RangeBuffer(2, 10)
  expect(buffer.peek()).toEqual({ partition: 2, start: 10, end: 10, records: [] })
  buffer.add({ partition: 2, start: 10, end: 13, records: [record(11, 'abc')] }, 5)
  buffer.add({ partition: 2, start: 13, end: 20, records: [] }, 6)
  buffer.add({ partition: 2, start: 20, end: 21, records: [record(20, null)] }, 7)
  expect(buffer.peek()).toMatchObject({ start: 10, end: 21, records: [{ offset: 11 }, { offset: 20 }] })
  expect(buffer).toMatchObject({ recordCount: 2, sizeBytes: 5, sinceMs: 5 })
  expect(buffer.memoryBytes).toBeGreaterThan(buffer.sizeBytes)
})

test('begins anew where it is told, as old as nothing', () => {
  const buffer = new RangeBuffer(2, 10)
  buffer.add({ partition: 2, start: 10, end: 12, records: [record(11, 'abc')] }, 5)
  buffer.reset(40)
  expect(buffer.peek()).toEqual({ partition: 2, start: 40, end: 40, records: [] })
  expect(buffer).toMatchObject({ recordCount: 0, sizeBytes: 0, sinceMs: undefined, memoryBytes: 0 })
})

test.each([9, 11])('refuses a batch that begins at %d and not where it ends', start => {
  const buffer = new RangeBuffer(2, 10)
  expect(() => buffer.add({ partition: 2, start, end: 20, records: [] }, 5)).toThrowError(
    expect.objectContaining({ code: 'ARCHIVE_GAP', details: { partition: 2, expected: 10, found: start } }),
  )
})
