import { fileURLToPath } from 'node:url'

const SHIFTED_CLOCK = fileURLToPath(new URL('./shifted-clock.mjs', import.meta.url))

export const HOUR_MS = 3_600_000

/** The signal at which a shifted clock jumps. */
export const JUMP = 'SIGUSR2'

/** The environment of a process whose wall clock is wrong at first by the first of `shiftsMs`, and jumps by the others. */
export function shiftedClock(shiftsMs: readonly number[], timeZone: string): Record<string, string> {
  return { TZ: timeZone, NODE_OPTIONS: `--import ${SHIFTED_CLOCK}`, CLOCK_MS: shiftsMs.join() }
}
