import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { CRASH_POINT_VARIABLE, type CrashPlace } from '../../../core/io/process/crash-point.ts'
import { TWOFOLD } from '../../support/command-line.ts'
import { until } from '../../support/processes.ts'

/** A start takes seconds, and more on a machine that has much else to do. */
const WRITES_WITHIN_MS = 180_000

/** `platform` is `twofold start`: all layers, as its children. */
export type Layer = 'speed' | 'batch' | 'serving' | 'ingest' | 'platform'

/** Where and how a process is to crash: `kill 2 speed: inserted` at the second time. */
export type CrashOrder = `${'kill' | 'stop' | 'fail'} ${`${number} ` | ''}${CrashPlace}`

export interface LayerOptions {
  readonly crash?: CrashOrder
  /** Of the speed layer: the lanes that it holds. */
  readonly lanes?: readonly number[]
  /** A command that starts the one behind it and becomes it: `['nice', '-n', '5']`. */
  readonly under?: readonly string[]
  /** Beside those that every layer of the scenario gets. */
  readonly env?: Readonly<Record<string, string>>
}

export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** Kills a process when this one ends, however it does: one that lies still would never notice by itself. */
function killWithUs(pid: number): ChildProcess {
  return spawn('/bin/sh', ['-c', 'cat >/dev/null; kill -9 "$1"', 'sh', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
}

/** A `twofold run`, or `twofold start`, that runs, or ran. */
export class LayerProcess {
  readonly layer: Layer
  readonly pid: number
  readonly exited: Promise<ProcessEnd>
  readonly #child: ChildProcess
  #output = ''

  constructor(
    layer: Layer,
    cwd: string,
    { crash, lanes, env, under = [] }: LayerOptions,
    inherited: Record<string, string>,
  ) {
    this.layer = layer
    const verb = layer === 'platform' ? ['start'] : ['run', layer]
    const held = lanes === undefined ? [] : ['--lanes', lanes.join(',')]
    const [command, ...args] = [...under, TWOFOLD, ...verb, ...held]
    this.#child = spawn(command!, args, {
      cwd,
      env: { ...inherited, ...env, ...(crash !== undefined && { [CRASH_POINT_VARIABLE]: crash }) },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.pid = this.#child.pid!
    this.exited = once(this.#child, 'exit').then(([code, signal]) => ({ code, signal }))
    const guard = killWithUs(this.pid)
    void this.exited.then(() => guard.kill('SIGKILL'))
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
  }

  /** What it wrote so far, to standard output and error. */
  get output(): string {
    return this.#output
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** Waits until it has written something, behind the first `since` characters; fails where it ends before. */
  async wrote(pattern: RegExp, since = 0): Promise<void> {
    const hasWritten = () => {
      if (pattern.test(this.#output.slice(since))) return true
      if (this.hasEnded) throw new Error(`The ${this.layer} layer has ended:\n${this.#output}`)
      return false
    }
    await until(`${this.layer} writes ${pattern}`, hasWritten, WRITES_WITHIN_MS)
  }

  /** Waits until it has come to the place where it was to stop. */
  async stopped(): Promise<void> {
    await this.wrote(/crash point reached: stop/)
  }

  /** Waits until it has been killed, by itself or by us. */
  async killed(): Promise<void> {
    const end = await this.exited
    if (end.signal !== 'SIGKILL')
      throw new Error(`The ${this.layer} layer ended with ${JSON.stringify(end)}:\n${this.#output}`)
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.exited
  }

  /** Sends it a signal of any kind. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  freeze(): void {
    this.#child.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child.kill('SIGCONT')
  }

  /** Asks it to stop, and waits until it has. */
  async stop(): Promise<ProcessEnd> {
    this.#child.kill('SIGTERM')
    return this.exited
  }
}
