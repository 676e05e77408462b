import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareAndSwap, type Settlement, type Swap } from '../../../../../core/io/store/compare-and-swap.ts'

class Unknown extends Error {}

/** A table that keeps one row per number, with ClickHouse's ways to go wrong, drawn from a script. */
function swapOn(script: readonly ('kept' | 'kept, answer lost' | 'lost' | 'poisoned' | 'theirs')[]) {
  const tokens: string[] = []
  const poisoned = new Set<string>()
  let holder: 'ours' | 'theirs' | undefined
  let turn = 0
  const swap: Swap = {
    token: 'c0/0/7',
    isUnknownOutcome: error => error instanceof Unknown,
    wait: async () => undefined,
    async insert(token) {
      tokens.push(token)
      const step = script[turn++] ?? 'kept'
      if (step === 'lost') throw new Unknown()
      if (step === 'theirs') holder ??= 'theirs'
      // A poisoned token is on record without its part: whatever comes under it is acknowledged and dropped.
      if (step === 'poisoned') poisoned.add(token)
      if (!poisoned.has(token)) holder ??= 'ours'
      if (step === 'kept, answer lost') throw new Unknown()
    },
    settle: async (): Promise<Settlement> => holder ?? 'absent',
  }
  return { swap, tokens, holder: () => holder }
}

describe('compareAndSwap', () => {
  it('wins with the first insert where nothing goes wrong', async () => {
    const { swap, tokens } = swapOn([])
    expect(await compareAndSwap(swap)).toBe('ours')
    expect(tokens).toEqual(['c0/0/7'])
  })

  it('repeats an insert of unknown outcome under the same token, and finds one that was carried out', async () => {
    const lost = swapOn(['lost', 'lost'])
    expect(await compareAndSwap(lost.swap)).toBe('ours')
    expect(lost.tokens).toEqual(['c0/0/7', 'c0/0/7', 'c0/0/7'])
    const kept = swapOn(['kept, answer lost'])
    expect(await compareAndSwap(kept.swap)).toBe('ours')
    expect(kept.tokens).toHaveLength(1)
  })

  it('goes round a poisoned token by a suffix', async () => {
    const { swap, tokens } = swapOn(['poisoned'])
    expect(await compareAndSwap(swap)).toBe('ours')
    expect(tokens).toEqual(['c0/0/7', 'c0/0/7#2'])
  })

  it('yields to another holder', async () => {
    expect(await compareAndSwap(swapOn(['theirs']).swap)).toBe('theirs')
  })

  it('gives up where inserts keep vanishing', async () => {
    await expect(compareAndSwap(swapOn(Array(20).fill('poisoned')).swap)).rejects.toMatchObject({
      code: 'INSERT_VANISHED',
    })
  })

  it('answers what the table holds, whatever goes wrong on the way', async () => {
    const steps = fc.array(fc.constantFrom('kept', 'kept, answer lost', 'lost', 'poisoned', 'theirs'), {
      maxLength: 4,
    })
    await fc.assert(
      fc.asyncProperty(steps, async script => {
        const { swap, holder } = swapOn(script as never)
        expect(await compareAndSwap(swap)).toBe(holder())
      }),
    )
  })

  it('raises what is certain to have failed', async () => {
    const { swap } = swapOn([])
    const refused = { ...swap, insert: () => Promise.reject(new Error('no such table')) }
    await expect(compareAndSwap(refused)).rejects.toThrow('no such table')
  })
})
