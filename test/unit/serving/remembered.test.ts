import { expect, test } from 'vitest'
import { remembered } from '../../../serving/remembered.ts'

test('a value is loaded once, kept for its time, and loaded anew when told to', async () => {
  let [loads, nowMs] = [0, 0]
  const value = remembered(
    100,
    async () => ++loads,
    () => nowMs,
  )
  expect(await Promise.all([value.get(), value.get()])).toEqual([1, 1])
  nowMs = 99
  expect(await value.get()).toBe(1)
  nowMs = 100
  expect(await value.get()).toBe(2)
  expect(await value.refresh()).toBe(3)
  expect(await value.get()).toBe(3)
})

test('a failure is not kept', async () => {
  let fail = true
  const value = remembered(
    100,
    async () => {
      if (fail) throw new Error('no')
      return 'yes'
    },
    () => 0,
  )
  await expect(value.get()).rejects.toThrow('no')
  fail = false
  expect(await value.get()).toBe('yes')
})
