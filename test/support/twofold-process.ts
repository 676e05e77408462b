import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Pauses } from './pauses.ts'

const READY_WITHIN_MS = 240_000
const ANSWERS_WITHIN_MS = 20_000

export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A `twofold start` that runs, or ran. */
export class TwofoldProcess {
  readonly pid: number
  readonly exited: Promise<ProcessEnd>
  readonly #child: ChildProcess
  readonly #apiUrl: string
  #output = ''

  constructor(child: ChildProcess, apiUrl: string) {
    this.#child = child
    this.#apiUrl = apiUrl
    this.pid = child.pid!
    this.exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }))
    for (const stream of [child.stdout!, child.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text
      })
  }

  /** What it wrote so far, to standard output and error. */
  get output(): string {
    return this.#output
  }

  /** Waits until the platform is ready; fails with what it wrote where it ends before, or never is. */
  async ready(): Promise<void> {
    const deadline = performance.now() + READY_WITHIN_MS
    const pauses = new Pauses()
    let missing = 'nothing listens'
    while (performance.now() < deadline) {
      if (this.#hasEnded) throw new Error(`twofold start ended before it was ready:\n${this.#output}`)
      const response = await fetch(`${this.#apiUrl}/readyz`, {
        signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
      }).catch(() => undefined)
      const text = await response?.text().catch(() => undefined)
      if (response?.ok) return
      missing = text ?? missing
      await pauses.wait()
    }
    throw new Error(`Not ready after ${READY_WITHIN_MS / 1000} s: ${missing}\n${this.#output}`)
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Ctrl-C, as a terminal sends it: to the whole process group. */
  interrupt(): void {
    process.kill(-this.pid, 'SIGINT')
  }

  /** Asks it to stop, and waits until it has. */
  async stop(signal: 'SIGINT' | 'SIGTERM' = 'SIGTERM'): Promise<ProcessEnd> {
    this.kill(signal)
    return this.exited
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }
}
