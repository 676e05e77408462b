import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TwofoldError } from '../../model/errors.ts'
import { processIdentity } from './process-identity.ts'

/**
 * A platform that is killed leaves children that take a moment to notice and stop. The next start must wait
 * for them, for they still hold the files. So each child is on record in the data directory while it lives.
 */
interface ChildRecord {
  readonly name: string
  readonly pid: number
  readonly identity: string
}

const POLL_INTERVAL_MS = 25
const KILL_TAKES_AT_MOST_MS = 5_000

/**
 * Puts a living child on record, on disk when this returns, so to be called before the child is told to work.
 * The answer takes it off again; call it when the child has ended.
 */
export function recordChild(
  dataDir: string,
  child: { readonly name: string; readonly pid: number },
): () => void {
  const identity = processIdentity(child.pid)
  if (identity === undefined) return () => {}
  const path = join(recordsFolder(dataDir), `${child.name}-${child.pid}.json`)
  mkdirSync(recordsFolder(dataDir), { recursive: true })
  // Renamed into place: a start after a crash never reads half a record.
  writeFileSync(
    `${path}.new`,
    JSON.stringify({ name: child.name, pid: child.pid, identity } satisfies ChildRecord),
  )
  renameSync(`${path}.new`, path)
  return () => rmSync(path, { force: true })
}

/**
 * Waits until every child on record has ended, and clears the record. Children that have not after `timeoutMs`
 * are killed; a process that only bears the number of one of ours is left alone.
 *
 * To be called by the holder of the instance lock alone, before it starts children of its own.
 *
 * @returns those that were still alive, and whether they had to be killed
 * @throws ORPHAN_ALIVE if one cannot be killed
 */
export async function awaitOrphans(
  dataDir: string,
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<{ name: string; pid: number; killed: boolean }[]> {
  const orphans = readRecords(dataDir).filter(isAlive)
  const late = await allGone(orphans, timeoutMs)
  for (const { pid } of late) killQuietly(pid)
  const [immortal] = await allGone(late, KILL_TAKES_AT_MOST_MS)
  if (immortal !== undefined) {
    const { name, pid } = immortal
    throw new TwofoldError(
      'ORPHAN_ALIVE',
      `${name} of an earlier start still runs as process ${pid} on ${dataDir}, and could not be killed.`,
      { details: { name, pid, dataDir } },
    )
  }
  rmSync(recordsFolder(dataDir), { recursive: true, force: true })
  return orphans.map(({ name, pid }) => ({ name, pid, killed: late.some(other => other.pid === pid) }))
}

/** Waits until none lives any more, at most `timeoutMs`; answers with those that do. */
async function allGone(orphans: readonly ChildRecord[], timeoutMs: number): Promise<readonly ChildRecord[]> {
  const deadline = performance.now() + timeoutMs
  let alive = orphans.filter(isAlive)
  while (alive.length > 0 && performance.now() < deadline) {
    await sleep(POLL_INTERVAL_MS)
    alive = alive.filter(isAlive)
  }
  return alive
}

function isAlive({ pid, identity }: ChildRecord): boolean {
  return processIdentity(pid) === identity
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended in this moment, or it is not ours to end; the wait that follows tells which.
  }
}

function readRecords(dataDir: string): ChildRecord[] {
  return filesIn(recordsFolder(dataDir))
    .filter(file => file.endsWith('.json'))
    .map(file => JSON.parse(readFileSync(join(recordsFolder(dataDir), file), 'utf8')) as ChildRecord)
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function recordsFolder(dataDir: string): string {
  return join(dataDir, 'children')
}
