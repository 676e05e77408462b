import { TwofoldError } from '../../model/errors.ts'

/** What a look at the table tells of a number that writers compete for. */
export type Settlement = 'ours' | 'theirs' | 'absent'

export interface Swap {
  /** Identifies the number competed for; the same for every competitor. */
  readonly token: string
  /** Sends the guarded insert under a token. */
  insert(token: string): Promise<void>
  /** Reads who holds the number. */
  settle(): Promise<Settlement>
  /** True for an error after which it is unknown whether the insert was carried out. */
  isUnknownOutcome(error: unknown): boolean
  /** Waits before another try after `attempts` failures; raises to give up. */
  wait(attempts: number, error: unknown): Promise<void>
}

/**
 * Wins or loses a number, for certain. The guard inside the insert rejects those who come late, the token drops all
 * but one of those who come at once, and the row that is then read is the truth:
 *
 * - An insert whose outcome is unknown is sent again under the same token, for its first copy may still be running.
 * - An insert that was acknowledged and left nothing met a poisoned token (ClickHouse logs a token before its part;
 *   a kill between the two leaves the token alone): it is sent again under the token with a suffix.
 */
export async function compareAndSwap(swap: Swap): Promise<'ours' | 'theirs'> {
  let suffix = 1
  for (let attempts = 1; ; attempts++) {
    let failure: unknown
    try {
      await swap.insert(suffix === 1 ? swap.token : `${swap.token}#${suffix}`)
    } catch (error) {
      if (!swap.isUnknownOutcome(error)) throw error
      failure = error
      await swap.wait(attempts, error)
    }
    const settlement = await settled(swap)
    if (settlement !== 'absent') return settlement
    if (failure === undefined) suffix += 1
    if (suffix > MAX_SUFFIX) {
      throw new TwofoldError(
        'INSERT_VANISHED',
        `ClickHouse acknowledged the insert ${swap.token} ${MAX_SUFFIX} times and kept none of them.`,
        {
          details: { token: swap.token },
        },
      )
    }
  }
}

const MAX_SUFFIX = 5

async function settled(swap: Swap): Promise<Settlement> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await swap.settle()
    } catch (error) {
      if (!swap.isUnknownOutcome(error)) throw error
      await swap.wait(attempts, error)
    }
  }
}
