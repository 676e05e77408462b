import { expect, test } from 'vitest'
import { nextPointer } from '../../../../batch-layer/publish/next-pointer.ts'
import type { JobPlan, ViewPlan } from '../../../../batch-layer/recompute/plan.ts'
import type { Pointer, ViewGeneration } from '../../../../core/model/pointer.ts'
import { EMPTY_TALLY } from '../../../../core/model/tally.ts'
import type { BoundView } from '../../../../core/model/view.ts'

const KEPT = { id: 'kept', from: {}, to: { 0: 16 }, tally: EMPTY_TALLY }
const TALLY = { ...EMPTY_TALLY, accepted: 16 }
const SERVED: ViewGeneration = { version: 'v1', chain: 'c0', cut: { 0: 16 }, runs: [KEPT] }

const view = (name: string, change: Partial<ViewPlan> = {}): ViewPlan => ({
  view: { name, version: 'v1' } as BoundView,
  chain: 'c0',
  cut: { 0: 32 },
  kept: [KEPT],
  added: { run: `job.${name}`, from: { 0: 16 } },
  replaces: undefined,
  ...change,
})

const plan = (...views: ViewPlan[]): JobPlan => ({
  id: 'job',
  kind: 'extend',
  basedOn: 4,
  drops: false,
  folds: [],
  views,
})

const current = (change: Partial<Pointer> = {}): Pointer => ({
  format: 1,
  seq: 4,
  prev: 3,
  publishedAtMs: 1,
  reason: 'extend',
  rolledBackTo: undefined,
  paused: false,
  views: { a: SERVED, b: SERVED },
  ...change,
})

test('names the runs that were kept and the one that was added, with its tally', () => {
  expect(nextPointer(plan(view('a')), current(), { 'job.a': TALLY }, new Set(), 99)).toEqual({
    ...current(),
    seq: 5,
    prev: 4,
    publishedAtMs: 99,
    views: {
      a: {
        version: 'v1',
        chain: 'c0',
        cut: { 0: 32 },
        runs: [KEPT, { id: 'job.a', from: { 0: 16 }, to: { 0: 32 }, tally: TALLY }],
      },
    },
  })
})

test('leaves a view that waits as it is, and out where nothing serves it yet', () => {
  const replacing = {
    view: { name: 'a', version: 'v2' } as BoundView,
    replaces: { version: 'v1', chain: 'c0' },
  }
  const pointer = nextPointer(
    plan(view('a', replacing), view('new')),
    current(),
    {},
    new Set(['a', 'new']),
    99,
  )
  expect(pointer.views).toEqual({ a: SERVED })
})

test('a view without anything archived is published with no runs', () => {
  const empty = view('a', { cut: {}, kept: [], added: undefined })
  expect(nextPointer(plan(empty), undefined, {}, new Set(), 99).views['a']).toEqual({
    version: 'v1',
    chain: 'c0',
    cut: {},
    runs: [],
  })
})

test('a job that someone asks for does not end a pause, nor is it a roll-back', () => {
  const paused = current({ paused: true, reason: 'rollback', rolledBackTo: 2 })
  const pointer = nextPointer(plan(view('a')), paused, { 'job.a': TALLY }, new Set(), 99)
  expect(pointer).toMatchObject({ paused: true, reason: 'extend', rolledBackTo: undefined })
})
