import { Cron } from 'croner'
import type { BatchSchedule } from '../../core/model/project.ts'
import type { JobKind } from '../recompute/plan.ts'

/** The first extension does not wait for a whole interval: what was missed while nothing ran is due. */
const FIRST_MS = 10_000

/**
 * When jobs are due. Extensions go by a monotonic clock, so a clock that is set back or forth moves none; the full
 * recompute goes by the wall clock, in UTC, where there is no daylight saving.
 */
export class Schedule {
  readonly #everyMs: number
  readonly #full: Cron | undefined
  #extendDueMs: number
  #fullDueMs: number | undefined

  constructor(schedule: BatchSchedule, monotonicMs: number, wallMs: number) {
    this.#everyMs = schedule.everyMs
    this.#full =
      schedule.full === undefined
        ? undefined
        : new Cron(cronPattern(schedule.full), { timezone: 'UTC', paused: true })
    this.#extendDueMs = monotonicMs + Math.min(schedule.everyMs, FIRST_MS)
    this.#fullDueMs = this.#nextFull(wallMs)
  }

  /** The job that is due, if any; a full recompute goes first, as it does an extension's work as well. */
  due(monotonicMs: number, wallMs: number): JobKind | undefined {
    if (this.#fullDueMs !== undefined && wallMs >= this.#fullDueMs) return 'full'
    return monotonicMs >= this.#extendDueMs ? 'extend' : undefined
  }

  /** A job of that kind has ended; the next one is counted from now. */
  done(kind: JobKind, monotonicMs: number, wallMs: number): void {
    this.#extendDueMs = monotonicMs + this.#everyMs
    if (kind === 'full') this.#fullDueMs = this.#nextFull(wallMs)
  }

  /** Milliseconds until the next extension. */
  untilExtendMs(monotonicMs: number): number {
    return Math.max(0, this.#extendDueMs - monotonicMs)
  }

  #nextFull(wallMs: number): number | undefined {
    return this.#full?.nextRun(new Date(wallMs))?.getTime()
  }
}

function cronPattern(timeOfDay: string): string {
  const [hours, minutes] = timeOfDay.split(':').map(Number)
  return `${minutes} ${hours} * * *`
}
