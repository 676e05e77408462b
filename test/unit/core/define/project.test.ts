import { describe, expect, it } from 'vitest'
import { defineProject, m, stream, t, view } from '../../../../core/index.ts'
import { TwofoldError } from '../../../../core/model/errors.ts'

const clicks = stream({
  topic: 'clicks',
  time: 'ts',
  schema: { ts: t.timestamp(), country: t.string(), n: t.int64().optional() },
})
const sales = view({
  name: 'sales',
  from: clicks,
  grain: 'minute',
  dimensions: { country: 'country' },
  measures: { orders: m.count() },
})

/** The message of the CONFIG_INVALID that `declare` raises. */
function refusal(declare: () => unknown): string {
  try {
    declare()
  } catch (error) {
    expect(error).toBeInstanceOf(TwofoldError)
    expect((error as TwofoldError).code).toBe('CONFIG_INVALID')
    return (error as Error).message
  }
  throw new Error('was not refused')
}

describe('a project', () => {
  it('is plain data, whatever built it', () => {
    const project = defineProject({
      streams: [clicks],
      views: [sales],
      batch: { every: '30 s', full: false },
    })
    expect(JSON.parse(JSON.stringify(project))).toEqual(JSON.parse(JSON.stringify(structuredClone(project))))
    expect(project.batch).toEqual({ everyMs: 30_000, full: undefined })
    expect(project.streams[0]!.columns.map(column => [column.name, column.optional])).toEqual([
      ['ts', false],
      ['country', false],
      ['n', true],
    ])
  })

  it('extends every 10 minutes and recomputes at 03:00 by default', () => {
    expect(defineProject({ streams: [clicks], views: [sales] }).batch).toEqual({
      everyMs: 600_000,
      full: '03:00',
    })
  })

  const options = { topic: 'clicks', time: 'ts' as const, schema: { ts: t.timestamp() } }
  const dimension = (name: string) => () =>
    view({
      name: 'v',
      from: clicks,
      grain: 'hour',
      dimensions: { [name]: 'country' },
      measures: { n: m.count() },
    })
  it.each<[what: string, declare: () => unknown, names: string]>([
    ['no streams', () => defineProject({ streams: [], views: [] }), 'defineProject.streams'],
    [
      'a stream declared twice',
      () => defineProject({ streams: [clicks, clicks], views: [] }),
      '"clicks" is declared twice',
    ],
    [
      'a view of a foreign stream',
      () => defineProject({ streams: [stream({ ...options, topic: 'other' })], views: [sales] }),
      'view("sales").from',
    ],
    [
      'a duration that is none',
      () => defineProject({ streams: [clicks], views: [], batch: { every: 'often' } }),
      'batch.every',
    ],
    [
      'a time of day that is none',
      () => defineProject({ streams: [clicks], views: [], batch: { full: '25:00' } }),
      'batch.full',
    ],
    ['a topic with a slash', () => stream({ ...options, topic: 'a/b' }), 'stream("a/b").topic'],
    ['a block size that is no power of two', () => stream({ ...options, blockSize: 1000 }), 'blockSize'],
    ['a time column that is missing', () => stream({ ...options, time: 'when' as 'ts' }), '.time'],
    [
      'a time column that is no timestamp',
      () => stream({ topic: 'c', time: 'a', schema: { a: t.string() } }),
      'is not a timestamp',
    ],
    [
      'an optional time column',
      () => stream({ topic: 'c', time: 'a', schema: { a: t.timestamp().optional() } }),
      'must be required',
    ],
    ['a key that is no column', () => stream({ ...options, key: 'user' as 'ts' }), '.key'],
    [
      'columns from one place',
      () =>
        stream({
          ...options,
          schema: { ts: t.timestamp(), a: t.string().path('x'), b: t.string().path('x.y') },
        }),
      'overlaps',
    ],
    ['a decimal of 39 digits', () => t.decimal(39, 2), 'precision'],
    [
      'a column name with two underscores',
      () => stream({ ...options, schema: { ts: t.timestamp(), a__b: t.string() } }),
      '"a__b"',
    ],
    [
      'a column that is no type',
      () => stream({ ...options, schema: { ts: t.timestamp(), a: 'string' as never } }),
      'schema.a',
    ],
    ['a reserved name', dimension('time'), 'reserved'],
    ['a name that could break out of SQL', dimension('a`b'), 'not allowed'],
    [
      'a grain that is none',
      () => view({ name: 'v', from: clicks, grain: 'fortnight' as 'day', measures: { n: m.count() } }),
      '.grain',
    ],
    [
      'no measures',
      () => view({ name: 'v', from: clicks, grain: 'day', measures: {} }),
      'at least one measure',
    ],
    [
      'a quantile beyond 1',
      () => view({ name: 'v', from: clicks, grain: 'day', measures: { q: m.quantile('n', 95) } }),
      'from 0 to 1',
    ],
    [
      'one name for two things',
      () =>
        view({ name: 'v', from: clicks, grain: 'day', dimensions: { n: 'n' }, measures: { n: m.count() } }),
      'same name',
    ],
  ])('refuses %s and says where', (_, declare, names) => expect(refusal(declare)).toContain(names))
})

describe('computed measures', () => {
  const declare = (measures: Parameters<typeof view>[0]['measures'], dimensions = {}) =>
    view({ name: 'v', from: clicks, grain: 'hour', dimensions, measures })

  it('stand beside those that are kept', () => {
    const definition = declare({ share: m.percent('some', 'all'), all: m.count(), some: m.sum('n') })
    expect(definition.measures.map(({ name }) => name)).toEqual(['all', 'some'])
    expect(definition.computed).toEqual([
      { name: 'share', computed: { kind: 'percent', of: ['some', 'all'] } },
    ])
    expect(Object.keys(declare({ all: m.count() }))).not.toContain('computed')
  })

  it('are computed from measures that are kept alone', () => {
    const all = m.count()
    expect(refusal(() => declare({ all, x: m.ratio('al', 'all') }))).toMatch(
      /keeps no measure "al" to compute with/,
    )
    expect(refusal(() => declare({ all, x: m.ratio('all', 'all'), y: m.ratio('x', 'all') }))).toMatch(/"x"/)
    expect(refusal(() => declare({ all, country: m.ratio('all', 'all') }, { country: 'country' }))).toMatch(
      /same name/,
    )
    expect(refusal(() => declare({ all, All: m.ratio('all', 'all') }))).toMatch(/one name/)
    expect(refusal(() => declare({ all, time: m.ratio('all', 'all') }))).toMatch(/reserved/)
    expect(refusal(() => declare({ x: m.ratio('x', 'x') }))).toMatch(/at least one measure/)
  })
})
