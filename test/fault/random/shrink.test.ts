import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { shrink } from './shrink.ts'

const numbers = Array.from({ length: 20 }, (_, index) => index)
const UNLIMITED = { tries: 100, deadlineMs: Number.POSITIVE_INFINITY }

async function needsBoth(shorter: readonly number[]): Promise<boolean> {
  return shorter.includes(3) && shorter.includes(17)
}

test('what has nothing to do with the failure is left out', async () => {
  expect(await shrink(numbers, needsBoth, UNLIMITED)).toEqual([3, 17])
})

test('what fails by itself needs nothing', async () => {
  expect(await shrink(numbers, async () => true, UNLIMITED)).toEqual([])
})

test('after so many tries the shortest so far is taken', async () => {
  let tried = 0
  const fails = async (shorter: readonly number[]) => {
    tried += 1
    return needsBoth(shorter)
  }
  expect((await shrink(numbers, fails, { ...UNLIMITED, tries: 5 })).length).toBeLessThan(numbers.length)
  expect(tried).toBe(5)
})

test('at its deadline the shortest so far is taken, though there are tries left', async () => {
  const deadlineMs = performance.now() + 50
  let lastBeganMs = 0
  const fails = async () => {
    lastBeganMs = performance.now()
    await sleep(20)
    return false
  }
  expect(await shrink(numbers, fails, { tries: 1000, deadlineMs })).toEqual(numbers)
  expect(lastBeganMs).toBeLessThan(deadlineMs)
  expect(lastBeganMs).toBeGreaterThan(0)
})

test('each shorter list that fails is told when it is found', async () => {
  const told: (readonly number[])[] = []
  const shortest = await shrink(numbers, needsBoth, UNLIMITED, shorter => told.push(shorter))
  expect(told.at(-1)).toEqual(shortest)
  expect(told.length).toBeGreaterThan(2)
  for (const [index, shorter] of told.entries())
    expect(shorter.length).toBeLessThan((told[index - 1] ?? numbers).length)
})
