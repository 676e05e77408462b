import type { Coverage } from '../../serving/query/coverage.ts'
import type { QueryRequest } from '../../serving/query/request.ts'
import type { Status } from '../../serving/status.ts'
import { Pauses } from './pauses.ts'

export type Question = QueryRequest
export type Row = Readonly<Record<string, unknown>>

export interface Answer {
  readonly data: readonly Row[]
  readonly rows: number
  readonly coverage: Coverage
}

export interface Reply {
  readonly status: number
  readonly body: unknown
}

const WITHIN_MS = 60_000

/** Words and codes of what becomes of a request when nobody listens, or goes away while it answers. */
const CONNECTION_LOST = /ECONNREFUSED|ECONNRESET|EPIPE|UND_ERR_(SOCKET|(CONNECT|HEADERS|BODY)_TIMEOUT)/

/** Whether a request failed because nobody answered, or not to the end: all else that fails is an answer that is none. */
export function isUnreachable(error: unknown): boolean {
  const { name, cause } = error as { name?: string; cause?: { code?: string } }
  return name === 'TimeoutError' || CONNECTION_LOST.test(cause?.code ?? '')
}

/** The HTTP API of a platform as a program sees it. */
export class Api {
  readonly #url: string
  readonly #withinMs: number

  constructor(url: string, withinMs = WITHIN_MS) {
    this.#url = url
    this.#withinMs = withinMs
  }

  /** Whatever it answers. */
  async send(path: string, init: RequestInit = {}): Promise<Reply> {
    const response = await fetch(`${this.#url}${path}`, {
      signal: AbortSignal.timeout(this.#withinMs),
      ...init,
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json')
    return { status: response.status, body: isJson ? JSON.parse(text) : text }
  }

  post(path: string, body: unknown): Promise<Reply> {
    return this.send(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  }

  /** An answer; fails where the API does not give one. */
  async ask(question: Question): Promise<Answer> {
    return expectOk(await this.post('/v1/query', question), JSON.stringify(question))
  }

  async status(): Promise<Status> {
    return expectOk(await this.send('/v1/status'), 'status')
  }
}

/** The body of a reply of 200. */
export function expectOk<Body>(reply: Reply, what: string): Body {
  if (reply.status !== 200) throw new Error(`${what}: ${reply.status} ${JSON.stringify(reply.body)}`)
  return reply.body as Body
}

/** Asks until `isThere` says yes; fails with the last answer. Failed attempts count as no. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T>,
  isThere: (value: T) => boolean,
  withinMs = 120_000,
): Promise<T> {
  const deadline = performance.now() + withinMs
  const pauses = new Pauses()
  let last: unknown
  while (performance.now() < deadline) {
    try {
      const value = await ask()
      if (isThere(value)) return value
      last = value
    } catch (error) {
      last = error instanceof Error ? error.message : error
    }
    await pauses.wait()
  }
  throw new Error(`Not within ${withinMs} ms: ${what}. Last: ${JSON.stringify(last)}`)
}

export function recordsOf({ coverage }: Pick<Answer, 'coverage'>): number {
  return coverage.records.batch + coverage.records.speed
}
