import { afterEach, expect, test } from 'vitest'
import { listen } from '../../../../../core/io/http/listen.ts'
import { openServer } from '../../../../../core/io/http/open-server.ts'
import type { KafkaDriver } from '../../../../../core/io/kafka/driver.ts'
import { startIngest } from '../../../../../ingest/start.ts'

const opened: ReturnType<typeof openServer>[] = []
const server = () => {
  const one = openServer(() => {})
  opened.push(one)
  return one
}
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

test('a server is told where it listens, on a port of its own where it asks for none', async () => {
  const address = await listen(server(), { what: 'A test', host: '127.0.0.1', port: 0 })
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  expect((await fetch(address)).status).toBe(404)
})

test('a port that is taken is named, with who wanted it and what to change', async () => {
  const address = await listen(server(), { what: 'A test', host: '127.0.0.1', port: 0 })
  const port = Number(new URL(address).port)
  await expect(listen(server(), { what: 'A second test', host: '127.0.0.1', port })).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: `A second test cannot listen on 127.0.0.1:${port}: EADDRINUSE.`,
    hint: expect.stringContaining('TWOFOLD_PORT'),
  })
})

test('the ingest layer refuses a port that is taken, by name', async () => {
  const producer = { send: async () => [], close: async () => {} }
  const driver = { openProducer: async () => producer } as unknown as KafkaDriver
  const log = { error: () => {} }
  const ingest = { driver, streams: [], host: '127.0.0.1', version: '0', log }
  const first = await startIngest({ ...ingest, port: 0 })
  const port = Number(new URL(first.address).port)
  await expect(startIngest({ ...ingest, port })).rejects.toMatchObject({ code: 'PORT_IN_USE' })
  await expect(startIngest({ ...ingest, host: '9.9.9.9', port })).rejects.toMatchObject({
    code: 'ADDRESS_UNUSABLE',
    hint: expect.stringContaining('TWOFOLD_HOST'),
  })
  await first.close()
})
