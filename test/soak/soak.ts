import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readConnectionFile } from '../../cli/platform/connection-file.ts'
import { openClickHouse } from '../../core/io/clickhouse/client.ts'
import type { NodeChild } from '../../core/io/process/child.ts'
import { Api, eventually } from '../support/api.ts'
import { spawnTypeScript } from '../support/spawn-typescript.ts'
import { ROOT, TwofoldHome } from '../support/twofold-home.ts'
import { growthFaults } from './growth.ts'
import type { LoadCounts, SoakLoad } from './load.ts'
import { type Sample, takeSamples } from './samples.ts'
import { type Trend, trendsOf } from './trend.ts'

const LOAD = fileURLToPath(new URL('./load.ts', import.meta.url))
const LOAD_ENDS_WITHIN_MS = 60_000
const ANSWERED_WITHIN_MS = 120_000
/** It computes every event anew, and a soak of an hour has many. */
const VERIFIED_WITHIN_MS = 7_200_000

/** The shop, kept by Kafka for no longer than the layers need: an hour of it would fill a disk. */
const CONFIG = `
import shop from ${JSON.stringify(join(ROOT, 'examples/shop/twofold.config.ts'))}

export default {
  ...shop,
  streams: shop.streams.map(stream => ({
    ...stream,
    topicSettings: { ...stream.topicSettings, retentionMs: 300_000 },
  })),
  batch: { everyMs: BATCH_EVERY_MS, full: undefined },
}
`

export interface SoakOptions {
  readonly minutes: number
  /** Of the load; 0 leaves the platform idle. */
  readonly ratePerSecond: number
  /** Between two looks at everything. */
  readonly everySeconds: number
  /** Between two batch jobs: several must fit in each third of the time. */
  readonly batchEveryMs: number
}

export interface SoakReport {
  readonly samples: readonly Sample[]
  readonly trends: readonly Trend[]
  /** What the load sent, and Kafka acknowledged. */
  readonly sent: LoadCounts
  /** What is not as it must be, a sentence for each; empty for a platform that is sound. */
  readonly faults: readonly string[]
}

/**
 * Runs a platform under a steady load and looks at each process, table and folder every few seconds. In the end its
 * answers must hold exactly the records sent, `twofold verify` must find nothing, and nothing may have grown.
 */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const home = await TwofoldHome.create(CONFIG.replace('BATCH_EVERY_MS', String(options.batchEveryMs)))
  try {
    const twofold = home.start()
    await twofold.ready()
    const countsFile = join(home.folder, 'load-counts.json')
    const load = startLoad(home, options, countsFile)
    const { samples, hasLoadEnded } = await watch(home, load, options)
    await load.end(LOAD_ENDS_WITHIN_MS)
    const sent = countsIn(countsFile)
    const faults = [
      ...(hasLoadEnded ? [`the load ended early: ${readFileSync(logOf(home), 'utf8').trim()}`] : []),
      ...(await answerFaults(home, sent)),
      ...(await verifyFaults(home)),
    ]
    const { code, signal } = await twofold.stop()
    if (code !== 0) faults.push(`the platform stopped with ${JSON.stringify({ code, signal })}`)
    const trends = trendsOf(samples)
    return { samples, trends, sent, faults: [...faults, ...growthFaults(trends)] }
  } finally {
    await home.remove()
  }
}

function logOf(home: TwofoldHome): string {
  return join(home.folder, 'load.log')
}

function startLoad(home: TwofoldHome, { ratePerSecond }: SoakOptions, countsFile: string): NodeChild {
  const load = spawnTypeScript(LOAD, { name: 'the load', logFile: logOf(home) })
  load.tell({ brokers: home.brokers, topic: 'clicks', ratePerSecond, countsFile } satisfies SoakLoad)
  return load
}

/** Takes samples for as long as the soak is to take, or the load lives. */
async function watch(
  home: TwofoldHome,
  load: NodeChild,
  { minutes, everySeconds }: SoakOptions,
): Promise<{ samples: Sample[]; hasLoadEnded: boolean }> {
  let hasLoadEnded = false
  void load.exited.then(() => (hasLoadEnded = true))
  const { clickhouse: access } = readConnectionFile(home.dataDir)!
  const clickhouse = openClickHouse({ ...access!, database: 'twofold' })
  const samples: Sample[] = []
  const startMs = performance.now()
  const minutesPassed = () => (performance.now() - startMs) / 60_000
  while (minutesPassed() < minutes && !hasLoadEnded) {
    samples.push(...(await takeSamples(home, clickhouse, minutesPassed())))
    await sleep(everySeconds * 1000)
  }
  await clickhouse.close()
  return { samples, hasLoadEnded }
}

/** A load that was killed leaves none. */
function countsIn(file: string): LoadCounts {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { events: 0, malformed: 0 }
}

/** The view takes every event; what is none is in the quarantine. */
async function answerFaults(home: TwofoldHome, sent: LoadCounts): Promise<string[]> {
  const api = new Api(home.apiUrl)
  const answered = async (): Promise<LoadCounts> => {
    const { data, coverage } = await api.ask({ view: 'sales_by_minute', measures: ['events'] })
    return { events: Number(data[0]?.['events'] ?? 0), malformed: coverage.quarantined }
  }
  const isSent = ({ events, malformed }: LoadCounts) => events === sent.events && malformed === sent.malformed
  return eventually('answers hold what was sent', answered, isSent, ANSWERED_WITHIN_MS).then(
    () => [],
    error => [`answers do not hold what was sent, ${JSON.stringify(sent)}: ${error.message}`],
  )
}

async function verifyFaults(home: TwofoldHome): Promise<string[]> {
  const { code, stdout, stderr } = await home.command(['verify'], { withinMs: VERIFIED_WITHIN_MS })
  return code === 0 ? [] : [`twofold verify ended with code ${code}:\n${stdout}${stderr}`]
}
