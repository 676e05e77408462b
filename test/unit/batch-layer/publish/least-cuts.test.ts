import { expect, test } from 'vitest'
import { leastCuts } from '../../../../batch-layer/publish/least-cuts.ts'
import type { Cut } from '../../../../core/model/cut.ts'
import type { Pointer } from '../../../../core/model/pointer.ts'

function pointer(views: Record<string, [version: string, chain: string, cut: Cut]>): Pointer {
  const generations = Object.entries(views).map(([name, [version, chain, cut]]) => [
    name,
    { version, chain, cut, runs: [] },
  ])
  return { views: Object.fromEntries(generations) } as unknown as Pointer
}

test('is the lowest of each partition, whatever the order, and 0 where one does not name it', () => {
  const pointers = [
    pointer({ a: ['v1', 'c0', { 0: 32, 1: 16, 2: 64 }] }),
    pointer({ a: ['v1', 'c0', { 0: 16, 1: 48 }] }),
  ]
  const least = [{ view: 'a', version: 'v1', chains: ['c0'], cut: { 0: 16, 1: 16, 2: 0 } }]
  expect(leastCuts(pointers)).toEqual(least)
  expect(leastCuts(pointers.toReversed())).toEqual(least)
})

test('keeps views and versions apart, but not the chains of one version', () => {
  const pointers = [
    pointer({ a: ['v1', 'c0', { 0: 16 }], b: ['v1', 'c0', { 0: 32 }] }),
    pointer({ a: ['v2', 'c0', { 0: 48 }], b: ['v1', 'c1', { 0: 64 }] }),
  ]
  expect(
    leastCuts(pointers).map(({ view, version, chains, cut }) => [view, version, chains, cut[0]]),
  ).toEqual([
    ['a', 'v1', ['c0'], 16],
    ['b', 'v1', ['c0', 'c1'], 32],
    ['a', 'v2', ['c0'], 48],
  ])
})
