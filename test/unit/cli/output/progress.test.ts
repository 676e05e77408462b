import { stripVTControlCharacters } from 'node:util'
import { expect, it } from 'vitest'
import { openProgress } from '../../../../cli/output/progress.ts'

/** A standard error that remembers what is written to it. */
function output(isTTY: boolean) {
  const written: string[] = []
  return { written, isTTY, write: (text: string) => written.push(stripVTControlCharacters(text)) > 0 }
}

it('is a plain line now and then where there is no terminal, and none of a command that is soon done', () => {
  const stderr = output(false)
  let nowMs = 0
  const progress = openProgress(stderr, () => nowMs)
  const steps = [
    [9_999, 10, '10 events'],
    [10_000, 20, '20 events'],
    [19_999, 50, '50 events'],
    [20_500, 51, '51 events'],
    [31_000, 100, '100 events'],
  ] as const
  for (const [atMs, done, text] of steps) {
    nowMs = atMs
    progress.update(done, 100, text)
  }
  progress.stop()
  expect(stderr.written).toEqual(['20 % 20 events\n', '51 % 51 events\n', '100 % 100 events\n'])
})

it('of a file without anything in it is whole, not a number that is none', () => {
  const stderr = output(false)
  let nowMs = 0
  const progress = openProgress(stderr, () => nowMs)
  nowMs = 60_000
  progress.update(0, 0, '0 events')
  expect(stderr.written).toEqual(['100 % 0 events\n'])
})

it('is a bar on a terminal, as long as what is done', () => {
  const stderr = output(true)
  const progress = openProgress(stderr)
  progress.update(1, 4, 'one')
  progress.stop()
  expect(stderr.written.join('')).toMatch(/█{10}░{30} 25% one/)
})
