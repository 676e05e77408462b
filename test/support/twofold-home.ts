import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { inheritedEnvironment } from './own-environment.ts'
import { steadyPort } from './steady-port.ts'
import { type FoundProcess, killAll, processesWith } from './system-processes.ts'
import { TwofoldProcess } from './twofold-process.ts'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PROGRAM = join(ROOT, 'bin', 'twofold')
const COMMAND_WITHIN_MS = 180_000
const SURVIVES_AT_MOST_MS = 10_000

export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  /** `closed` closes the descriptor itself. */
  readonly stdin?: 'ignore' | 'closed'
  /** A command that is not done by then is killed. */
  readonly withinMs?: number
}

/**
 * A folder with a configuration, a data directory and ports of its own, in which `twofold` runs as its users run it.
 * Each process that comes of it, however far down, is recognised by a folder in its PATH that no other has.
 */
export class TwofoldHome {
  readonly folder = mkdtempSync(join(tmpdir(), 'twofold-home-'))
  readonly dataDir = join(this.folder, 'data')
  readonly port: number
  readonly kafkaPort: number
  readonly #temporary = join(this.folder, 'tmp')
  readonly #mark = join(this.folder, 'path')

  private constructor(port: number, kafkaPort: number) {
    this.port = port
    this.kafkaPort = kafkaPort
    mkdirSync(this.#temporary)
  }

  /** `config` is the text of its twofold.config.ts; without it there is none, and `start` runs the example. */
  static async create(config?: string): Promise<TwofoldHome> {
    const home = new TwofoldHome(await steadyPort(), await steadyPort())
    if (config !== undefined) home.configure(config)
    return home
  }

  get apiUrl(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get brokers(): readonly string[] {
    return [`127.0.0.1:${this.kafkaPort}`]
  }

  configure(text: string): void {
    writeFileSync(join(this.folder, 'twofold.config.ts'), text)
  }

  /** Runs `twofold start`. */
  start(options: RunOptions = {}): TwofoldProcess {
    return new TwofoldProcess(this.#spawn(['start'], options), this.apiUrl)
  }

  /**
   * Runs any other command to its end.
   * @throws where it does not end in time
   */
  async command(args: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    const child = this.#spawn(args, options)
    let isLate = false
    const late = setTimeout(() => {
      isLate = true
      child.kill('SIGKILL')
    }, options.withinMs ?? COMMAND_WITHIN_MS)
    const texts = [child.stdout!, child.stderr!].map(stream => stream.setEncoding('utf8').toArray())
    const [code] = (await once(child, 'exit')) as [number | null]
    clearTimeout(late)
    const [stdout, stderr] = (await Promise.all(texts)).map(parts => parts.join(''))
    if (isLate) throw new Error(`twofold ${args.join(' ')} did not end in time:\n${stdout}${stderr}`)
    return { code, stdout: stdout!, stderr: stderr! }
  }

  /** As `command`, for one that must succeed and answers JSON. */
  async json<T>(...args: readonly string[]): Promise<T> {
    const { code, stdout, stderr } = await this.command([...args, '--json'])
    if (code !== 0) throw new Error(`twofold ${args.join(' ')} ended with code ${code}: ${stderr}${stdout}`)
    return JSON.parse(stdout) as T
  }

  /** All processes that live here now. */
  processes(): FoundProcess[] {
    return processesWith(this.#mark)
  }

  /**
   * What still lives here a moment after the platform has ended: the shell that watches over Kafka looks four times
   * a second whether there is still something to watch.
   */
  async survivors(): Promise<FoundProcess[]> {
    const deadline = performance.now() + SURVIVES_AT_MOST_MS
    while (this.processes().length > 0 && performance.now() < deadline) await sleep(50)
    return this.processes()
  }

  /** Files in the folder for temporary ones, which nobody takes away but who made them. */
  temporaryFiles(): string[] {
    return readdirSync(this.#temporary)
  }

  /** Ends whatever still runs and removes the folder. */
  async remove(): Promise<void> {
    await killAll(() => this.processes())
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }

  #spawn(args: readonly string[], { env = {}, stdin = 'ignore' }: RunOptions): ChildProcess {
    const inherited = inheritedEnvironment()
    const variables = {
      ...inherited,
      TMPDIR: this.#temporary,
      TWOFOLD_DATA_DIR: this.dataDir,
      TWOFOLD_PORT: String(this.port),
      TWOFOLD_KAFKA_PORT: String(this.kafkaPort),
      // The limits of a platform that shares its machine with others.
      TWOFOLD_KAFKA_HEAP_MB: '256',
      ...env,
    }
    const path = `${this.#mark}:${env['PATH'] ?? inherited['PATH'] ?? ''}`
    const [command, ...front] =
      stdin === 'closed' ? ['/bin/sh', '-c', 'exec "$0" "$@" <&-', PROGRAM] : [PROGRAM]
    return spawn(command!, [...front, ...args], {
      cwd: this.folder,
      env: { ...variables, PATH: path },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own, as a shell gives it.
      detached: true,
    })
  }
}
