import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../../core/io/process/free-port.ts'
import { commandLineOf, descendantsOf, isKafka, recordedLayers, usageOf } from '../rig/process-usage.ts'

/** `npm start` on a fresh data directory, with the demonstration. */
export interface PlatformFigures {
  /** From the command to the first answer of the HTTP API that counts events. */
  readonly secondsToFirstAnswer: number
  readonly processes: readonly ProcessMemory[]
}

export interface ProcessMemory {
  readonly process: string
  readonly residentMb: number
  readonly peakResidentMb: number
}

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const FIRST_ANSWER_WITHIN_MS = 120_000
const STOP_WITHIN_MS = 30_000
const LOOK_EVERY_MS = 250

/** Starts the platform, asks until it answers, lets it work for a while, looks at its processes and stops it. */
export async function benchPlatform(workSeconds: number): Promise<PlatformFigures> {
  const dataDir = await mkdtemp(join(tmpdir(), 'twofold-bench-start-'))
  const port = await freePort()
  const startedMs = performance.now()
  const child = spawn('npm', ['start', '--silent'], {
    cwd: ROOT,
    stdio: 'ignore',
    env: {
      ...process.env,
      TWOFOLD_DATA_DIR: dataDir,
      TWOFOLD_PORT: String(port),
      TWOFOLD_KAFKA_PORT: String(await freePort()),
    },
  })
  const exited = once(child, 'exit')
  try {
    await firstAnswer(`http://127.0.0.1:${port}`)
    const secondsToFirstAnswer = (performance.now() - startedMs) / 1000
    return { secondsToFirstAnswer, processes: await watchMemory(child.pid!, dataDir, workSeconds) }
  } finally {
    const processes = descendantsOf(child.pid!)
    const main = processes.find(pid => nameOf(commandLineOf(pid)) === 'start')
    if (main !== undefined) process.kill(main, 'SIGTERM')
    await Promise.race([exited, sleep(STOP_WITHIN_MS, undefined, { ref: false })])
    killAll(processes.filter(pid => commandLineOf(pid) !== ''))
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function firstAnswer(apiUrl: string): Promise<void> {
  const deadline = performance.now() + FIRST_ANSWER_WITHIN_MS
  while (performance.now() < deadline) {
    const answer = await fetch(`${apiUrl}/v1/views/delays_by_hour?measures=flights`)
      .then(response => response.json() as Promise<{ data?: { flights: number }[] }>)
      .catch(() => undefined)
    if (Number(answer?.data?.[0]?.flights) > 0) return
    await sleep(50)
  }
  throw new Error('npm start did not answer within two minutes')
}

/** Looks again and again: the worker of a batch job comes and goes. */
async function watchMemory(root: number, dataDir: string, seconds: number): Promise<ProcessMemory[]> {
  const found = new Map<string, ProcessMemory>()
  const untilMs = performance.now() + seconds * 1000
  while (performance.now() < untilMs) {
    for (const now of memoryOf(root, dataDir)) {
      const peakResidentMb = Math.max(now.peakResidentMb, found.get(now.process)?.peakResidentMb ?? 0)
      found.set(now.process, { ...now, peakResidentMb })
    }
    await sleep(LOOK_EVERY_MS)
  }
  return [...found.values()]
}

function memoryOf(root: number, dataDir: string): ProcessMemory[] {
  const layers = recordedLayers(dataDir)
  return descendantsOf(root).flatMap(pid => {
    const name = layers.get(pid) ?? nameOf(commandLineOf(pid))
    if (name === undefined) return []
    const { residentMb, peakResidentMb } = usageOf(pid)
    return [{ process: name, residentMb, peakResidentMb }]
  })
}

function nameOf(commandLine: string): string | undefined {
  if (isKafka(commandLine)) return 'Kafka'
  if (commandLine.includes('embedded-clickhouse')) return 'ClickHouse'
  if (commandLine.includes('recompute/worker.js')) return 'batch job'
  return /^\S*node .*bin\/twofold/.test(commandLine) ? 'start' : undefined
}

/** Whatever an orderly stop has left: processes of this measurement alone. */
function killAll(processes: readonly number[]): void {
  for (const pid of processes) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended by itself meanwhile.
    }
  }
}
