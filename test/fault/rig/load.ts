/** The load: a process of its own that produces records at a rate and keeps the ledger, until it is told to end. */
import { setTimeout as sleep } from 'node:timers/promises'
import { openKafkaDriver } from '../../../core/io/kafka/open-driver.ts'
import { endWithParent, receiveSettings } from '../../../core/io/process/lifeline.ts'
import { Random } from '../../simulation/random.ts'
import { drawRecord, type LoadRecord } from './events.ts'
import { LedgerWriter, toProduce } from './ledger.ts'

export interface LoadSettings {
  readonly brokers: readonly string[]
  readonly topic: string
  readonly partitions: readonly number[]
  readonly ratePerSecond: number
  /** So many and no more; without it, until it is told to end. */
  readonly records?: number
  readonly seed: number
  readonly ledger: string
}

const TICK_MS = 50
const END_WITHIN_MS = 45_000

const settings = await receiveSettings<LoadSettings>()
const stopping = new AbortController()
const running = produce(settings, stopping.signal)
endWithParent({
  onEnd: async () => {
    stopping.abort()
    await running
  },
  withinMs: END_WITHIN_MS,
})

async function produce(settings: LoadSettings, signal: AbortSignal): Promise<void> {
  const {
    brokers,
    topic,
    partitions,
    ratePerSecond,
    records: most = Number.POSITIVE_INFINITY,
    seed,
  } = settings
  const driver = await openKafkaDriver('kafkajs', { brokers, clientId: 'load' })
  const { topicId } = (await driver.describeTopic(topic))!
  const producer = await driver.openProducer()
  const ledger = new LedgerWriter(settings.ledger, topicId)
  const random = new Random(seed)
  const startedMs = performance.now()
  let produced = 0
  while (!signal.aborted) {
    const due = Math.floor(((performance.now() - startedMs) * ratePerSecond) / 1000) - produced
    // After an outage it goes on at its rate, and does not make up for it.
    const count = Math.min(due, ratePerSecond, Math.max(0, most - produced))
    produced += due
    const records = Array.from({ length: count }, () => drawRecord(random, partitions))
    if (records.length > 0) await send(records)
    await sleep(TICK_MS)
  }
  ledger.close()
  await producer.close()
  await driver.close()

  async function send(records: readonly LoadRecord[]): Promise<void> {
    const call = ledger.sent(records)
    try {
      const positions = await producer.send(topic, records.map(toProduce))
      ledger.acknowledged(call, records, positions)
    } catch (error) {
      ledger.open(call, error)
    }
  }
}
