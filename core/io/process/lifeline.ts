import { fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { LIFELINE_DESCRIPTOR } from './child.ts'

/** The child's half of the bond that `child.ts` describes. */
interface Lifeline {
  /** The first line, parsed; rejects if the parent ends without having sent one. */
  readonly settings: Promise<unknown>
  /** Resolves when the parent orders the end, or has ended. */
  readonly cut: Promise<void>
}

let opened: Lifeline | undefined

/** What the parent tells this process to do, as `tell` sent it. Rejects if the parent ends before. */
export async function receiveSettings<Settings>(): Promise<Settings> {
  return (await lifeline().settings) as Settings
}

export interface EndWithParent {
  /** Stops what runs here, cleanly. What it raises is written to standard error and makes the exit code 1. */
  readonly onEnd: () => void | Promise<void>
  /** The bound after which the process ends whatever still runs. */
  readonly withinMs: number
}

/**
 * Makes this process end with its parent: when the parent orders it or dies, runs `onEnd` and exits. The bound
 * holds even where native code hangs in its exit handlers.
 */
export function endWithParent({ onEnd, withinMs }: EndWithParent): void {
  void lifeline().cut.then(async () => {
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), withinMs)
    try {
      await onEnd()
      process.exit()
    } catch (error) {
      console.error(error)
      process.exit(1)
    }
  })
}

function lifeline(): Lifeline {
  opened ??= open()
  return opened
}

function open(): Lifeline {
  if (!hasLifeline()) throw new Error('This module is started by Twofold as a child process, not by hand.')
  const socket = new Socket({ fd: LIFELINE_DESCRIPTOR, readable: true, writable: false })
  socket.on('error', () => {})
  const cut = new Promise<void>(resolve => socket.once('close', () => resolve()))
  const settings = new Promise<unknown>((resolve, reject) => {
    createInterface({ input: socket }).once('line', line => resolve(JSON.parse(line)))
    void cut.then(() => reject(new Error('The parent ended before it said what to do.')))
  })
  // A child that needs no settings never asks for them.
  settings.catch(() => {})
  return { settings, cut }
}

function hasLifeline(): boolean {
  try {
    const kind = fstatSync(LIFELINE_DESCRIPTOR)
    return kind.isSocket() || kind.isFIFO()
  } catch {
    return false
  }
}
