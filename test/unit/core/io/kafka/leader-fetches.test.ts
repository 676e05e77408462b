import { describe, expect, test } from 'vitest'
import { LeaderFetches, type LeaderPoll } from '../../../../../core/io/kafka/leader-fetches.ts'

/** Leaders whose polls the test answers by hand. */
function leaders() {
  const sent: {
    leader: number
    positions: number[]
    answer(value: string): void
    fail(error: Error): void
  }[] = []
  const poll = (leader: number, ...positions: number[]): LeaderPoll<string> => ({
    leader,
    positions: new Map(positions.map((offset, partition) => [partition, offset])),
    send: () => new Promise((answer, fail) => sent.push({ leader, positions, answer, fail })),
  })
  return { sent, poll }
}

const answersOf = (outcomes: readonly object[]) =>
  outcomes.map(outcome => ('answer' in outcome ? outcome.answer : 'failed'))
const settle = () => new Promise(resolve => setImmediate(resolve))

describe('fetches from several leaders', () => {
  test('answer as soon as one of them has news, and take up the other’s poll the next time', async () => {
    const { sent, poll } = leaders()
    const fetches = new LeaderFetches<string>(answer => answer !== '')
    const first = fetches.round([poll(1, 0), poll(2, 0)])
    await settle()
    sent[1]!.answer('news of 2')
    expect(answersOf(await first)).toEqual(['news of 2'])

    const second = fetches.round([poll(1, 0), poll(2, 5)])
    await settle()
    expect(sent.map(({ leader, positions }) => [leader, ...positions])).toEqual([
      [1, 0],
      [2, 0],
      [2, 5],
    ])
    sent[0]!.answer('news of 1')
    expect(answersOf(await second)).toEqual(['news of 1'])
  })

  test('wait for all where none has news', async () => {
    const { sent, poll } = leaders()
    const fetches = new LeaderFetches<string>(answer => answer !== '')
    const round = fetches.round([poll(1, 0), poll(2, 0)])
    await settle()
    for (const { answer } of sent) answer('')
    expect(answersOf(await round)).toEqual(['', ''])
  })

  test('never have two polls of one leader in flight: one for other positions waits', async () => {
    const { sent, poll } = leaders()
    const fetches = new LeaderFetches<string>(answer => answer !== '')
    const first = fetches.round([poll(1, 0), poll(2, 0)])
    await settle()
    sent[1]!.answer('news')
    await first
    const second = fetches.round([poll(1, 7)])
    await settle()
    expect(sent.length).toBe(2)
    sent[0]!.answer('news for a position that nobody asks for any more')
    await settle()
    expect(sent[2]!.positions).toEqual([7])
    sent[2]!.answer('from 7')
    expect(answersOf(await second)).toEqual(['from 7'])
  })

  test('give the failure of one beside the news of another', async () => {
    const { sent, poll } = leaders()
    const fetches = new LeaderFetches<string>(answer => answer !== '')
    const round = fetches.round([poll(1, 0), poll(2, 0)])
    await settle()
    sent[0]!.fail(new Error('gone'))
    await settle()
    sent[1]!.answer('news')
    expect(answersOf(await round)).toEqual(['failed', 'news'])
  })
})
