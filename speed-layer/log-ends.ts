import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaDriver } from '../core/io/kafka/driver.ts'

/** The ends of a topic's log, as they were asked for at a moment. */
export interface LogLook {
  readonly atMs: number
  /** `undefined` where Kafka did not answer. */
  readonly ends: ReadonlyMap<number, number> | undefined
}

/**
 * The newest look at each topic's log. A topic is asked for once at a time, whatever number of lanes wants to know;
 * a broker that is slow to answer holds nobody up.
 */
export class LogEnds {
  readonly #driver: Pick<KafkaDriver, 'offsets'>
  readonly #looks = new Map<string, LogLook>()
  readonly #asking = new Map<string, Promise<void>>()

  constructor(driver: Pick<KafkaDriver, 'offsets'>) {
    this.#driver = driver
  }

  /** Asks for the ends of `topics`, and waits for the answers, but no longer than `withinMs`. */
  async refresh(topics: ReadonlySet<string>, withinMs: number): Promise<void> {
    for (const topic of topics) if (!this.#asking.has(topic)) this.#asking.set(topic, this.#ask(topic))
    const patience = new AbortController()
    await Promise.race([
      Promise.all([...topics].map(topic => this.#asking.get(topic))),
      sleep(withinMs, undefined, { signal: patience.signal }).catch(() => undefined),
    ])
    patience.abort()
  }

  /** The newest look at a topic; `undefined` before the first. */
  of(topic: string): LogLook | undefined {
    return this.#looks.get(topic)
  }

  async #ask(topic: string): Promise<void> {
    const atMs = Date.now()
    try {
      const offsets = await this.#driver.offsets(topic)
      this.#looks.set(topic, {
        atMs,
        ends: new Map([...offsets].map(([partition, { end }]) => [partition, end])),
      })
    } catch {
      // Why Kafka does not answer is told by the lanes that read from it.
      this.#looks.set(topic, { atMs, ends: undefined })
    } finally {
      this.#asking.delete(topic)
    }
  }
}
