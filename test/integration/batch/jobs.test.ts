import { expect, test } from 'vitest'
import { runBatchJob, verifyPlatform } from '../../../batch-layer/commands.ts'
import { orders, ordersProject } from '../../support/orders.ts'
import { withPlatform } from '../../support/platform.ts'

const platforms = withPlatform()

test('smoke', async () => {
  const platform = await platforms.open(ordersProject())
  const { context } = platform
  await platform.produce(orders(0, 1000))
  await platform.archive()
  await platform.speed().catch(e => {
    console.log(JSON.stringify(platform.logged))
    throw e
  })
  console.log(await verifyPlatform(context, () => {}).then(r => JSON.stringify(r, null, 1)))
  const first = await runBatchJob(context, { kind: 'extend' })
  console.log(JSON.stringify(first))
  const report = await verifyPlatform(context, () => {})
  console.log(JSON.stringify(report, null, 1))
  expect(report.ok).toBe(true)
  console.log(platform.logged)
})
