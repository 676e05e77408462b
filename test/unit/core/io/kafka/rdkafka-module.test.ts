import { expect, it, vi } from 'vitest'

vi.mock('node-rdkafka', () => {
  throw new Error('not built')
})

it('says that the optional package is missing (DRIVER_NOT_INSTALLED)', async () => {
  const { openKafkaDriver } = await import('../../../../../core/io/kafka/open-driver.ts')
  const opening = openKafkaDriver('node-rdkafka', { brokers: ['127.0.0.1:1'], clientId: 'test' })
  await expect(opening).rejects.toMatchObject({ code: 'DRIVER_NOT_INSTALLED' })
})
