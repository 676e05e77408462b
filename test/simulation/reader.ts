import { setTimeout as sleep } from 'node:timers/promises'
import { checkAnswer, LawBroken, openRunner, questionsOf } from '../laws/check.ts'
import type { Random } from './random.ts'
import { type Setting, violate } from './setting.ts'

/**
 * One who asks all along: each answer must be what the oracle has over the prefix that it covers, and no prefix may be
 * shorter than one before. An error is a violation, too: nothing here excuses a reader from getting an answer.
 */
export async function reader(setting: Setting, random: Random): Promise<number> {
  const { world, log, clickhouse, stopping } = setting
  const runner = openRunner(
    clickhouse,
    world.views.map(view => view.bound),
  )
  const reached = new Map<string, Readonly<Record<string, number>>>()
  let answers = 0
  while (!stopping.signal.aborted) {
    const { twin } = random.pick(world.views)
    try {
      const { through } = await checkAnswer(runner, log, twin, random.pick(questionsOf(twin)))
      assertNoShorter(twin.name, reached.get(twin.name) ?? {}, through)
      reached.set(twin.name, through)
      answers += 1
    } catch (error) {
      violate(setting, error)
    }
    await sleep(random.between(1, 50))
  }
  return answers
}

function assertNoShorter(
  view: string,
  before: Readonly<Record<string, number>>,
  now: Readonly<Record<string, number>>,
): void {
  for (const [partition, offset] of Object.entries(before)) {
    if ((now[partition] ?? 0) < offset)
      throw new LawBroken(
        `${view}, partition ${partition}: an answer reached ${offset}, a later one ${now[partition]}`,
      )
  }
}
