import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { at, LIMITS, textOf, textRecord } from '../kafka-fixture.ts'
import type { DriverContract } from './driver-contract.ts'

/** The contract's part on brokers that go away. */
export function describeBrokerRestarts(contract: DriverContract): void {
  describe('when the broker goes away', () => {
    test.each(['SIGTERM', 'SIGKILL'] as const)(
      'by %s, readers and producers resume and nothing acknowledged is lost',
      async signal => {
        const { topic, topicId } = await contract.kafka.topic(1)
        const reader = await contract.openReader({ topic, topicId })
        const producer = await contract.driver.openProducer()
        const acknowledged: { offset: number; text: string }[] = []
        const read: { offset: number; text: string }[] = []
        let producing = true
        let written = false
        const writer = (async () => {
          for (let n = 0; producing; n++) {
            const text = `record ${n}`
            const [position] = await producer.send(topic, [textRecord(text)])
            acknowledged.push({ offset: position!.offset, text })
          }
          written = true
        })()
        const follower = (async () => {
          for (let position = 0; !written || position <= acknowledged.at(-1)!.offset; ) {
            const [batch] = await reader.fetch(at(position), LIMITS)
            read.push(
              ...(batch?.records ?? []).map(record => ({ offset: record.offset, text: textOf(record) })),
            )
            position = batch?.end ?? position
          }
        })()
        await expect.poll(() => acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(100)
        const broker = contract.kafka.broker()
        process.kill(broker.pid, signal)
        await broker.exited
        await contract.kafka.restart()
        const before = acknowledged.length
        await expect.poll(() => acknowledged.length).toBeGreaterThan(before + 100)
        producing = false
        await Promise.all([writer, follower])
        await producer.close()
        expect(read).toEqual(acknowledged)
      },
    )

    test('a reader that is closed meanwhile gives up at once', async () => {
      const { topic, topicId } = await contract.kafka.topic(1)
      const reader = await contract.openReader({ topic, topicId })
      await reader.fetch(at(0), LIMITS)
      const broker = contract.kafka.broker()
      await broker.stop()
      const fetching = (async () => {
        for (;;) await reader.fetch(at(0), LIMITS)
      })()
      const ended = expect(fetching).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE' })
      await sleep(300)
      const startMs = performance.now()
      await reader.close()
      await ended
      expect(performance.now() - startMs).toBeLessThan(15_000)
      await contract.kafka.restart()
    })

    test('a cluster that does not answer is an error in bounded time that keeps the password', async () => {
      const error = (await contract.unreachable) as Error & { code: string }
      expect(error.code).toBe('KAFKA_UNAVAILABLE')
      expect(JSON.stringify([error, error.message, error.stack, String(error.cause)])).not.toContain('s3cret')
    })
  })
}
