import { expect, test } from 'vitest'
import { runBatchJob } from '../../../batch-layer/commands.ts'
import { runSpeedLayer } from '../../../speed-layer/run.ts'
import { expectExact } from '../../support/exactness.ts'
import { orders, ordersProject, projectOn } from '../../support/orders.ts'
import { withPlatform } from '../../support/platform.ts'
import { until } from '../../support/processes.ts'
import { passRetention } from '../../support/retention.ts'

const platforms = withPlatform()

test('a chain that starts when Kafka has deleted its beginning reads it from the archive', async () => {
  const platform = await platforms.open(ordersProject(), { archiveSegmentRecords: 150 })
  await platform.produce(orders(0, 600))
  await platform.archive()
  await platform.produce(orders(600, 1000))
  await platform.archive()
  await passRetention(platforms.admin, platform, 0.7)
  await platform.produce(orders(1000, 1200))
  await platform.speed()
  await expectExact(platform, 1200)

  await runBatchJob(platform.context, { kind: 'extend' })
  const changed = await platform.reconfigured(
    projectOn(platform.context.project.streams[0]!.topic, { where: 'amount > 7' }),
  )
  await changed.speed()
  await changed.archive()
  const pointer = (await runBatchJob(changed.context, { kind: 'extend' }))!
  expect(pointer.views['by_country']!.version).toBe(changed.context.views[0]!.version)
  await expectExact(changed, 1200)
})

test('what neither Kafka nor the archive has is an error that names the lost range, and nothing is skipped', async () => {
  const platform = await platforms.open(ordersProject({ partitions: 1 }))
  const { context } = platform
  await platform.produce(orders(0, 200, 1))
  await platform.speed()
  await platform.produce(orders(200, 400, 1))
  await passRetention(platforms.admin, platform, 0.75)
  const stopping = new AbortController()
  const running = runSpeedLayer(context, {}, stopping.signal)
  await until('the lane tells', () => platform.logged.length > 0)
  stopping.abort()
  await running
  expect(platform.logged[0]).toMatchObject({
    level: 'error',
    fields: { code: 'OFFSET_OUT_OF_RANGE', details: { partition: 0, position: 200, earliest: 300 } },
  })
  await expect(platform.archive()).rejects.toMatchObject({ code: 'RETENTION_PASSED' })
})

test('a stream whose beginning Kafka had deleted before Twofold came begins there, in the middle of a block', async () => {
  const platform = await platforms.open(ordersProject({ partitions: 1 }))
  await platform.produce(
    Array.from({ length: 100 }, () => ({ key: null, value: Buffer.from('before'), partition: 0 })),
  )
  await passRetention(platforms.admin, platform, 1)
  await platform.archive()
  await platform.speed()
  await runBatchJob(platform.context, { kind: 'extend' })
  await expectExact(platform, 0)
  await platform.produce(orders(0, 300, 1))
  await platform.archive()
  await platform.speed()
  await expectExact(platform, 300)
  await runBatchJob(platform.context, { kind: 'extend' })
  await expectExact(platform, 300)
})
