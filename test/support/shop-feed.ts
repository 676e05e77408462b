import { setTimeout as sleep } from 'node:timers/promises'
import { openKafkaDriver } from '../../core/io/kafka/open-driver.ts'
import { generateShop, type ShopEvent, type ShopOptions } from '../../examples/shop/generate.ts'
import type { Ledger } from './ledger.ts'

/**
 * Fifty events a second at most: with small blocks almost each of them is a row, and what a test asks all the time must
 * not take longer the longer the test takes.
 */
const EVENTS_A_CALL = 10
const PAUSE_MS = 200
const CALL_WITHIN_MS = 10_000
const ENDLESS = 1e9

/** Sends on and on, whatever happens to the other side, and keeps the ledger. Nothing is ever sent again. */
export interface ShopFeed {
  /** Ends it with the call that is under way. Raises where something was refused that should not have been. */
  stop(): Promise<void>
}

/** Good events by HTTP: late ones, repeated ones, and many of one visitor. */
export function feedByHttp(apiUrl: string, ledger: Ledger): ShopFeed {
  const options = { seed: 1, lateShare: 0.05, duplicateShare: 0.05, hotKeyShare: 0.2 }
  return startFeed(options, ledger, batch => postAll(apiUrl, batch))
}

/** Straight into Kafka, past every check: a fifth of it is no event at all. */
export async function feedByKafka(brokers: readonly string[], ledger: Ledger): Promise<ShopFeed> {
  const driver = await openKafkaDriver('kafkajs', { brokers, clientId: 'test' })
  const producer = await driver.openProducer()
  const feed = startFeed({ seed: 2, malformedShare: 0.2, lateShare: 0.1 }, ledger, batch =>
    producer
      .send(
        'clicks',
        batch.map(({ bytes }) => ({ key: null, value: bytes })),
      )
      .then(
        () => true,
        () => false,
      ),
  )
  return {
    async stop() {
      await feed.stop()
      await producer.close()
      await driver.close()
    },
  }
}

/** `send` answers whether a batch was acknowledged; `false` is an open outcome. */
function startFeed(
  options: Omit<ShopOptions, 'count'>,
  ledger: Ledger,
  send: (events: readonly ShopEvent[]) => Promise<boolean>,
): ShopFeed {
  const stopping = new AbortController()
  const events = generateShop({ ...options, count: ENDLESS })
  const run = async () => {
    while (!stopping.signal.aborted) {
      const batch = Array.from({ length: EVENTS_A_CALL }, () => events.next().value as ShopEvent)
      const values = batch.map(({ bytes }) => bytes)
      for (const event of batch) if (event.kind === 'malformed') ledger.spoil(event.bytes, event.reason)
      if (await send(batch)) ledger.acknowledge(values)
      else ledger.leaveOpen(values)
      await sleep(PAUSE_MS)
    }
  }
  const done = run()
  // It is raised by `stop`; until then nobody waits for it.
  done.catch(() => undefined)
  return {
    stop() {
      stopping.abort()
      return done
    },
  }
}

async function postAll(apiUrl: string, batch: readonly ShopEvent[]): Promise<boolean> {
  const response = await fetch(`${apiUrl}/v1/events/clicks`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: batch.map(({ bytes }) => Buffer.from(bytes).toString()).join('\n'),
    signal: AbortSignal.timeout(CALL_WITHIN_MS),
  }).catch(() => undefined)
  const text = await response?.text().catch(() => undefined)
  if (response === undefined || text === undefined || response.status >= 500) return false
  const accepted = response.status === 200 && (JSON.parse(text) as { accepted: number }).accepted
  if (accepted !== batch.length) throw new Error(`Not all events were accepted: ${response.status} ${text}`)
  return true
}
