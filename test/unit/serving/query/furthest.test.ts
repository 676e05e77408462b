import { expect, test } from 'vitest'
import type { Coverage } from '../../../../serving/query/coverage.ts'
import { Furthest } from '../../../../serving/query/furthest.ts'

const source = (version: string, chain: string, topic = 't') => ({ view: 'v', topic, version, chain })
const through = (offsets: Record<string, number>) => ({ through: offsets }) as unknown as Coverage

test('an answer may not be behind one that was given before it was asked', () => {
  const furthest = new Furthest()
  furthest.before(source('1', 'c0'))(through({ 0: 10, 1: 5 }))
  const check = furthest.before(source('1', 'c0'))
  expect(() => check(through({ 0: 10, 1: 4 }))).toThrow(expect.objectContaining({ code: 'ANSWER_WENT_BACK' }))
  expect(() => check(through({ 0: 10 }))).toThrow(expect.objectContaining({ code: 'ANSWER_WENT_BACK' }))
  expect(() => check(through({ 0: 10, 1: 5 }))).not.toThrow()
})

test('it may be behind one that overtook it', () => {
  const furthest = new Furthest()
  const slow = furthest.before(source('1', 'c0'))
  furthest.before(source('1', 'c0'))(through({ 0: 10 }))
  expect(() => slow(through({ 0: 9 }))).not.toThrow()
  expect(() => furthest.before(source('1', 'c0'))(through({ 0: 9 }))).toThrow()
})

test('a version or chain that takes over may not be behind what the one before has just answered', () => {
  const furthest = new Furthest()
  furthest.before(source('1', 'c0'))(through({ 0: 10 }))
  for (const next of [source('2', 'c0'), source('1', 'c1')]) {
    expect(() => furthest.before(next)(through({ 0: 9 }))).toThrow(
      expect.objectContaining({ code: 'ANSWER_WENT_BACK' }),
    )
    expect(() => furthest.before(next)(through({ 0: 10 }))).not.toThrow()
  }
})

test('what a chain answered that was replaced a while ago no longer binds, for it may have been damaged', () => {
  let nowMs = 0
  const furthest = new Furthest(() => nowMs)
  furthest.before(source('1', 'c0'))(through({ 0: 1_000_000 }))
  nowMs = 10_001
  expect(() => furthest.before(source('1', 'c1'))(through({ 0: 10 }))).not.toThrow()
  nowMs = 60_000
  expect(() => furthest.before(source('1', 'c1'))(through({ 0: 9 }))).toThrow()
})

test('versions over different topics are apart', () => {
  const furthest = new Furthest()
  furthest.before(source('1', 'c0'))(through({ 0: 10 }))
  expect(() => furthest.before(source('2', 'c0', 'other'))(through({ 0: 1 }))).not.toThrow()
})
