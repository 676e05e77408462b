import { describe, expect, test } from 'vitest'
import { planProduce } from '../../../../../core/io/kafka/produce-plan.ts'

const record = (partition: number, sizeBytes: number) => ({
  key: null,
  value: Buffer.alloc(sizeBytes),
  partition,
})
const plan = (records: ReturnType<typeof record>[]) => planProduce(records, ({ partition }) => partition!)

describe('the plan of a produce call', () => {
  test('puts small records into one round, one batch per partition', () => {
    expect(plan([record(0, 10), record(1, 10), record(0, 10)])).toEqual([
      [
        { partition: 0, indexes: [0, 2] },
        { partition: 1, indexes: [1] },
      ],
    ])
  })

  test('starts another round where a batch would grow beyond what Kafka takes', () => {
    expect(plan([record(0, 500_000), record(1, 10), record(0, 500_000), record(0, 10)])).toEqual([
      [
        { partition: 0, indexes: [0] },
        { partition: 1, indexes: [1] },
      ],
      [{ partition: 0, indexes: [2, 3] }],
    ])
  })

  test('puts no more into a round than a request holds, in order within each partition', () => {
    const mib = 2 ** 20
    expect(plan([record(0, 20 * mib), record(1, 20 * mib), record(2, 5 * mib), record(0, 10)])).toEqual([
      [
        { partition: 0, indexes: [0] },
        { partition: 2, indexes: [2] },
      ],
      [
        { partition: 1, indexes: [1] },
        { partition: 0, indexes: [3] },
      ],
    ])
    expect(plan([record(0, 64 * mib), record(1, 10), record(1, 64 * mib)])).toEqual([
      [{ partition: 0, indexes: [0] }],
      [{ partition: 1, indexes: [1] }],
      [{ partition: 1, indexes: [2] }],
    ])
    const many = plan(Array.from({ length: 100 }, (_, partition) => record(partition, 800_000)))
    expect(many.map(round => round.length)).toEqual([41, 41, 18])
  })

  test('gives a record of its own size a batch of its own', () => {
    expect(plan([record(0, 10), record(0, 5_000_000), record(0, 10)])).toEqual([
      [{ partition: 0, indexes: [0] }],
      [{ partition: 0, indexes: [1] }],
      [{ partition: 0, indexes: [2] }],
    ])
  })
})
