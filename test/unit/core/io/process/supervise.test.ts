import { expect, test } from 'vitest'
import type { ChildExit } from '../../../../../core/io/process/child.ts'
import { type Running, type SupervisorEvent, supervise } from '../../../../../core/io/process/supervise.ts'
import { until } from '../../../../support/processes.ts'

/** Something that runs until the test crashes it, and counts its starts. */
function crashable(options: { failStarts?: readonly number[] } = {}) {
  const events: SupervisorEvent[] = []
  const runs: { running: Running; crash: () => void; stopped: boolean }[] = []
  let starts = 0
  async function start(): Promise<Running> {
    starts += 1
    if (options.failStarts?.includes(starts)) throw new Error(`start ${starts} failed`)
    let end: (exit: ChildExit) => void = () => {}
    const exited = new Promise<ChildExit>(resolve => (end = resolve))
    const run = { running: { exited, stop }, crash: () => end({ code: 1, signal: null }), stopped: false }
    async function stop() {
      run.stopped = true
      end({ code: 0, signal: null })
    }
    runs.push(run)
    return run.running
  }
  const onEvent = (event: SupervisorEvent) => void events.push(event)
  const backOff = { firstMs: 10, longestMs: 40, healthyMs: 200 }
  return { events, runs, options: { name: 'worker', start, onEvent, backOff }, starts: () => starts }
}

const pauses = (events: readonly SupervisorEvent[]) =>
  events.flatMap(event => ('restartInMs' in event ? [event.restartInMs] : []))

test('the error of the first start is the answer, and nothing is tried again', async () => {
  const { options, starts } = crashable({ failStarts: [1] })
  await expect(supervise(options)).rejects.toThrow('start 1 failed')
  expect(starts()).toBe(1)
})

test('after each crash it starts again, with pauses that double up to the longest', async () => {
  const { options, events, runs, starts } = crashable({ failStarts: [3, 4] })
  const supervisor = await supervise(options)
  for (const expected of [2, 5, 6]) {
    runs.at(-1)!.crash()
    await until(`start ${expected}`, () => starts() === expected && supervisor.up)
  }
  await supervisor.stop()
  expect(pauses(events)).toEqual([10, 20, 40, 40, 40])
  expect(supervisor.current).toBe(runs.at(-1)!.running)
  expect(events.map(event => event.type)).toEqual([
    'started',
    'crashed',
    'started',
    'crashed',
    'restart-failed',
    'restart-failed',
    'started',
    'crashed',
    'started',
    'stopped',
  ])
})

test('the pause starts anew after a while of health', async () => {
  const { options, events, runs, starts } = crashable()
  const supervisor = await supervise(options)
  runs.at(-1)!.crash()
  await until('the second start', () => starts() === 2 && supervisor.up)
  await new Promise(resolve => setTimeout(resolve, options.backOff.healthyMs + 20))
  runs.at(-1)!.crash()
  await until('the third start', () => starts() === 3 && supervisor.up)
  await supervisor.stop()
  expect(pauses(events)).toEqual([10, 10])
})

test('a stop ends what runs, and no restart follows', async () => {
  const { options, runs, starts } = crashable()
  const supervisor = await supervise(options)
  await supervisor.stop()
  await supervisor.stop()
  expect(runs.map(run => run.stopped)).toEqual([true])
  await new Promise(resolve => setTimeout(resolve, 50))
  expect(starts()).toBe(1)
})

test('a stop in the pause before a restart does not wait for it', async () => {
  const { options, runs, starts } = crashable()
  const supervisor = await supervise({ ...options, backOff: { ...options.backOff, firstMs: 60_000 } })
  runs.at(-1)!.crash()
  await until('the crash is noticed', () => !supervisor.up)
  await supervisor.stop()
  expect(starts()).toBe(1)
})

test('a stop while a restart is under way ends what that brings up', async () => {
  const { options, runs, starts } = crashable()
  let release = () => {}
  const gate = new Promise<void>(resolve => (release = resolve))
  const start = async () => {
    if (starts() === 1) await gate
    return options.start()
  }
  const supervisor = await supervise({ ...options, start })
  runs[0]!.crash()
  await until('the crash is noticed', () => !supervisor.up)
  await new Promise(resolve => setTimeout(resolve, 30))
  const stopped = supervisor.stop()
  release()
  await stopped
  expect(runs.map(run => run.stopped)).toEqual([false, true])
})
