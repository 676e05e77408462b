import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** What a process has used so far, by Linux's /proc. Elsewhere there is none of it, and every figure is NaN. */
export interface Usage {
  /** Of all its threads; children it has waited for stand in `childrenCpuSeconds`. */
  readonly cpuSeconds: number
  readonly childrenCpuSeconds: number
  readonly residentMb: number
  readonly peakResidentMb: number
  readonly threads: number
}

/** Linux counts CPU time in hundredths of a second for programs, on every architecture. */
const TICKS_PER_SECOND = 100
const NO_USAGE: Usage = {
  cpuSeconds: Number.NaN,
  childrenCpuSeconds: Number.NaN,
  residentMb: Number.NaN,
  peakResidentMb: Number.NaN,
  threads: Number.NaN,
}

/** The usage of a process; figures that are NaN where there is no such process. */
export function usageOf(pid: number | undefined): Usage {
  const fields = statFields(pid)
  if (pid === undefined || fields === undefined) return NO_USAGE
  const ticks = (first: number) => (Number(fields[first]) + Number(fields[first + 1])) / TICKS_PER_SECOND
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const megabytes = (name: string) =>
    (Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) * 1024) / 1e6
  return {
    cpuSeconds: ticks(11),
    childrenCpuSeconds: ticks(13),
    residentMb: megabytes('VmRSS'),
    peakResidentMb: megabytes('VmHWM'),
    threads: Number(fields[17]),
  }
}

/** The processes that descend from `pid`, itself left out. */
export function descendantsOf(pid: number): number[] {
  const parents = new Map(
    processIds().flatMap(id => {
      const parent = statFields(id)?.[1]
      return parent === undefined ? [] : [[id, Number(parent)] as const]
    }),
  )
  const found: number[] = []
  const visit = (parent: number) => {
    for (const [child, of] of parents) {
      if (of !== parent) continue
      found.push(child)
      visit(child)
    }
  }
  visit(pid)
  return found
}

/** What a process is, by its command line. */
export function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

/** Java itself, not the shell around it that has the same words in its command line. */
export function isKafka(commandLine: string): boolean {
  return /^\S*java .*kafka\.Kafka /.test(commandLine)
}

/** Names the layers of the platform in `dataDir` by their process id, as it keeps them on record. */
export function recordedLayers(dataDir: string): ReadonlyMap<number, string> {
  const files = readdirSync(join(dataDir, 'children')).filter(file => file.endsWith('.json'))
  return new Map(
    files.map(file => {
      const [, name, pid] = /^(.*)-(\d+)\.json$/.exec(basename(file))!
      return [Number(pid), name!]
    }),
  )
}

function processIds(): number[] {
  try {
    return readdirSync('/proc').flatMap(name => (/^\d+$/.test(name) ? [Number(name)] : []))
  } catch {
    return []
  }
}

/** The fields of /proc/PID/stat from the third one, the state, on: those before may hold spaces. */
function statFields(pid: number | undefined): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}
