import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, renameSync, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Writable } from 'node:stream'
import { TwofoldError } from '../../model/errors.ts'
import { CRASH_POINT_VARIABLE } from './crash-point.ts'

/**
 * The parent's half of a child process that never outlives its parent; `lifeline.ts` is the child's half.
 *
 * The parent holds two pipes of the child open: standard input, and descriptor 3, the lifeline. The kernel
 * closes both when the parent ends by whatever means, SIGKILL included, and the child takes that as the order
 * to stop. The first line on the lifeline is JSON: what the child is to do. It is not in `argv` or the
 * environment, where every user of the machine could read it.
 *
 * The child leads a process group of its own, so that Ctrl-C in a terminal reaches the parent alone, which
 * then stops its children in the right order.
 */
export interface NodeChild {
  readonly name: string
  readonly pid: number
  /** Resolves, and never rejects, when the process has ended. */
  readonly exited: Promise<ChildExit>
  /** Sends the child its settings: once, as JSON. A child waits for them before it does anything. */
  tell(settings: unknown): void
  /**
   * Orders the child to stop and waits until it has; after `withinMs` it and its process group are killed.
   * May be called again and after the end.
   */
  end(withinMs: number): Promise<ChildExit>
  /** Ends the process and its group at once. */
  kill(): void
}

export interface ChildExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface SpawnOptions {
  /** For messages: what the process is to the user. */
  readonly name: string
  readonly args?: readonly string[]
  /** Added to the few variables that every child gets; nothing else of the parent's environment is passed on. */
  readonly env?: Readonly<Record<string, string>>
  /** Takes standard output and error, appended. Without it both go where the parent's go. */
  readonly logFile?: string
  /** Takes the lines of standard output instead: a child that answers does so there. */
  readonly onLine?: (line: string) => void
}

/** `NODE_EXTRA_CA_CERTS` names the authorities of one's own that TLS trusts; Node reads it as it starts. */
const PASSED_ON = [
  ...['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ', 'NODE_EXTRA_CA_CERTS'],
  CRASH_POINT_VARIABLE,
]
const LOG_ROTATES_AT_BYTES = 1024 * 1024
export const LIFELINE_DESCRIPTOR = 3

/**
 * Starts a module as a child process of Node.
 *
 * @throws CHILD_FAILED if the operating system refuses to start it
 */
export function spawnNode(modulePath: string, options: SpawnOptions): NodeChild {
  const output = options.logFile === undefined ? 'inherit' : openLog(options.logFile)
  try {
    const child = spawn(process.execPath, [modulePath, ...(options.args ?? [])], {
      detached: true,
      env: childEnvironment(options.env),
      stdio: ['pipe', options.onLine === undefined ? output : 'pipe', output, 'pipe'],
    })
    if (options.onLine !== undefined) createInterface(child.stdout!).on('line', options.onLine)
    return superviseHandle(child, options.name)
  } finally {
    if (typeof output === 'number') closeSync(output)
  }
}

function superviseHandle(child: ChildProcess, name: string): NodeChild {
  const exited = new Promise<ChildExit>(resolve => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  const { pid } = child
  if (pid === undefined) {
    child.once('error', () => {})
    throw new TwofoldError(
      'CHILD_FAILED',
      `Could not start ${name}: the operating system refused a new process.`,
    )
  }
  const pipes = [child.stdin, child.stdio[LIFELINE_DESCRIPTOR]] as Writable[]
  // A child that dies first leaves broken pipes; `exited` is what tells of it.
  for (const pipe of pipes) pipe.on('error', () => {})
  const kill = () => killGroup(pid, child)
  return {
    name,
    pid,
    exited,
    tell: settings => void pipes[1]!.write(`${JSON.stringify(settings)}\n`),
    async end(withinMs) {
      for (const pipe of pipes) pipe.end()
      const timer = setTimeout(kill, withinMs)
      try {
        return await exited
      } finally {
        clearTimeout(timer)
      }
    },
    kill,
  }
}

/** The group, for a child may have children; never after its end, when the number may be another's. */
function killGroup(pid: number, child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    child.kill('SIGKILL')
  }
}

function childEnvironment(additional: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const passedOn = PASSED_ON.flatMap(name =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  )
  return { ...Object.fromEntries(passedOn), ...additional }
}

/** Opens a log for appending, for the owner alone; one that grew large becomes `.1`, so two are all there ever are. */
function openLog(path: string): number {
  const sizeBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (sizeBytes > LOG_ROTATES_AT_BYTES) renameSync(path, `${path}.1`)
  return openSync(path, 'a', 0o600)
}
