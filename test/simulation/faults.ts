import { setTimeout as sleep } from 'node:timers/promises'
import { TwofoldError } from '../../core/model/errors.ts'
import type { Random } from './random.ts'

/** What a process dies of here: it does nothing any more, not even in its `finally`. */
export class Killed extends Error {
  override readonly name = 'Killed'
}

/** How often each fault strikes a call with an effect, in percent. */
export interface FaultRates {
  /** The process dies before the call is sent. */
  readonly killBefore: number
  /** The effect happens; the process dies before it learns. */
  readonly killAfter: number
  /** The effect happens; the answer is lost. */
  readonly lostAnswer: number
  /** The caller is told that the outcome is unknown; the call arrives later, maybe after its process has died. */
  readonly lateArrival: number
  /** The call never arrives; the caller is told that the outcome is unknown. */
  readonly lostCall: number
  /** The process stands still before the call. */
  readonly stall: number
}

export const STORMY: FaultRates = {
  killBefore: 1.5,
  killAfter: 1.5,
  lostAnswer: 4,
  lateArrival: 5,
  lostCall: 4,
  stall: 8,
}

const LATE_MS = 600
const STALL_MS = 300

/** The faults that a simulation deals out, until it calms down. */
export class Weather {
  isCalm = false
  readonly rates: FaultRates
  /** Calls under way without anyone who waits for them. */
  readonly #late = new Set<Promise<unknown>>()

  constructor(rates: FaultRates) {
    this.rates = rates
  }

  /** Waits until all late calls have arrived. */
  async settle(): Promise<void> {
    while (this.#late.size > 0) await Promise.all(this.#late)
  }

  send(afterMs: number, call: () => Promise<unknown>): void {
    const late = sleep(afterMs)
      .then(call)
      .catch(() => undefined)
      .finally(() => this.#late.delete(late))
    this.#late.add(late)
  }
}

/** One process from its start to its death. */
export class Life {
  readonly #weather: Weather
  readonly #random: Random
  #isOver = false

  constructor(weather: Weather, random: Random) {
    this.#weather = weather
    this.#random = random
  }

  /** A call without effect: the dead do not read. */
  async read<T>(call: () => Promise<T>): Promise<T> {
    this.#assertAlive()
    const answer = await call()
    this.#assertAlive()
    return answer
  }

  /** A call with an effect, and the faults that may strike it. `unknown` makes the error for a lost answer. */
  async act<T>(call: () => Promise<T>, unknown: () => Error): Promise<T> {
    this.#assertAlive()
    if (this.#strikes('stall')) await sleep(this.#random.between(1, STALL_MS))
    this.#assertAlive()
    if (this.#strikes('killBefore')) this.#die()
    if (this.#strikes('lostCall')) throw unknown()
    if (this.#strikes('lateArrival')) {
      this.#weather.send(this.#random.between(1, LATE_MS), call)
      throw unknown()
    }
    const answer = await call()
    if (this.#strikes('killAfter')) this.#die()
    if (this.#strikes('lostAnswer')) throw unknown()
    this.#assertAlive()
    return answer
  }

  #strikes(fault: keyof FaultRates): boolean {
    return !this.#weather.isCalm && this.#random.chance(this.#weather.rates[fault])
  }

  #die(): never {
    this.#isOver = true
    throw new Killed('killed by the simulation')
  }

  #assertAlive(): void {
    if (this.#isOver) throw new Killed('killed by the simulation')
  }
}

/** What ClickHouse's client raises where a connection breaks off. */
export function unknownOutcome(): TwofoldError {
  return new TwofoldError(
    'CLICKHOUSE_UNAVAILABLE',
    'ClickHouse does not answer: the simulation cut the line.',
    {
      details: { outcome: 'unknown' },
    },
  )
}
