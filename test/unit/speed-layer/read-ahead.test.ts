import { describe, expect, it } from 'vitest'
import type { EventBatch } from '../../../core/decode/event-batch.ts'
import type { RawRecord, RecordBatch } from '../../../core/model/record.ts'
import { ReadAhead } from '../../../speed-layer/read-ahead.ts'
import type { RecordSource } from '../../../speed-layer/record-source.ts'

const record = (offset: number): RawRecord => ({
  offset,
  timestampMs: 0,
  key: null,
  value: new Uint8Array(10),
  headers: [],
})

/** A source that hands out batches of `size` records of partition 0, `batches` of them, then what `after` does. */
function sourceOf(batches: number, size: number, after: () => Promise<RecordBatch[]>) {
  let handedOut = 0
  const source = {
    async fetch(positions: ReadonlyMap<number, number>) {
      if (handedOut === batches) return after()
      handedOut += 1
      const start = positions.get(0)!
      return [
        {
          partition: 0,
          start,
          end: start + size,
          records: Array.from({ length: size }, (_, i) => record(start + i)),
        },
      ]
    },
  }
  return { source: source as unknown as RecordSource, handedOut: () => handedOut }
}

/** Events as they are: what matters here is when they are handed over. */
const decode = ({ partition, records }: RecordBatch): EventBatch => ({
  columns: { rows: records.length, columns: [] },
  records,
  partitions: new Int32Array(records.length).fill(partition),
  valueBytes: records.reduce((sum, { value }) => sum + value!.length, 0),
  rejections: [],
})

const idle = () => new Promise<RecordBatch[]>(resolve => setTimeout(() => resolve([]), 20))

describe('ReadAhead', () => {
  it('hands over all that was read, as one range of each partition', async () => {
    const { source } = sourceOf(3, 4, idle)
    const reading = new ReadAhead(source, decode, new Map([[0, 100]]), 1000, 1e6)
    let end = 100
    while (end < 112) {
      const taken = await reading.take(500)
      expect(taken!.ranges.get(0)!.start).toBe(end)
      end = taken!.ranges.get(0)!.end
    }
    expect(await reading.take(10)).toBeUndefined()
    await reading.stop()
  })

  it('tells which of it was declared lost', async () => {
    const batches = [
      { partition: 0, start: 0, end: 4, records: [0, 1, 2, 3].map(record) },
      { partition: 0, start: 4, end: 9, records: [], isLost: true },
      { partition: 0, start: 9, end: 11, records: [9, 10].map(record) },
    ] satisfies RecordBatch[]
    const fetch = () => (batches.length > 0 ? Promise.resolve(batches.splice(0)) : idle())
    const source = { fetch } as unknown as RecordSource
    const reading = new ReadAhead(source, decode, new Map([[0, 0]]), 1000, 1e6)
    await new Promise(resolve => setTimeout(resolve, 50))
    expect((await reading.take(500))!.ranges.get(0)).toEqual({
      start: 0,
      end: 11,
      lost: [{ partition: 0, start: 4, end: 9 }],
    })
    await reading.stop()
  })

  it('pauses while too much waits, and goes on when it is taken', async () => {
    const { source, handedOut } = sourceOf(10, 5, idle)
    const reading = new ReadAhead(source, decode, new Map([[0, 0]]), 10, 1e6)
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(reading.isFull).toBe(true)
    expect(handedOut()).toBe(2)
    await reading.take(100)
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(handedOut()).toBe(4)
    await reading.stop()
  })

  it('decodes nothing while a step runs, and goes on behind it, also where it fails', async () => {
    let decoded = 0
    const counting = (batch: RecordBatch) => {
      decoded++
      return decode(batch)
    }
    const reading = new ReadAhead(sourceOf(10, 5, idle).source, counting, new Map([[0, 0]]), 1000, 1e6)
    const step = async () => {
      await new Promise(resolve => setTimeout(resolve, 50))
      expect(decoded).toBe(0)
      throw new Error('the step failed')
    }
    await expect(reading.pausing(step)).rejects.toThrow('the step failed')
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(decoded).toBe(10)
    await reading.stop()
  })

  it('rests for as long as it is told, but no longer than until it is full, or fails', async () => {
    const full = new ReadAhead(sourceOf(10, 5, idle).source, decode, new Map([[0, 0]]), 10, 1e6)
    await full.untilFull(60_000)
    expect(full.isFull).toBe(true)
    await full.stop()
    const quiet = new ReadAhead(sourceOf(1, 5, idle).source, decode, new Map([[0, 0]]), 10, 1e6)
    await quiet.untilFull(50)
    expect(quiet.isFull).toBe(false)
    await quiet.stop()
    const lost = () => Promise.reject(new Error('out of range'))
    const failing = new ReadAhead(sourceOf(1, 5, lost).source, decode, new Map([[0, 0]]), 10, 1e6)
    await failing.untilFull(60_000)
    await failing.stop()
  })

  it('raises what reading failed with, after all that was read before', async () => {
    const { source } = sourceOf(1, 3, () => Promise.reject(new Error('out of range')))
    const reading = new ReadAhead(source, decode, new Map([[0, 0]]), 1000, 1e6)
    expect((await reading.take(500))!.batches[0]!.records).toHaveLength(3)
    await expect(reading.take(500)).rejects.toThrow('out of range')
    await reading.stop()
  })
})
