import { expect, test } from 'vitest'
import { addCounts, DONE, NO_EFFECT, Outcomes, refusedBy, withoutEffect } from './outcomes.ts'
import { STEP_KINDS } from './schedule.ts'

test('outcomes are counted by kind of step', async () => {
  const outcomes = new Outcomes()
  outcomes.note('kill', DONE)
  outcomes.note('kill', DONE)
  outcomes.note('roll back', refusedBy('ROLLBACK_IMPOSSIBLE'))
  outcomes.await('lost answer', Promise.resolve('carried out'))
  outcomes.await('lost answer', Promise.reject(new Error('ClickHouse was away')))
  outcomes.await('late insert', new Promise(() => {}))
  await outcomes.settle(20)
  expect(outcomes.counts).toEqual({
    kill: { done: 2 },
    'roll back': { 'refused by ROLLBACK_IMPOSSIBLE': 1 },
    'lost answer': { 'carried out': 1, 'no effect': 1 },
    'late insert': { 'no effect': 1 },
  })
})

test('counts of schedules add up', () => {
  expect(addCounts({ kill: { done: 2 } }, { kill: { done: 1, 'no effect': 1 }, stop: { done: 1 } })).toEqual({
    kill: { done: 3, 'no effect': 1 },
    stop: { done: 1 },
  })
})

test('a kind of step that was drawn, and always refused or for nothing, had no effect', () => {
  const all = Object.fromEntries(STEP_KINDS.map(kind => [kind, { [DONE]: 1 }]))
  expect(withoutEffect(all)).toEqual([])
  const refused = { [refusedBy('BATCH_BUSY')]: 7, [NO_EFFECT]: 2 }
  expect(withoutEffect({ ...all, 'roll back': refused })).toEqual(['roll back'])
  expect(withoutEffect({ ...all, 'roll back': { ...refused, [DONE]: 1 } })).toEqual([])
  expect(withoutEffect({})).toEqual(STEP_KINDS)
})
