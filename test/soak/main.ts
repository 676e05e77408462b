import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { decimal, printTable, tableOf } from '../bench/report.ts'
import { chartOf } from './chart.ts'
import { MEASURES } from './samples.ts'
import { soak } from './soak.ts'
import { thinned } from './thinned.ts'

const BATCH_EVERY_MS = 60_000

/**
 * `npm run soak -- --minutes 60 --rate 50000`: runs the platform under a steady load, looks at each process, table
 * and folder every few seconds, and tells what grew; the exit code is 1 where something is not as it must be.
 * `--rate 0` leaves the platform idle. `--output PREFIX` writes PREFIX.svg and PREFIX.json.
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
  const report = await soak({
    minutes: Number(values.minutes),
    ratePerSecond: Number(values.rate),
    everySeconds: Number(values.seconds),
    batchEveryMs: BATCH_EVERY_MS,
  })
  const samples = thinned(report.samples)
  writeFileSync(`${values.output}.json`, JSON.stringify({ ...report, samples }))
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
        report.trends,
      ),
    ),
  )
  const { events, malformed } = report.sent
  console.log(
    `\n${events.toLocaleString('en')} events sent, and ${malformed.toLocaleString('en')} records that are none.`,
  )
  console.log(report.faults.length === 0 ? 'All is well.' : `Not as it must be:\n${report.faults.join('\n')}`)
  if (report.faults.length > 0) process.exitCode = 1
}

await main()
