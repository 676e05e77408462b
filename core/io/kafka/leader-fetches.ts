/** Partition → the offset to read next. */
export type Positions = ReadonlyMap<number, number>

/** A long poll of one leader: `send` answers at the latest after the wait that the caller fixed. */
export interface LeaderPoll<Answer> {
  readonly leader: number
  readonly positions: Positions
  send(): Promise<Answer>
}

/** How a poll came out. A failure is a value here: nobody may be waiting for it any more. */
export type Outcome<Answer> =
  | { readonly kind: 'answered'; readonly positions: Positions; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly error: unknown }

interface InFlight<Answer> {
  readonly positions: Positions
  readonly outcome: Promise<Outcome<Answer>>
}

/**
 * Long polls of several leaders at once, with one in flight per leader. A round ends as soon as one leader has
 * news; the polls of the others go on, and a later round for the same positions takes them up.
 */
export class LeaderFetches<Answer> {
  readonly #hasNews: (answer: Answer) => boolean
  readonly #inFlight = new Map<number, InFlight<Answer>>()

  constructor(hasNews: (answer: Answer) => boolean) {
    this.#hasNews = hasNews
  }

  /** The outcomes of the leaders, up to and with the first that has news; of all where none has. */
  async round(polls: readonly LeaderPoll<Answer>[]): Promise<Outcome<Answer>[]> {
    const waiting = new Map(polls.map(poll => [poll.leader, this.#outcomeOf(poll)]))
    const outcomes: Outcome<Answer>[] = []
    while (waiting.size > 0) {
      const named = [...waiting].map(async ([leader, outcome]) => ({ leader, outcome: await outcome }))
      const { leader, outcome } = await Promise.race(named)
      waiting.delete(leader)
      this.#inFlight.delete(leader)
      outcomes.push(outcome)
      if (outcome.kind === 'answered' && this.#hasNews(outcome.answer)) break
    }
    return outcomes
  }

  #outcomeOf(poll: LeaderPoll<Answer>): Promise<Outcome<Answer>> {
    const current = this.#inFlight.get(poll.leader)
    if (current !== undefined && samePositions(poll.positions, current.positions)) return current.outcome
    // A poll for other positions must end first: the broker answers a connection's requests one by one.
    const outcome = send(poll, current?.outcome)
    this.#inFlight.set(poll.leader, { positions: poll.positions, outcome })
    return outcome
  }
}

async function send<Answer>(
  poll: LeaderPoll<Answer>,
  after: Promise<unknown> | undefined,
): Promise<Outcome<Answer>> {
  await after
  try {
    return { kind: 'answered', positions: poll.positions, answer: await poll.send() }
  } catch (error) {
    return { kind: 'failed', error }
  }
}

function samePositions(a: Positions, b: Positions): boolean {
  return a.size === b.size && [...a].every(([partition, offset]) => b.get(partition) === offset)
}
