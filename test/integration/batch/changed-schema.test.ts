import { expect, test } from 'vitest'
import { runBatchJob } from '../../../batch-layer/commands.ts'
import type { ColumnBuilder } from '../../../core/define/types.ts'
import { defineProject, m, stream, t, view } from '../../../core/index.ts'
import type { ProjectDefinition } from '../../../core/model/project.ts'
import { QueryRunner } from '../../../serving/query/run.ts'
import { ServedViews } from '../../../serving/query/served-views.ts'
import { type Platform, withPlatform } from '../../support/platform.ts'

const platforms = withPlatform()

/** Sales by whatever `dimension` is, over a schema of a time, an amount and some columns more. */
function sales(schema: Readonly<Record<string, ColumnBuilder>>, dimension: string): ProjectDefinition {
  const sold = stream({
    topic: 'sales',
    time: 'ts',
    schema: { ts: t.timestamp('s'), amount: t.int32(), ...schema },
    blockSize: 4,
    partitions: 1,
  })
  const bySomething = view({
    name: 'sales_by',
    from: sold,
    grain: 'day',
    dimensions: { what: dimension },
    measures: { sales: m.count(), amount: m.sum('amount') },
  })
  return defineProject({ streams: [sold], views: [bySomething], batch: { every: '1 hour', full: false } })
}

const record = (event: object) => ({ key: null, value: Buffer.from(JSON.stringify(event)), partition: 0 })

async function answer({ context }: Platform): Promise<unknown[]> {
  const { clickhouse, views } = context
  const runner = new QueryRunner({
    clickhouse,
    views: new ServedViews(clickhouse, views),
    timeoutMs: 30_000,
  })
  const { rows } = await runner.ask({ view: 'sales_by', dimensions: ['what'], measures: ['sales', 'amount'] })
  return rows.map(row => JSON.parse(row)).sort((a, b) => a.amount - b.amount)
}

test('a renamed column keeps its history, and an added optional one is NULL in old records', async () => {
  const old = await platforms.open(sales({ shop: t.string() }, 'shop'))
  await old.produce(
    Array.from({ length: 10 }, (_, k) => record({ ts: 1_750_000_000, amount: 1, shop: k < 7 ? 'A' : 'B' })),
  )
  await old.archive()
  await old.speed()
  expect((await runBatchJob(old.context, { kind: 'extend' }))!.views['sales_by']!.cut).toEqual({ 0: 8 })
  expect(await answer(old)).toEqual([
    { what: 'B', sales: 3, amount: 3 },
    { what: 'A', sales: 7, amount: 7 },
  ])

  const schema = { store: t.string().alias('shop'), channel: t.string().optional() }
  const renamed = await old.reconfigured(sales(schema, "store || coalesce(' ' || channel, '')"))
  expect(renamed.context.views[0]!.version).not.toBe(old.context.views[0]!.version)
  await renamed.produce([
    record({ ts: 1_750_000_000, amount: 10, store: 'A' }),
    record({ ts: 1_750_000_000, amount: 100, store: 'B', channel: 'web' }),
  ])
  await renamed.archive()
  await renamed.speed()
  const expected = [
    { what: 'B', sales: 3, amount: 3 },
    { what: 'A', sales: 8, amount: 17 },
    { what: 'B web', sales: 1, amount: 100 },
  ]
  // The archive's first segments were written by the old decoder: both jobs decode their raw bytes anew.
  for (const kind of ['extend', 'full'] as const) {
    const pointer = (await runBatchJob(renamed.context, { kind }))!
    expect(pointer.views['sales_by']).toMatchObject({
      version: renamed.context.views[0]!.version,
      cut: { 0: 12 },
    })
    expect(await answer(renamed)).toEqual(expected)
  }
})
