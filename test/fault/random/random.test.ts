import { appendFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { IS_FULL } from '../rig/fault-test.ts'
import { withServers } from '../rig/servers.ts'
import { addCounts, type OutcomeCounts, withoutEffect } from './outcomes.ts'
import { play, type Schedule } from './play.ts'
import { drawSchedule, STEP_KINDS, type Step } from './schedule.ts'
import { shrink } from './shrink.ts'

const servers = withServers()

/** How long schedules are played, one after the other; in the bounded part one short one, always the same. */
const SECONDS = Number(process.env['FAULT_SECONDS'] ?? (IS_FULL ? 60 : 0))
const FIRST_SEED = Number(process.env['FAULT_SEED'] ?? 1)
const STEPS = IS_FULL ? 20 : 4
/** A file to which a line is added for each schedule that was played. */
const SUMMARY = process.env['FAULT_SUMMARY']
/** So many schedules have each kind of step some ten times. */
const ENOUGH_SCHEDULES = 20
const SHRINK_TRIES = 25
const SHRINK_MS = 1_200_000
/** What the last schedule and its shrinking may take beyond the time given: the last try may begin at the deadline. */
const GRACE_MS = SHRINK_MS + 1_200_000

interface Sums {
  schedules: number
  outcomes: OutcomeCounts
  acknowledged: number
  answers: number
}

test('random schedules of all faults', { timeout: SECONDS * 1000 + GRACE_MS }, async () => {
  const deadlineMs = performance.now() + SECONDS * 1000
  const sums: Sums = { schedules: 0, outcomes: {}, acknowledged: 0, answers: 0 }
  for (let seed = FIRST_SEED; seed === FIRST_SEED || performance.now() < deadlineMs; seed++) {
    const schedule = { seed, steps: drawSchedule(seed, STEPS) }
    const report = await play(servers, schedule).catch(error => explained(schedule, error))
    sums.schedules += 1
    sums.acknowledged += report.acknowledged
    sums.answers += report.answers
    sums.outcomes = addCounts(sums.outcomes, report.outcomes)
    if (SUMMARY !== undefined) appendFileSync(SUMMARY, `${JSON.stringify({ seed, ...report, sums })}\n`)
    process.stdout.write(`seed ${seed}: ${JSON.stringify(report)}\n`)
  }
  process.stdout.write(`random schedules from seed ${FIRST_SEED}: ${JSON.stringify(sums)}\n`)
  if (sums.schedules >= ENOUGH_SCHEDULES)
    expect(withoutEffect(sums.outcomes), 'kinds of steps that never had their effect').toEqual([])
})

/** Shortens a schedule that failed, and fails with what is left of it. */
async function explained(schedule: Schedule, error: unknown): Promise<never> {
  const { seed, steps } = schedule
  process.stdout.write(`seed ${seed} failed, and is being shrunk: ${error}\n`)
  const fails = (shorter: readonly Step[]) =>
    play(servers, { seed, steps: shorter }).then(
      () => false,
      () => true,
    )
  const limits = { tries: SHRINK_TRIES, deadlineMs: performance.now() + SHRINK_MS }
  const shortest = await shrink(steps, fails, limits, shorter =>
    process.stdout.write(`seed ${seed} fails with ${shorter.length} steps alone:\n${listed(shorter)}\n`),
  )
  throw new Error(`FAULT_SEED=${seed}: ${error}\nIt fails with these steps alone:\n${listed(shortest)}`, {
    cause: error,
  })
}

function listed(steps: readonly Step[]): string {
  return steps.map(step => `  ${JSON.stringify(step)}`).join('\n')
}

test('a seed makes one schedule, and all kinds of steps are drawn', () => {
  expect(drawSchedule(7, 30)).toEqual(drawSchedule(7, 30))
  expect(drawSchedule(8, 30)).not.toEqual(drawSchedule(7, 30))
  const kinds = new Set(drawSchedule(1, 1000).map(({ kind }) => kind))
  expect([...kinds].toSorted()).toEqual([...STEP_KINDS].toSorted())
})
