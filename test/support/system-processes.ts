import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** A process of this machine, as the kernel tells of it. */
export interface FoundProcess {
  readonly pid: number
  /** Its command line, with spaces between the arguments. */
  readonly commandLine: string
}

/** Living processes in whose environment `mark` stands. Linux: it reads /proc. */
export function processesWith(mark: string): FoundProcess[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      const environment = readQuietly(`/proc/${name}/environ`)
      if (!environment.includes(mark)) return []
      return [
        { pid: Number(name), commandLine: readQuietly(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim() },
      ]
    })
}

/** Kills what `list` answers until it answers nothing: what dies may have started another in that moment. */
export async function killAll(list: () => readonly FoundProcess[]): Promise<void> {
  for (let found = list(); found.length > 0; found = list()) {
    for (const { pid } of found) killQuietly(pid)
    await sleep(20)
  }
}

export function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

/** Whether a process lies still, as SIGSTOP leaves it: by the state behind the name of its program. */
export function isStopped(pid: number): boolean {
  return /\) T /.test(readQuietly(`/proc/${pid}/stat`))
}

/** Empty for a process that has ended, or is none of ours to look into. */
function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
