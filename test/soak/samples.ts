import { readdirSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { commandLineOf, isKafka, recordedLayers, usageOf } from '../bench/rig/process-usage.ts'
import type { TwofoldHome } from '../support/twofold-home.ts'

/** One figure at one moment. `subject` is a process, a table or a folder. */
export interface Sample {
  readonly minute: number
  readonly measure: Measure
  readonly subject: string
  readonly value: number
}

export const MEASURES = {
  memory: 'resident memory, MB',
  threads: 'threads',
  descriptors: 'open files and sockets',
  connections: 'of these, sockets',
  parts: 'active parts in ClickHouse',
  rows: 'rows in the speed tables',
  logs: 'log files, MB',
  folders: 'data, MB',
  freshness: 'freshness of answers, ms',
} as const

export type Measure = keyof typeof MEASURES

type Figures = readonly (readonly [measure: Measure, subject: string, value: number])[]

/** All figures of a platform at this moment. */
export async function takeSamples(
  home: TwofoldHome,
  clickhouse: ClickHouse,
  minute: number,
): Promise<Sample[]> {
  const figures = [
    ...processFigures(home),
    ...(await tableFigures(clickhouse)),
    ...folderFigures(home.dataDir),
    ...(await freshnessFigures(home.apiUrl)),
  ]
  return figures.map(([measure, subject, value]) => ({ minute, measure, subject, value }))
}

function processFigures(home: TwofoldHome): Figures {
  const layers = recordedLayers(home.dataDir)
  return home.processes().flatMap(({ pid }) => {
    const name = layers.get(pid) ?? nameOf(commandLineOf(pid))
    if (name === undefined) return []
    const { residentMb, threads } = usageOf(pid)
    const links = openFiles(pid)
    return [
      ['memory', name, residentMb],
      ['threads', name, threads],
      ['descriptors', name, links.length],
      ['connections', name, links.filter(link => link.startsWith('socket:')).length],
    ] as const
  })
}

function nameOf(commandLine: string): string | undefined {
  if (isKafka(commandLine)) return 'Kafka'
  if (commandLine.includes('embedded-clickhouse')) return 'ClickHouse'
  // Batch jobs come and go: each has a process of its own, which ends with it.
  return /^\S*node .*bin\/twofold/.test(commandLine) ? 'start' : undefined
}

/**
 * Where each open file of a process leads. ClickHouse has three below `/proc` for each thread: those are counted as
 * threads, which take minutes to be as many as they will be.
 */
function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`
  return quietly([], () => readdirSync(folder))
    .map(name => quietly('', () => readlinkSync(join(folder, name))))
    .filter(link => !link.startsWith('/proc/'))
}

async function tableFigures(clickhouse: ClickHouse): Promise<Figures> {
  const rows = await clickhouse.rows<{ name: string; parts: string; rows: string }>(
    `SELECT replaceRegexpOne(table, '_[0-9a-f]{6,}$', '') AS name, count() AS parts, sum(rows) AS rows
     FROM system.parts WHERE active AND database = currentDatabase() AND (table LIKE 'speed\\_%' OR table LIKE 'batch\\_%')
     GROUP BY name ORDER BY name`,
  )
  return rows.flatMap(({ name, parts, rows }) => [
    ['parts', name, Number(parts)] as const,
    ...(name.startsWith('speed_') ? [['rows', name, Number(rows)] as const] : []),
  ])
}

function folderFigures(dataDir: string): Figures {
  const sizes = ['archive', 'clickhouse', 'kafka', 'tmp'].map(
    name => ['folders', name, megabytes(join(dataDir, name))] as const,
  )
  const logs = filesBelow(dataDir).filter(
    path => /\.log(\.\d+)?$/.test(path) && !path.includes('/kafka/data'),
  )
  const logged = logs.reduce((sum, path) => sum + sizeOf(path), 0) / 1e6
  return [...sizes, ['logs', 'all layers and servers', logged]]
}

async function freshnessFigures(apiUrl: string): Promise<Figures> {
  const answer = await fetch(`${apiUrl}/v1/views/sales_by_minute?measures=events`)
    .then(response => response.json() as Promise<{ coverage?: { freshnessMs: number | null } }>)
    .catch(() => undefined)
  const freshnessMs = answer?.coverage?.freshnessMs
  return typeof freshnessMs === 'number' ? [['freshness', 'sales_by_minute', freshnessMs]] : []
}

function megabytes(folder: string): number {
  return filesBelow(folder).reduce((sum, path) => sum + sizeOf(path), 0) / 1e6
}

/** Files come and go while one looks. */
function filesBelow(folder: string): string[] {
  const entries = quietly([], () => readdirSync(folder, { withFileTypes: true }))
  return entries.flatMap(entry => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesBelow(path) : [path]
  })
}

function sizeOf(path: string): number {
  return quietly(0, () => statSync(path).size)
}

function quietly<T>(otherwise: T, look: () => T): T {
  try {
    return look()
  } catch {
    return otherwise
  }
}
