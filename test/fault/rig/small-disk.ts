import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const BALLAST = 'ballast'

/** A real file system of a few megabytes, which a test fills up and frees again. */
export class SmallDisk {
  readonly #folder: string

  /** The file system that is there already. */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** Mounts one at a folder, which is made where there is none. Only root may. */
  static mount(folder: string, sizeMb: number): SmallDisk {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m`, 'tmpfs', folder], { stdio: 'pipe' })
    return new SmallDisk(folder)
  }

  /** Takes all the room there is, to the last page. */
  fill(): void {
    const file = openSync(join(this.#folder, BALLAST), 'w')
    try {
      for (const sizeBytes of [2 ** 20, 2 ** 12]) writeUntilFull(file, Buffer.alloc(sizeBytes))
    } finally {
      closeSync(file)
    }
  }

  free(): void {
    rmSync(join(this.#folder, BALLAST), { force: true })
  }

  unmount(): void {
    execFileSync('umount', ['--lazy', this.#folder])
  }
}

function writeUntilFull(file: number, bytes: Buffer): void {
  try {
    for (;;) writeSync(file, bytes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}

/** Whether this process may mount file systems. */
export function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'twofold-mount-'))
  try {
    SmallDisk.mount(folder, 1).unmount()
    return true
  } catch {
    return false
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Starts a process that sees a small disk of its own where DuckDB and ClickHouse hand partials to each other. */
export const WITH_SMALL_SCRATCH: readonly string[] = [
  ...['unshare', '--mount', 'sh', '-c'],
  'mount -t tmpfs -o size=1m tmpfs /dev/shm && exec "$0" "$@"',
]

/** That disk, from the outside. */
export function scratchDiskOf(pid: number): SmallDisk {
  return new SmallDisk(`/proc/${pid}/root/dev/shm`)
}
