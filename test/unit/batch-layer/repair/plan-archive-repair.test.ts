import { expect, test } from 'vitest'
import { planArchiveRepair } from '../../../../batch-layer/repair/plan-archive-repair.ts'
import { ORIGIN, segment } from '../../../support/segments.ts'

const inspection = (known: ReturnType<typeof segment>) => ({
  origin: ORIGIN,
  segments: [],
  missing: [{ start: known.start, end: known.end, known }],
  faults: [],
  end: known.end,
  unnamed: [],
})

test('a damaged segment of what was declared lost needs nothing of Kafka', () => {
  const kafka = { earliest: 300, end: 400 }
  const declared = segment(0, 200, 300, { records: 0, lost: 100 })
  expect(planArchiveRepair(inspection(declared), kafka)).toMatchObject({
    restorable: [{ start: 200 }],
    lost: [],
  })
  expect(planArchiveRepair(inspection(declared), undefined).lost).toEqual([])
  expect(planArchiveRepair(inspection(segment(0, 200, 300)), kafka)).toMatchObject({
    restorable: [],
    lost: [{ gone: { start: 200, end: 300 } }],
  })
})
