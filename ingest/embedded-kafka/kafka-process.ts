import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { TwofoldError } from '../../core/model/errors.ts'

/** A Java process that does not outlive this one. */
export interface KafkaProcess {
  /** Of Java itself, not of the shell around it. */
  readonly pid: number
  /** The exit code of Java once it has ended; `null` where a signal ended the shell around it. */
  readonly exited: Promise<number | null>
  /** Ends Java, cleanly where it manages within some seconds. */
  stop(): Promise<void>
}

/**
 * Runs a command until it ends or the shell's standard input does. The operating system closes that pipe
 * when this process dies, however it dies; what is left then ends the command: asked first, killed after 8 s.
 * The command itself begins with a line on descriptor 3, under the process id that was told before.
 */
const UNTIL_STDIN_ENDS = `
exec 5<&0
(
  read -r go <&3 || exit
  exec "$@" </dev/null >&4 2>&4 3<&- 4>&- 5<&-
) &
child=$!
exec 3<&-
echo $child
(
  cat <&5 >/dev/null
  kill $child
  checks=0
  while [ $checks -lt 32 ]; do
    sleep 0.25
    kill -0 $child || exit
    checks=$((checks + 1))
  done
  kill -9 $child
) >/dev/null 2>&1 4>&- &
exec 5<&- 1>&- 4>&-
wait $child
`

const STOP_WITHIN_MS = 12_000
const START_DESCRIPTOR = 3

/**
 * Starts a command whose output goes to a file. Ctrl-C on the terminal does not reach it: it has a group of its own.
 *
 * @param onPid told the id of the process before it does anything, so that it is on record by then
 * @throws KAFKA_START_FAILED
 */
export async function startProcess(
  command: string,
  args: readonly string[],
  outputFile: string,
  onPid: (pid: number) => void,
): Promise<KafkaProcess> {
  const output = openSync(outputFile, 'w')
  const shell = spawn('/bin/sh', ['-c', UNTIL_STDIN_ENDS, 'sh', command, ...args], {
    stdio: ['pipe', 'pipe', 'ignore', 'pipe', output],
    detached: true,
  })
  closeSync(output)
  const exited = once(shell, 'exit').then(([code]) => code as number | null)
  // The shell may end first; writing nothing to it, we only ever see its end of the pipe close.
  shell.stdin!.on('error', () => {})
  const start = shell.stdio[START_DESCRIPTOR] as Writable
  start.on('error', () => {})
  // Where something ended the shell alone, the closed pipes end Java too.
  void exited.then(() => [shell.stdin!, start].forEach(pipe => void pipe.destroy()))
  const pid = await told(shell, exited)
  try {
    onPid(pid)
  } catch (error) {
    shell.stdin!.destroy()
    throw error
  }
  start.end('go\n')
  return { pid, exited, stop: () => stop(shell, pid, exited) }
}

/**
 * The process id that the shell writes. A Ctrl-C that comes before the shell has a group of its own ends it.
 * @throws KAFKA_START_FAILED where it ends without a word
 */
async function told(shell: ChildProcess, exited: Promise<unknown>): Promise<number> {
  const line = (once(shell.stdout!, 'data') as Promise<[Buffer]>).then(([data]) => String(data))
  const found = await Promise.race([line, exited.then(() => undefined)])
  if (found !== undefined) return Number(found)
  const how = shell.signalCode ?? `exit code ${shell.exitCode}`
  throw new TwofoldError('KAFKA_START_FAILED', `The shell that was to run Kafka ended at once (${how}).`)
}

async function stop(shell: ChildProcess, pid: number, exited: Promise<number | null>): Promise<void> {
  shell.stdin!.end()
  const stillRunning = Symbol()
  const timeout = new AbortController()
  const late = sleep(STOP_WITHIN_MS, stillRunning, { signal: timeout.signal }).catch(() => undefined)
  if ((await Promise.race([exited, late])) === stillRunning) {
    process.kill(pid, 'SIGKILL')
    await exited
  }
  timeout.abort()
}
