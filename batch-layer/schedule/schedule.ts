import { Cron } from 'croner'
import type { BatchSchedule } from '../../core/model/project.ts'
import type { JobKind } from '../recompute/plan.ts'

/**
 * The first extension does not wait for a whole interval: what was missed while nothing ran is due. So it is with the
 * one after a job that failed, or that found nothing for a first generation.
 */
const SOON_MS = 10_000

/**
 * When jobs are due. Extensions go by a monotonic clock, so a clock that is set back or forth moves none; the full
 * recompute goes by the wall clock, in UTC, where there is no daylight saving.
 */
export class Schedule {
  readonly #everyMs: number
  readonly #full: Cron | undefined
  #extendDueMs: number
  #fullDueMs: number | undefined
  /** Until then nothing is due, after a failure. */
  #pausedUntilMs = Number.NEGATIVE_INFINITY
  #failures = 0

  constructor(schedule: BatchSchedule, monotonicMs: number, wallMs: number) {
    this.#everyMs = schedule.everyMs
    this.#full =
      schedule.full === undefined
        ? undefined
        : new Cron(cronPattern(schedule.full), { timezone: 'UTC', paused: true })
    this.#extendDueMs = monotonicMs + Math.min(schedule.everyMs, SOON_MS)
    this.#fullDueMs = this.#nextFull(wallMs)
  }

  /** The job that is due, if any; a full recompute goes first, as it does an extension's work as well. */
  due(monotonicMs: number, wallMs: number): JobKind | undefined {
    if (monotonicMs < this.#pausedUntilMs) return undefined
    if (this.#fullDueMs !== undefined && wallMs >= this.#fullDueMs) return 'full'
    return monotonicMs >= this.#extendDueMs ? 'extend' : undefined
  }

  /** A job of that kind has ended; the next one is counted from now. */
  done(kind: JobKind, monotonicMs: number, wallMs: number): void {
    this.#failures = 0
    this.#extendDueMs = monotonicMs + this.#everyMs
    if (kind === 'full') this.#fullDueMs = this.#nextFull(wallMs)
  }

  /** There was nothing yet of which a first generation could be made: it is looked for again soon. */
  nothingYet(monotonicMs: number): void {
    this.#extendDueMs = monotonicMs + Math.min(this.#everyMs, SOON_MS)
  }

  /** Something waits that an extension can do at once; after a failure it is done when the next one may be tried. */
  extendNow(monotonicMs: number): void {
    this.#extendDueMs = Math.min(this.#extendDueMs, monotonicMs)
  }

  /** A job has failed. It comes again soon, and ever later while it goes on failing, as late as the next one would. */
  failed(monotonicMs: number): void {
    this.#pausedUntilMs = monotonicMs + Math.min(this.#everyMs, SOON_MS * 2 ** this.#failures++)
    this.#extendDueMs = this.#pausedUntilMs
  }

  /** Milliseconds until the next job is due, of whatever kind. */
  untilNextMs(monotonicMs: number, wallMs: number): number {
    const untilFullMs = (this.#fullDueMs ?? Number.POSITIVE_INFINITY) - wallMs
    const untilDueMs = Math.min(this.#extendDueMs - monotonicMs, untilFullMs)
    return Math.max(0, untilDueMs, this.#pausedUntilMs - monotonicMs)
  }

  #nextFull(wallMs: number): number | undefined {
    return this.#full?.nextRun(new Date(wallMs))?.getTime()
  }
}

function cronPattern(timeOfDay: string): string {
  const [hours, minutes] = timeOfDay.split(':').map(Number)
  return `${minutes} ${hours} * * *`
}
