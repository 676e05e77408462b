import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { readConnectionFile } from '../../cli/platform/connection-file.ts'
import { openClickHouse } from '../../core/io/clickhouse/client.ts'
import { spawnNode } from '../../core/io/process/child.ts'
import { decimal, printTable, tableOf } from '../bench/report.ts'
import { Api, recordsOf } from '../support/api.ts'
import { ROOT, TwofoldHome } from '../support/twofold-home.ts'
import { chartOf } from './chart.ts'
import type { SoakLoad } from './load.ts'
import { MEASURES, type Sample, takeSamples } from './samples.ts'
import { trendsOf } from './trend.ts'

const LOAD = fileURLToPath(new URL('./load.ts', import.meta.url))
const LOAD_ENDS_WITHIN_MS = 40_000

/** The shop, kept by Kafka for no longer than the layers need: an hour of it would fill a disk. */
const CONFIG = `
import shop from ${JSON.stringify(join(ROOT, 'examples/shop/twofold.config.ts'))}

export default {
  ...shop,
  streams: shop.streams.map(stream => ({
    ...stream,
    topicSettings: { ...stream.topicSettings, retentionMs: 300_000 },
  })),
  batch: { everyMs: 60_000, full: undefined },
}
`

/**
 * `npm run soak -- --minutes 60 --rate 50000`: runs the platform under a steady load, looks at each process, table
 * and folder every few seconds, and tells what grew. `--output PREFIX` writes PREFIX.svg and PREFIX.json.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '60' },
      rate: { type: 'string', default: '50000' },
      seconds: { type: 'string', default: '5' },
      output: { type: 'string', default: 'soak' },
    },
  })
  const samples = await soak(Number(values.minutes), Number(values.rate), Number(values.seconds))
  writeFileSync(`${values.output}.json`, JSON.stringify(samples))
  writeFileSync(`${values.output}.svg`, await chartOf(samples))
  console.log(
    printTable(
      tableOf(
        'What grew',
        '',
        {
          figure: ({ measure, subject }) => `${MEASURES[measure]}: ${subject}`,
          'second third': ({ middle }) => decimal(middle, 1),
          'last third': ({ last }) => decimal(last, 1),
          'per hour': ({ perHour }) => decimal(perHour, 1),
        },
        trendsOf(samples),
      ),
    ),
  )
}

async function soak(minutes: number, ratePerSecond: number, everySeconds: number): Promise<Sample[]> {
  const home = await TwofoldHome.create(CONFIG)
  const twofold = home.start()
  try {
    await twofold.ready()
    const { clickhouse: access } = readConnectionFile(home.dataDir)!
    const clickhouse = openClickHouse({ ...access!, database: 'twofold' })
    const load = spawnNode(LOAD, { name: 'the load', logFile: join(home.folder, 'load.log') })
    load.tell({ brokers: home.brokers, topic: 'clicks', ratePerSecond } satisfies SoakLoad)
    const samples: Sample[] = []
    const startMs = performance.now()
    const passed = () => (performance.now() - startMs) / 60_000
    while (passed() < minutes) {
      samples.push(...(await takeSamples(home, clickhouse, passed())))
      await sleep(everySeconds * 1000)
    }
    const answer = await new Api(home.apiUrl).ask({ view: 'sales_by_minute', measures: ['events'] })
    console.log(`${recordsOf(answer).toLocaleString('en')} events in answers after ${minutes} minutes`)
    await load.end(LOAD_ENDS_WITHIN_MS)
    await clickhouse.close()
    console.log(`stopped: ${JSON.stringify(await twofold.stop())}`)
    return samples
  } finally {
    await home.remove()
  }
}

await main()
