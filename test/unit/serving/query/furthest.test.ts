import { expect, test } from 'vitest'
import type { Coverage } from '../../../../serving/query/coverage.ts'
import { Furthest } from '../../../../serving/query/furthest.ts'

const through = (offsets: Record<string, number>) => ({ through: offsets }) as unknown as Coverage

test('an answer may not be behind one that was given before it was asked', () => {
  const furthest = new Furthest()
  furthest.before('v', '1', 'c0')(through({ 0: 10, 1: 5 }))
  const check = furthest.before('v', '1', 'c0')
  expect(() => check(through({ 0: 10, 1: 4 }))).toThrow(expect.objectContaining({ code: 'ANSWER_WENT_BACK' }))
  expect(() => check(through({ 0: 10 }))).toThrow(expect.objectContaining({ code: 'ANSWER_WENT_BACK' }))
  expect(() => check(through({ 0: 10, 1: 5 }))).not.toThrow()
})

test('it may be behind one that overtook it', () => {
  const furthest = new Furthest()
  const slow = furthest.before('v', '1', 'c0')
  furthest.before('v', '1', 'c0')(through({ 0: 10 }))
  expect(() => slow(through({ 0: 9 }))).not.toThrow()
  expect(() => furthest.before('v', '1', 'c0')(through({ 0: 9 }))).toThrow()
})

test('versions and chains are apart', () => {
  const furthest = new Furthest()
  furthest.before('v', '1', 'c0')(through({ 0: 10 }))
  expect(() => furthest.before('v', '2', 'c0')(through({ 0: 1 }))).not.toThrow()
  expect(() => furthest.before('v', '1', 'c1')(through({ 0: 1 }))).not.toThrow()
})
