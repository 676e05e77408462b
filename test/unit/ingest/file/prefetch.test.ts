import { expect, test } from 'vitest'
import { prefetch } from '../../../../ingest/file/prefetch.ts'

test('asks for the next item while one is worked on, and for one only', async () => {
  let asked = 0
  async function* source() {
    for (let item = 0; item < 4; item++) {
      asked++
      yield item
    }
  }
  const seen: [number, number][] = []
  for await (const item of prefetch(source())) {
    await new Promise(setImmediate)
    seen.push([item, asked])
  }
  expect(seen).toEqual([
    [0, 2],
    [1, 3],
    [2, 4],
    [3, 4],
  ])
})

test('hands on the failure of its source, and ends the source where the reader leaves', async () => {
  let ended = false
  async function* source(fail: boolean) {
    try {
      yield 1
      if (fail) throw new Error('broken')
      yield 2
      yield 3
    } finally {
      ended = true
    }
  }
  const read = async () => {
    for await (const _ of prefetch(source(true))) await new Promise(setImmediate)
  }
  await expect(read()).rejects.toThrow('broken')
  ended = false
  for await (const _ of prefetch(source(false))) break
  expect(ended).toBe(true)
})
