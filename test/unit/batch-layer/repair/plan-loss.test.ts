import { expect, test } from 'vitest'
import { planLoss } from '../../../../batch-layer/repair/plan-loss.ts'
import { segment } from '../../../support/segments.ts'

const chain = (end: number) => ({ segments: [segment(2, 0, end)], end })

test('lost is what lies between the end of the archive and where Kafka begins', () => {
  expect(planLoss(2, chain(200), { earliest: 300, end: 400 })).toEqual({ partition: 2, start: 200, end: 300 })
  expect(planLoss(2, chain(200), { earliest: 400, end: 400 })).toEqual({ partition: 2, start: 200, end: 400 })
})

test.each([
  ['Kafka has what comes next', { earliest: 200, end: 400 }],
  ['Kafka also has what is archived', { earliest: 0, end: 400 }],
  ['the log ends before the archive does', { earliest: 0, end: 100 }],
  ['Kafka does not know the partition', undefined],
] as const)('nothing is lost where %s', (_, kafka) => {
  expect(planLoss(2, chain(200), kafka)).toBeUndefined()
})
