import { appendFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { IS_FULL } from '../rig/fault-test.ts'
import { withServers } from '../rig/servers.ts'
import { play } from './play.ts'
import { drawSchedule, STEP_KINDS, type Step } from './schedule.ts'
import { shrink } from './shrink.ts'

const servers = withServers()

/** How long schedules are played, one after the other; in the bounded part one short one, always the same. */
const SECONDS = Number(process.env['FAULT_SECONDS'] ?? (IS_FULL ? 300 : 0))
const FIRST_SEED = Number(process.env['FAULT_SEED'] ?? 1)
const STEPS = IS_FULL ? 20 : 5
/** A file to which a line is added for each schedule that was played. */
const SUMMARY = process.env['FAULT_SUMMARY']
const SHRINK_TRIES = 25
/** What a schedule and its shrinking may take beyond the time given. */
const GRACE_MS = 1_800_000

interface Sums {
  schedules: number
  steps: Record<string, number>
  acknowledged: number
  answers: number
}

test('random schedules of all faults', { timeout: SECONDS * 1000 + GRACE_MS }, async () => {
  const deadlineMs = performance.now() + SECONDS * 1000
  const sums: Sums = { schedules: 0, steps: {}, acknowledged: 0, answers: 0 }
  for (let seed = FIRST_SEED; seed === FIRST_SEED || performance.now() < deadlineMs; seed++) {
    const schedule = drawSchedule(seed, STEPS)
    const report = await play(servers, schedule).catch(error => explained(seed, schedule, error))
    sums.schedules += 1
    sums.acknowledged += report.acknowledged
    sums.answers += report.answers
    for (const { kind } of schedule) sums.steps[kind] = (sums.steps[kind] ?? 0) + 1
    if (SUMMARY !== undefined) appendFileSync(SUMMARY, `${JSON.stringify({ seed, ...report, sums })}\n`)
    process.stdout.write(`seed ${seed}: ${JSON.stringify(report)}\n`)
  }
  process.stdout.write(`random schedules from seed ${FIRST_SEED}: ${JSON.stringify(sums)}\n`)
})

/** Shortens a schedule that failed, and fails with what is left of it. */
async function explained(seed: number, schedule: readonly Step[], error: unknown): Promise<never> {
  process.stdout.write(`seed ${seed} failed, and is being shrunk: ${error}\n`)
  const fails = (shorter: readonly Step[]) =>
    play(servers, shorter).then(
      () => false,
      () => true,
    )
  const shortest = await shrink(schedule, fails, SHRINK_TRIES)
  const lines = shortest.map(step => `  ${JSON.stringify(step)}`)
  throw new Error(`FAULT_SEED=${seed}: ${error}\nIt fails with these steps alone:\n${lines.join('\n')}`, {
    cause: error,
  })
}

test('a seed makes one schedule, and all kinds of steps are drawn', () => {
  expect(drawSchedule(7, 30)).toEqual(drawSchedule(7, 30))
  expect(drawSchedule(8, 30)).not.toEqual(drawSchedule(7, 30))
  const kinds = new Set(drawSchedule(1, 1000).map(({ kind }) => kind))
  expect([...kinds].toSorted()).toEqual([...STEP_KINDS].toSorted())
})
