import { setTimeout as sleep } from 'node:timers/promises'
import { ERRORS, type ErrorCode } from '../../../core/model/errors.ts'
import { answerDifferences, LawBroken, questionsOf } from '../../laws/check.ts'
import { type OracleLog, type OracleQuestion, oracleAnswer } from '../../laws/oracle.ts'
import type { TwinView } from '../../laws/twin-view.ts'
import { Random } from '../../simulation/random.ts'
import { type Answer, Api, isUnreachable } from '../../support/api.ts'

interface HeardAnswer {
  readonly reader: number
  readonly twin: TwinView
  readonly question: OracleQuestion
  readonly answer: Answer
  readonly atMs: number
}

/** What readers came across, all of them together. */
export interface ReadersReport {
  readonly answers: number
  readonly generations: number
  /** Of all views together. */
  readonly versions: number
  /** By code: how often the API refused an answer. */
  readonly refusals: Readonly<Record<string, number>>
  /** How often nobody answered at all. */
  readonly unreachable: number
}

/** How a scenario may keep readers from their answers. What is not named here is a fault. */
export interface Hindrances {
  /** Errors by which the API may refuse. No list makes one of status 500 right: by that it says that it is at fault. */
  readonly mayRefuse: readonly ErrorCode[]
  /** The serving layer is stopped or killed, or cut off from those who ask. */
  readonly isServingAway: boolean
}

/** Between an answer and the next question: more of them would take the processor from what they look at. */
const PAUSE_MS = { least: 200, most: 500 }
/** A question may be held for so long: no scenario holds one for longer. */
const ANSWERS_WITHIN_MS = 150_000

/**
 * Programs that ask the HTTP API all along. Answers are kept as they come, and judged when the log is known: each must
 * be the oracle's over the prefix that it covers, and no prefix may be shorter than one that its reader saw before.
 */
export class Readers {
  readonly #stopping = new AbortController()
  readonly #heard: HeardAnswer[] = []
  readonly #refusals = new Map<string, number>()
  readonly #failures: unknown[] = []
  readonly #running: Promise<unknown>
  #unreachable = 0

  constructor(urls: readonly string[], twins: readonly TwinView[], count = 2) {
    const readers = Array.from({ length: count }, (_, number) =>
      this.#read(number, new Api(urls[number % urls.length]!, ANSWERS_WITHIN_MS), twins),
    )
    this.#running = Promise.all(readers)
  }

  get answers(): number {
    return this.#heard.length
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  /**
   * `twinOf` tells by which definition an answer was made. Without `hindrances` any refusal by name is right.
   * @throws LawBroken for the first answer that is wrong, or goes back; also for an error that nobody can act on
   */
  judge(log: OracleLog, twinOf: (answer: Answer) => TwinView, hindrances?: Hindrances): ReadersReport {
    if (this.#failures.length > 0) throw this.#failures[0]
    if (hindrances !== undefined) this.#assertHinderedBy(hindrances)
    const reached = new Map<string, Answer>()
    for (const heard of this.#heard) {
      const reader = `reader ${heard.reader} of ${heard.twin.name}`
      assertNoShorter(reader, reached.get(reader), heard.answer)
      reached.set(reader, heard.answer)
      assertTrue(log, { ...heard, twin: twinOf(heard.answer) })
    }
    return {
      answers: this.#heard.length,
      generations: new Set(this.#heard.map(({ answer }) => answer.coverage.generation)).size,
      versions: new Set(this.#heard.map(({ answer }) => answer.coverage.version)).size,
      refusals: Object.fromEntries(this.#refusals),
      unreachable: this.#unreachable,
    }
  }

  async #read(reader: number, api: Api, twins: readonly TwinView[]): Promise<void> {
    const random = new Random(reader)
    while (!this.#stopping.signal.aborted) {
      const twin = random.pick(twins)
      const question = random.pick(questionsOf(twin))
      const { view, ...asked } = requestOf(twin, question)
      try {
        const { status, body } = await api.post('/v1/query', { view, ...asked })
        if (status === 200)
          this.#heard.push({ reader, twin, question, answer: body as Answer, atMs: performance.now() })
        else this.#refused(status, body)
      } catch (error) {
        if (isUnreachable(error)) this.#unreachable += 1
        else this.#failures.push(new LawBroken(`an answer cannot be read: ${error}`))
      }
      await sleep(random.between(PAUSE_MS.least, PAUSE_MS.most))
    }
  }

  #assertHinderedBy({ mayRefuse, isServingAway }: Hindrances): void {
    const refused = [...this.#refusals.keys()].filter(
      code => !(mayRefuse as readonly string[]).includes(code),
    )
    if (refused.length > 0)
      throw new LawBroken(`the API refused answers by ${refused}, and only ${mayRefuse} would be right`)
    if (this.#unreachable > 0 && !isServingAway)
      throw new LawBroken(`the API did not answer ${this.#unreachable} times, and nobody was in its way`)
  }

  #refused(status: number, body: unknown): void {
    const code = (body as { error?: { code?: string } }).error?.code
    const known = code === undefined ? undefined : (ERRORS as Record<string, { status: number }>)[code]
    if (known?.status !== status || status === 500)
      this.#failures.push(new LawBroken(`the API refused with ${status} ${JSON.stringify(body)}`))
    this.#refusals.set(code ?? '', (this.#refusals.get(code ?? '') ?? 0) + 1)
  }
}

export function requestOf({ name }: TwinView, { grain, dimensions }: OracleQuestion) {
  return { view: name, dimensions: [...dimensions], ...(grain !== undefined && { grain }) }
}

function assertNoShorter(reader: string, before: Answer | undefined, { coverage }: Answer): void {
  for (const [partition, offset] of Object.entries(before?.coverage.through ?? {})) {
    if ((coverage.through[partition] ?? 0) < offset)
      throw new LawBroken(
        `${reader}, partition ${partition}: an answer reached ${offset}, a later one ${coverage.through[partition]}` +
          ` (generations ${before!.coverage.generation}, ${coverage.generation})`,
      )
  }
}

/** @throws LawBroken where an answer is not the oracle's over the prefix that it covers */
export function assertTrue(
  log: OracleLog,
  { twin, question, answer }: Omit<HeardAnswer, 'reader' | 'atMs'>,
): void {
  const expected = oracleAnswer(twin, log.below(answer.coverage.through), question)
  const differences = answerDifferences(answer.coverage, answer.data, expected)
  if (differences.length === 0) return
  const asked = JSON.stringify({ view: twin.name, ...question, coverage: answer.coverage })
  throw new LawBroken(`${differences.slice(0, 5).join('\n')}\nasked and covered: ${asked}`)
}
