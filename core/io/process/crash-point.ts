import { writeSync } from 'node:fs'

/** Each is a moment between two side effects: what has been done is done, what comes next has not begun. */
export const CRASH_PLACES = [
  'speed: fetched',
  'speed: folded',
  'speed: before insert',
  'speed: inserted',
  'archiver: file written',
  'archiver: staged',
  'archiver: before link',
  'archiver: linked',
  'archiver: directory synced',
  'batch: chunk written',
  'batch: run written',
  'batch: before pointer',
  'batch: pointer inserted',
  'batch: after pointer',
  'collection: floor announced',
  'collection: rows deleted',
  'repair: before replacement',
  'repair: segment restored',
  'repair: before quarantine',
  'repair: file set aside',
  'repair: chain built',
  'repair: loss declared',
  'import: acknowledged',
] as const

export type CrashPlace = (typeof CRASH_PLACES)[number]

/** What happens there: the process is killed, is stopped until somebody lets it go on, or an error is raised. */
const ACTIONS = {
  kill: () => process.kill(process.pid, 'SIGKILL'),
  stop: () => process.kill(process.pid, 'SIGSTOP'),
  fail: (place: CrashPlace) => {
    throw new Error(`A test lets this process fail at "${place}".`)
  },
} satisfies Record<string, (place: CrashPlace) => void>

/** Tells who reads a process's output, before it is too late. */
const REACHED = 'crash point reached: '

/** What marks a place when no test is about. */
export function nothing(): void {}

/**
 * Arms one place by an order of the form `ACTION [COUNT] PLACE`, for instance `kill 3 speed: inserted`: the action
 * is carried out when the place is reached for the third time. Without an order, places cost a call of `nothing`.
 */
export function armed(order: string | undefined): (place: CrashPlace) => void {
  if (order === undefined || order === '') return nothing
  const [, action, count = '1', ordered] = /^(\w+)(?: (\d+))? (.+)$/.exec(order) ?? []
  if (!(isAction(action) && isPlace(ordered))) throw new Error(`There is no crash point "${order}".`)
  let left = Number(count)
  return place => {
    if (place !== ordered || --left !== 0) return
    // Not through a stream, which would be written later, or never.
    writeSync(2, `${REACHED}${order}\n`)
    ACTIONS[action](place)
  }
}

function isAction(action: string | undefined): action is keyof typeof ACTIONS {
  return action !== undefined && action in ACTIONS
}

function isPlace(place: string | undefined): place is CrashPlace {
  return CRASH_PLACES.some(known => known === place)
}

/** The variable by which a test arms a place in a process that it starts. No option: nobody else sets it. */
export const CRASH_POINT_VARIABLE = 'TWOFOLD_CRASH_POINT'

/** Marks a place at which a test may crash this process. Decided once, when the process starts. */
export const crashPoint = armed(process.env[CRASH_POINT_VARIABLE])
