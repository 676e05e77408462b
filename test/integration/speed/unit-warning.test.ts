import { expect, test } from 'vitest'
import { defineProject, m, stream, t, view } from '../../../core/index.ts'
import { QueryRunner } from '../../../serving/query/run.ts'
import { ServedViews } from '../../../serving/query/served-views.ts'
import { withPlatform } from '../../support/platform.ts'

const platforms = withPlatform()

test('seconds in a stream declared in milliseconds are warned of, once, and counted as declared (W4)', async () => {
  const clicks = stream({ topic: 'clicks', time: 'ts', schema: { ts: t.timestamp('ms') }, partitions: 2 })
  const byDay = view({ name: 'by_day', from: clicks, grain: 'day', measures: { clicks: m.count() } })
  const platform = await platforms.open(
    defineProject({ streams: [clicks], views: [byDay], batch: { every: '1 hour', full: false } }),
  )
  const seconds = Math.floor(Date.now() / 1000)
  const value = Buffer.from(JSON.stringify({ ts: seconds }))
  await platform.produce([0, 1, 0].map(partition => ({ key: null, value, partition })))
  await platform.speed()
  const warned = platform.logged.filter(({ message }) => message.includes('look like seconds'))
  expect(warned).toMatchObject([
    { level: 'warn', message: expect.stringContaining(`${seconds} is 1970-01-`) },
  ])

  const { clickhouse, views } = platform.context
  const served = new ServedViews(clickhouse, views)
  const { rows } = await new QueryRunner({ clickhouse, views: served, timeoutMs: 30_000 }).ask({
    view: 'by_day',
    grain: 'day',
  })
  const day = new Date(Math.floor(seconds / 86_400_000) * 86_400_000).toISOString().slice(0, 10)
  expect(rows.map(row => JSON.parse(row))).toEqual([{ time: expect.stringContaining(day), clicks: 3 }])
})
