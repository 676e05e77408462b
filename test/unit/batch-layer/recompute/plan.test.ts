import { describe, expect, test } from 'vitest'
import {
  changesAnything,
  type JobPlan,
  lostOf,
  type PlanInput,
  planJob,
  withoutRunsOf,
} from '../../../../batch-layer/recompute/plan.ts'
import { defineProject, m, stream, t, view } from '../../../../core/index.ts'
import type { SegmentChain } from '../../../../core/io/archive/segment-chain.ts'
import type { Cut } from '../../../../core/model/cut.ts'
import type { Pointer, RunReference, ViewGeneration } from '../../../../core/model/pointer.ts'
import { EMPTY_TALLY } from '../../../../core/model/tally.ts'
import type { BoundView } from '../../../../core/model/view.ts'
import { segment } from '../../../support/segments.ts'

const orders = stream({ topic: 'orders', time: 'ts', schema: { ts: t.timestamp() }, blockSize: 16 })
const definition = view({ name: 'counts', from: orders, grain: 'hour', measures: { n: m.count() } })
const { streams } = defineProject({ streams: [orders], views: [definition] })

function bound(name: string, version = 'v1'): BoundView {
  return { name, version, stream: streams[0]!, where: undefined, grain: 'hour', dimensions: [], measures: [] }
}

/** The segments of a partition that end at `ends`, the first from 0. */
function chain(partition: number, ...ends: number[]): [number, SegmentChain] {
  const segments = ends.map((end, index) => segment(partition, ends[index - 1] ?? 0, end))
  return [partition, { segments, end: ends.at(-1) ?? 0 }]
}

function run(id: string, from: Cut, to: Cut, records: number): RunReference {
  return { id, from, to, tally: { ...EMPTY_TALLY, accepted: records } }
}

function pointer(seq: number, views: Record<string, ViewGeneration>): Pointer {
  return {
    format: 1,
    seq,
    prev: seq - 1,
    publishedAtMs: 0,
    reason: 'extend',
    rolledBackTo: undefined,
    paused: false,
    views,
  }
}

function plan(change: Partial<PlanInput> & { chains: [number, SegmentChain][] }): JobPlan | undefined {
  const { chains, ...input } = change
  return planJob({
    id: 'job',
    kind: 'extend',
    views: [bound('counts')],
    pointer: undefined,
    archived: new Map([['orders', new Map(chains)]]),
    decoders: new Map([['orders', 'now']]),
    chunkRecords: 1000,
    ...input,
  })
}

const served = (cut: Cut, ...runs: RunReference[]) =>
  pointer(7, { counts: { version: 'v1', chain: 'c3', cut, runs } })

describe('an extension', () => {
  test('of nothing yet folds what is archived, up to the edge of a block', () => {
    expect(plan({ chains: [chain(0, 10, 40), chain(1, 15)] })).toMatchObject({
      basedOn: 0,
      folds: [
        {
          from: { 0: 0, 1: 0 },
          to: { 0: 32, 1: 0 },
          source: 'typed',
          chunks: [
            [
              { start: 0, end: 10 },
              { start: 10, end: 32 },
            ],
          ],
        },
      ],
      views: [
        { chain: 'c0', cut: { 0: 32, 1: 0 }, kept: [], added: { run: 'job.0.counts' }, replaces: undefined },
      ],
    })
  })

  test('folds only what came since, keeps the runs before and the chain', () => {
    const before = run('a', { 0: 0 }, { 0: 32 }, 32)
    expect(plan({ chains: [chain(0, 40, 50)], pointer: served({ 0: 32 }, before) })).toMatchObject({
      basedOn: 7,
      folds: [
        {
          from: { 0: 32 },
          to: { 0: 48 },
          chunks: [
            [
              { start: 32, end: 40 },
              { start: 40, end: 48 },
            ],
          ],
        },
      ],
      views: [
        { chain: 'c3', cut: { 0: 48 }, kept: [before], added: { run: 'job.7.counts', from: { 0: 32 } } },
      ],
    })
  })

  test('takes in the runs before that are no larger, and so on', () => {
    const [a, b, c] = [
      run('a', { 0: 0 }, { 0: 160 }, 160),
      run('b', { 0: 160 }, { 0: 192 }, 32),
      run('c', { 0: 192 }, { 0: 208 }, 16),
    ]
    const wanted = plan({ chains: [chain(0, 224)], pointer: served({ 0: 208 }, a, b, c) })!
    expect(wanted.views[0]).toMatchObject({ kept: [a], added: { from: { 0: 160 } } })
    expect(wanted.folds[0]).toMatchObject({ from: { 0: 160 }, to: { 0: 224 } })
    const all = plan({ chains: [chain(0, 1024)], pointer: served({ 0: 208 }, a, b, c) })!
    expect(all.views[0]).toMatchObject({ kept: [], added: { from: { 0: 0 } } })
  })

  test('weighs the part of a segment that it folds, not the segment', () => {
    const before = run('a', { 0: 0 }, { 0: 992 }, 992)
    const wanted = plan({ chains: [chain(0, 1010)], pointer: served({ 0: 992 }, before) })!
    expect(wanted.views[0]).toMatchObject({ kept: [before], added: { from: { 0: 992 } } })
  })

  test('takes partitions that were added from their beginning', () => {
    const before = run('a', { 0: 0 }, { 0: 160 }, 160)
    const wanted = plan({ chains: [chain(0, 160), chain(1, 20)], pointer: served({ 0: 160 }, before) })!
    expect(wanted.views[0]).toMatchObject({ cut: { 0: 160, 1: 16 }, kept: [before] })
    expect(wanted.folds[0]!.chunks).toMatchObject([[{ segment: { partition: 1 }, start: 0, end: 16 }]])
  })

  test('has nothing to do where no block is complete, or none is new', () => {
    expect(plan({ chains: [chain(0, 15)] })).toBeUndefined()
    expect(plan({ chains: [] })).toBeUndefined()
    expect(
      plan({ chains: [chain(0, 47)], pointer: served({ 0: 32 }, run('a', { 0: 0 }, { 0: 32 }, 32)) }),
    ).toBeUndefined()
  })

  test('leaves views as they are that have nothing new', () => {
    const before = run('a', { 0: 0 }, { 0: 32 }, 32)
    const wanted = plan({
      chains: [chain(0, 40)],
      views: [bound('counts'), bound('other')],
      pointer: served({ 0: 32 }, before),
    })!
    expect(wanted.views).toMatchObject([
      { cut: { 0: 32 }, kept: [before], added: undefined },
      { cut: { 0: 32 }, kept: [], added: { run: 'job.7.other', from: { 0: 0 } } },
    ])
    expect(wanted.folds.map(fold => fold.views.map(target => target.run))).toEqual([['job.7.other']])
  })

  test('decodes the raw bytes where the archive was written by another decoder', () => {
    expect(plan({ chains: [chain(0, 32)], decoders: new Map([['orders', 'later']]) })!.folds[0]!.source).toBe(
      'raw',
    )
  })

  test('reads the records once for views that take the same', () => {
    const wanted = plan({ chains: [chain(0, 32)], views: [bound('counts'), bound('other')] })!
    expect(wanted.folds).toHaveLength(1)
    expect(wanted.folds[0]!.views.map(({ run }) => run)).toEqual(['job.0.counts', 'job.0.other'])
  })
})

describe('a full recompute', () => {
  test('folds all of it from the raw bytes into one run', () => {
    const before = [run('a', { 0: 0 }, { 0: 160 }, 160), run('b', { 0: 160 }, { 0: 176 }, 16)]
    expect(
      plan({ chains: [chain(0, 180)], kind: 'full', pointer: served({ 0: 176 }, ...before) }),
    ).toMatchObject({
      folds: [{ source: 'raw', from: { 0: 0 }, to: { 0: 176 } }],
      views: [{ chain: 'c3', cut: { 0: 176 }, kept: [], added: { run: 'job.7.counts', from: { 0: 0 } } }],
    })
  })

  test('publishes that a view is no longer declared, which an extension leaves to the next change', () => {
    const gone = pointer(7, { gone: { version: 'v1', chain: 'c0', cut: { 0: 32 }, runs: [] } })
    expect(plan({ chains: [], views: [], kind: 'full', pointer: gone })).toMatchObject({
      views: [],
      folds: [],
    })
    expect(plan({ chains: [], views: [], kind: 'extend', pointer: gone })).toBeUndefined()
  })
})

test('what was declared lost is part of the plan, cut as all else', () => {
  const segments = [segment(0, 0, 10), segment(0, 10, 40, { records: 0, lost: 30 }), segment(0, 40, 50)]
  const before = run('a', { 0: 0 }, { 0: 16 }, 10)
  const { folds, views } = plan({ chains: [[0, { segments, end: 50 }]], pointer: served({ 0: 16 }, before) })!
  expect(lostOf(folds[0]!.chunks.flat())).toEqual([{ partition: 0, start: 16, end: 40 }])
  // It has no records, and weighs nothing where runs are taken in.
  expect(views[0]).toMatchObject({ cut: { 0: 48 }, kept: [before] })
})

test('a view of a new version begins anew, on a chain of its own, and names what it replaces', () => {
  const before = run('a', { 0: 0 }, { 0: 32 }, 32)
  expect(
    plan({ chains: [chain(0, 40)], views: [bound('counts', 'v2')], pointer: served({ 0: 32 }, before) }),
  ).toMatchObject({
    folds: [{ from: { 0: 0 }, to: { 0: 32 } }],
    views: [{ chain: 'c0', kept: [], replaces: { version: 'v1', chain: 'c3' } }],
  })
})

test('a new version is a change by itself, also where no block is full; one that waits costs no fold', () => {
  const empty = pointer(7, { counts: { version: 'v1', chain: 'c0', cut: {}, runs: [] } })
  const wanted = plan({ chains: [chain(0, 5)], views: [bound('counts', 'v2')], pointer: empty })!
  expect(wanted).toMatchObject({ folds: [], views: [{ added: undefined, replaces: { version: 'v1' } }] })
  expect(changesAnything(wanted, new Set(['counts']))).toBe(false)
  expect(plan({ chains: [chain(0, 5)], pointer: empty })).toBeUndefined()

  const two = plan({
    chains: [chain(0, 40)],
    views: [bound('counts', 'v2'), bound('other')],
    pointer: served({ 0: 32 }, run('a', { 0: 0 }, { 0: 32 }, 32)),
  })!
  const without = withoutRunsOf(two, new Set(['counts']))
  expect(without.folds.flatMap(fold => fold.views.map(({ view }) => view.name))).toEqual(['other'])
  expect(without.views.map(({ added }) => added === undefined)).toEqual([true, false])
  expect(changesAnything(without, new Set(['counts']))).toBe(true)
})

test.each(['extend', 'full'] as const)('%s: an archive that has less than is published is refused', kind => {
  const before = served({ 0: 32, 1: 16 }, run('a', { 0: 0, 1: 0 }, { 0: 32, 1: 16 }, 48))
  for (const chains of [[chain(0, 31), chain(1, 16)], [chain(0, 64)]]) {
    expect(() => plan({ chains, kind, pointer: before })).toThrowError(
      expect.objectContaining({ code: 'ARCHIVE_BEHIND' }),
    )
  }
})

test('chunks hold about as many records as asked for, and segments are not cut for them', () => {
  const ends = Array.from({ length: 10 }, (_, index) => (index + 1) * 160)
  const chunks = plan({ chains: [chain(0, ...ends)], chunkRecords: 500 })!.folds[0]!.chunks
  expect(chunks.map(chunk => chunk.length)).toEqual([3, 3, 3, 1])
  expect(chunks.flat().map(({ start, end }) => [start, end])).toEqual(ends.map(end => [end - 160, end]))
})

describe('of a stream that leaves out repeated events', () => {
  const within = { ...streams[0]!, deduplication: { column: 'id', within: 20 } }
  const views = [{ ...bound('counts'), stream: within }]
  const chains = [chain(0, 40, 70, 100)]

  test('an extension decodes anew, and reads the ids of what lies before it, as far back as they count', () => {
    const [fold] = plan({ chains, views, pointer: served({ 0: 64 }, run('a', {}, { 0: 64 }, 1000)) })!.folds
    expect(fold).toMatchObject({ source: 'raw', from: { 0: 64 }, to: { 0: 96 } })
    expect(fold!.leadIn!.map(({ segment: { start }, ...part }) => [start, part.start, part.end])).toEqual([
      [40, 44, 64],
    ])
  })

  test('nothing lies before what begins at the beginning', () => {
    const [fold] = plan({ chains, views, kind: 'full' })!.folds
    expect(fold).toMatchObject({ source: 'raw', from: { 0: 0 }, leadIn: [] })
  })

  test('the plan of any other stream says nothing of it', () => {
    expect(plan({ chains, kind: 'full' })!.folds[0]).not.toHaveProperty('leadIn')
  })
})
