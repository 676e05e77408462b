/** The load of a soak: a process of its own that produces clicks of the shop at a steady rate until it is told to end. */
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { openKafkaDriver } from '../../core/io/kafka/open-driver.ts'
import { endWithParent, receiveSettings } from '../../core/io/process/lifeline.ts'
import { generateShop } from '../../examples/shop/generate.ts'

export interface SoakLoad {
  readonly brokers: readonly string[]
  readonly topic: string
  readonly ratePerSecond: number
  /** Where it writes, when it ends, what Kafka has acknowledged. */
  readonly countsFile: string
}

export interface LoadCounts {
  readonly events: number
  /** Records that are no events. */
  readonly malformed: number
}

/** Beyond so many the events come again: to make them would take more than to send them. */
const DISTINCT_EVENTS = 200_000
const TICK_MS = 50
const ENDS_WITHIN_MS = 30_000

const settings = await receiveSettings<SoakLoad>()
const driver = await openKafkaDriver('kafkajs', { brokers: settings.brokers, clientId: 'soak' })
const producer = await driver.openProducer()
const options = { seed: 3, lateShare: 0.05, duplicateShare: 0.02, malformedShare: 0.01, hotKeyShare: 0.1 }
const records = [...generateShop({ ...options, count: DISTINCT_EVENTS })].map(({ kind, bytes }) => ({
  isEvent: kind !== 'malformed',
  key: Buffer.from(/"user_id":(\d+)/.exec(Buffer.from(bytes).toString('latin1'))?.[1] ?? ''),
  value: bytes,
}))
const stopping = new AbortController()
const producing = produce()
endWithParent({
  onEnd: async () => {
    stopping.abort()
    const counts: LoadCounts = await producing
    writeFileSync(settings.countsFile, JSON.stringify(counts))
    await producer.close()
    await driver.close()
  },
  withinMs: ENDS_WITHIN_MS,
})

/** What is due by the clock, so that a call that takes long is made up for. */
async function produce(): Promise<LoadCounts> {
  const counts = { events: 0, malformed: 0 }
  const startMs = performance.now()
  let sent = 0
  while (!stopping.signal.aborted) {
    const due = Math.floor(((performance.now() - startMs) / 1000) * settings.ratePerSecond)
    if (due > sent) {
      const first = sent
      const batch = Array.from(
        { length: due - first },
        (_, index) => records[(first + index) % records.length]!,
      )
      // A platform that cannot keep up is given less, not more and more.
      sent = due
      await producer.send(settings.topic, batch)
      const events = batch.filter(({ isEvent }) => isEvent).length
      counts.events += events
      counts.malformed += batch.length - events
    }
    await sleep(TICK_MS)
  }
  return counts
}
