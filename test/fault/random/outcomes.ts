import { setTimeout as sleep } from 'node:timers/promises'
import { STEP_KINDS, type StepKind } from './schedule.ts'

/** What became of a step, in a few words: what it did, that it was refused, or that there was nothing to do it to. */
export type Outcome = string

export const DONE: Outcome = 'done'
export const NO_EFFECT: Outcome = 'no effect'

export function refusedBy(code: string): Outcome {
  return `refused by ${code}`
}

/** How often each kind of step came to which outcome. */
export type OutcomeCounts = Readonly<Partial<Record<StepKind, Readonly<Record<Outcome, number>>>>>

/** Counts what becomes of the steps of a schedule, also of those that wait for something to happen. */
export class Outcomes {
  readonly #counts: Partial<Record<StepKind, Record<Outcome, number>>> = {}
  readonly #awaited: { readonly kind: StepKind; readonly coming: Promise<Outcome> }[] = []

  note(kind: StepKind, outcome: Outcome): void {
    const counts = (this.#counts[kind] ??= {})
    counts[outcome] = (counts[outcome] ?? 0) + 1
  }

  /** Lets an outcome come later. What fails had no effect: the moment it waited for was lost in another fault. */
  await(kind: StepKind, coming: Promise<Outcome>): void {
    this.#awaited.push({ kind, coming: coming.catch(() => NO_EFFECT) })
  }

  /** Notes what was awaited. What has not come by then had no effect. */
  async settle(withinMs: number): Promise<void> {
    const tooLate = sleep(withinMs, NO_EFFECT, { ref: false })
    for (const { kind, coming } of this.#awaited.splice(0))
      this.note(kind, await Promise.race([coming, tooLate]))
  }

  get counts(): OutcomeCounts {
    return this.#counts
  }
}

export function addCounts(a: OutcomeCounts, b: OutcomeCounts): OutcomeCounts {
  const counts: Partial<Record<StepKind, Record<Outcome, number>>> = {}
  for (const kind of STEP_KINDS) {
    const outcomes = new Set([...Object.keys(a[kind] ?? {}), ...Object.keys(b[kind] ?? {})])
    if (outcomes.size === 0) continue
    counts[kind] = Object.fromEntries(
      [...outcomes].map(outcome => [outcome, (a[kind]?.[outcome] ?? 0) + (b[kind]?.[outcome] ?? 0)]),
    )
  }
  return counts
}

/** The kinds of which no step ever did what it is there for. */
export function withoutEffect(counts: OutcomeCounts): StepKind[] {
  const hadEffect = (outcome: Outcome) => outcome !== NO_EFFECT && !outcome.startsWith(refusedBy(''))
  return STEP_KINDS.filter(kind => !Object.keys(counts[kind] ?? {}).some(hadEffect))
}
