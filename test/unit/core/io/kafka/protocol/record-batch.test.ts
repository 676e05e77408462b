import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ProducerRecord, WritableCodec } from '../../../../../../core/io/kafka/driver.ts'
import type { AbortedTransaction } from '../../../../../../core/io/kafka/protocol/fetch.ts'
import { decodeRecordBatches } from '../../../../../../core/io/kafka/protocol/record-batch.ts'
import { encodeRecordBatch } from '../../../../../../core/io/kafka/protocol/record-batch-writer.ts'

const NOW_MS = 1_700_000_000_000
const ATTRIBUTES_AT = 21
const TRANSACTION = 0x10
const CONTROL = 0x20

interface BatchOptions {
  readonly offset: number
  readonly producerId?: number
  readonly attributes?: number
  readonly codec?: WritableCodec
}

async function batchOf(records: readonly ProducerRecord[], options: BatchOptions): Promise<Buffer> {
  const identity = { producerId: options.producerId ?? 1, epoch: 0, firstSequence: 0 }
  const bytes = await encodeRecordBatch(records, identity, options.codec, NOW_MS)
  bytes.writeBigInt64BE(BigInt(options.offset), 0)
  bytes.writeInt16BE(bytes.readInt16BE(ATTRIBUTES_AT) | (options.attributes ?? 0), ATTRIBUTES_AT)
  return bytes
}

const text = (value: string): ProducerRecord => ({ key: null, value: Buffer.from(value) })

/** A batch of one record in a transaction of the producer. */
function written(offset: number, producerId: number, record: ProducerRecord): Promise<Buffer> {
  return batchOf([record], { offset, producerId, attributes: TRANSACTION })
}

/** The marker that ends a producer's transaction: its key is the version 0 and the type 0 (abort) or 1 (commit). */
function marker(offset: number, producerId: number, type: 0 | 1): Promise<Buffer> {
  return batchOf([{ key: Buffer.of(0, 0, 0, type), value: Buffer.alloc(6) }], {
    offset,
    producerId,
    attributes: TRANSACTION | CONTROL,
  })
}

async function decode(
  batches: readonly Promise<Buffer>[],
  position = 0,
  aborted: readonly AbortedTransaction[] = [],
) {
  const bytes = Buffer.concat(await Promise.all(batches))
  return decodeRecordBatches({ topic: 't', partition: 3, position, bytes, aborted })
}

const texts = (records: readonly { value: Uint8Array | null }[]) =>
  records.map(({ value }) => Buffer.from(value!).toString())

const bytes = fc.option(fc.uint8Array({ maxLength: 300 }), { nil: null })
const anyRecord = fc.record({
  key: bytes,
  value: bytes,
  headers: fc.array(fc.record({ name: fc.string({ unit: 'binary' }), value: bytes }), { maxLength: 4 }),
  timestampMs: fc.integer({ min: 0, max: 8_640_000_000_000 }),
})

describe('record batches', () => {
  test('decode to what was encoded, in every codec', async () => {
    const codecs = fc.constantFrom(undefined, 'gzip', 'snappy', 'lz4') as fc.Arbitrary<
      WritableCodec | undefined
    >
    await fc.assert(
      fc.asyncProperty(fc.array(anyRecord, { minLength: 1, maxLength: 20 }), codecs, async (sent, codec) => {
        const batch = batchOf(sent, { offset: 5_000_000_000, ...(codec && { codec }) })
        const { records, end } = await decode([batch], 5_000_000_000)
        expect(end).toBe(5_000_000_000 + sent.length)
        expect(records.map(plain)).toEqual(sent.map(plain))
        expect(records.map(({ offset }) => offset)).toEqual(sent.map((_, index) => 5_000_000_000 + index))
      }),
      { numRuns: 150 },
    )
  })

  test('start at the position asked for, though the batch starts before it', async () => {
    const { records, end } = await decode([batchOf(['a', 'b', 'c'].map(text), { offset: 10 })], 11)
    expect(texts(records)).toEqual(['b', 'c'])
    expect(end).toBe(13)
  })

  test('cut off by the size limit are left for the next fetch', async () => {
    const whole = await Promise.all([
      batchOf([text('a')], { offset: 0 }),
      batchOf([text('b')], { offset: 1 }),
    ])
    const fetched = Buffer.concat(whole)
    for (let cut = whole[0]!.length; cut < fetched.length; cut++) {
      const decoded = await decode([Promise.resolve(fetched.subarray(0, cut))])
      expect(texts(decoded.records)).toEqual(['a'])
      expect(decoded.end).toBe(1)
    }
  })

  test('whose last records compaction has removed still move the end', async () => {
    const batch = await batchOf([text('a')], { offset: 0 })
    batch.writeInt32BE(9, 23)
    const { records, end } = await decode([Promise.resolve(batch)])
    expect(texts(records)).toEqual(['a'])
    expect(end).toBe(10)
  })

  test('carry the time of the log where the topic says so', async () => {
    const batch = await batchOf(
      [
        { ...text('a'), timestampMs: 1 },
        { ...text('b'), timestampMs: 7 },
      ],
      { offset: 0, attributes: 0x08 },
    )
    const { records } = await decode([Promise.resolve(batch)])
    expect(records.map(({ timestampMs }) => timestampMs)).toEqual([7, 7])
  })

  test('that are damaged are an error that names topic, partition and offset', async () => {
    const good = await batchOf([text('a')], { offset: 4 })
    const damaged = await batchOf([text('b')], { offset: 5 })
    damaged.writeInt32BE(1_000, 57)
    await expect(decode([Promise.resolve(good), Promise.resolve(damaged)], 4)).rejects.toMatchObject({
      code: 'BATCH_UNREADABLE',
      message: expect.stringContaining('topic "t", partition 3, at or after offset 5'),
    })
  })

  test('in an unknown codec or an old format are refused', async () => {
    const unknown = batchOf([text('a')], { offset: 0, attributes: 0x07 })
    await expect(decode([unknown])).rejects.toMatchObject({ code: 'CODEC_UNREADABLE' })
    const old = await batchOf([text('a')], { offset: 0 })
    old.writeInt8(1, 16)
    await expect(decode([Promise.resolve(old)])).rejects.toMatchObject({ code: 'BATCH_UNREADABLE' })
  })
})

describe('transactions in record batches', () => {
  test('markers are passed and committed records kept', async () => {
    const { records, end } = await decode([written(0, 1, text('a')), marker(1, 1, 1)])
    expect(texts(records)).toEqual(['a'])
    expect(end).toBe(2)
  })

  test('aborted records end with their marker: the producer’s next transaction is seen', async () => {
    const log = [
      written(0, 1, text('aborted')),
      marker(1, 1, 0),
      written(2, 1, text('kept')),
      marker(3, 1, 1),
    ]
    const { records } = await decode(log, 0, [{ producerId: 1, firstOffset: 0 }])
    expect(texts(records)).toEqual(['kept'])
  })

  test('two aborted ones that overlap leak nothing, in whichever order the broker lists them', async () => {
    const lookalike = { key: Buffer.alloc(4), value: Buffer.from('outer, with the key of an abort marker') }
    const log = [
      written(0, 1, text('outer')),
      written(1, 2, text('inner')),
      written(2, 1, lookalike),
      marker(3, 2, 0),
      written(4, 1, text('outer')),
      marker(5, 1, 0),
      batchOf([text('kept')], { offset: 6, producerId: 3 }),
    ]
    const outer = { producerId: 1, firstOffset: 0 }
    const inner = { producerId: 2, firstOffset: 1 }
    for (const aborted of [
      [outer, inner],
      [inner, outer],
    ]) {
      const { records, end } = await decode(log, 0, aborted)
      expect(texts(records)).toEqual(['kept'])
      expect(end).toBe(7)
    }
    const { records } = await decode(log.slice(2), 2, [inner, outer])
    expect(texts(records)).toEqual(['kept'])
  })
})

function plain({ key, value, headers = [], timestampMs }: ProducerRecord) {
  const hex = (value: Uint8Array | null) => (value === null ? null : Buffer.from(value).toString('hex'))
  const text = (name: string) => Buffer.from(name, 'utf8').toString('hex')
  return {
    key: hex(key),
    value: hex(value),
    timestampMs,
    headers: headers.map(({ name, value }) => [text(name), hex(value)]),
  }
}
