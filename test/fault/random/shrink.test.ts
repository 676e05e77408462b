import { expect, test } from 'vitest'
import { shrink } from './shrink.ts'

const numbers = Array.from({ length: 20 }, (_, index) => index)

test('what has nothing to do with the failure is left out', async () => {
  const fails = async (shorter: readonly number[]) => shorter.includes(3) && shorter.includes(17)
  expect(await shrink(numbers, fails, 100)).toEqual([3, 17])
})

test('what fails by itself needs nothing', async () => {
  expect(await shrink(numbers, async () => true, 100)).toEqual([])
})

test('after so many tries the shortest so far is taken', async () => {
  let tried = 0
  const fails = async (shorter: readonly number[]) => {
    tried += 1
    return shorter.includes(3) && shorter.includes(17)
  }
  expect((await shrink(numbers, fails, 5)).length).toBeLessThan(numbers.length)
  expect(tried).toBe(5)
})
