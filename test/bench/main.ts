import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describeMachine } from './machine.ts'
import { partsOf } from './parts.ts'
import { PLANS } from './plan.ts'
import { markdownTable, printTable, type Table, writeFigures } from './report.ts'
import { openRig } from './rig/rig.ts'

const DOCUMENT = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url))

/**
 * `npm run bench`: measures every part of the platform on this machine, prints tables and writes them into
 * docs/benchmarks.md. `--quick` measures less and leaves the document alone; `--only PATTERN` runs the parts whose
 * name matches. Figures are never asserted. A part that fails is told, the others still run, and the exit code is 1.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { quick: { type: 'boolean' }, only: { type: 'string' } } })
  const plan = PLANS[values.quick ? 'quick' : 'full']
  const startedMs = performance.now()
  const rig = await openRig()
  const tables: Table[] = []
  let missing = 0
  try {
    const machine = await describeMachine(rig)
    console.log(machine)
    for (const part of await partsOf(rig, plan)) {
      if (values.only !== undefined && !new RegExp(values.only).test(part.name)) continue
      if (performance.now() - startedMs > plan.timeLimitMs) {
        missing++
        console.error(`\n${part.name}: left out, the time is up`)
        continue
      }
      try {
        const partStartedMs = performance.now()
        const made = await part.run()
        console.log(`\n${part.name}: ${Math.round((performance.now() - partStartedMs) / 1000)} s`)
        tables.push(...made)
        for (const table of made) console.log(printTable(table))
      } catch (error) {
        missing++
        console.error(`\n${part.name} failed:`, error)
      }
    }
    if (plan.name === 'full' && values.only === undefined && missing === 0) {
      writeFigures(DOCUMENT, [`Measured: ${machine}.`, ...tables.map(markdownTable)].join('\n\n'))
    }
  } finally {
    await rig.close()
  }
  console.log(`\n${Math.round((performance.now() - startedMs) / 1000)} s`)
  process.exitCode = missing === 0 ? 0 : 1
}

await main()
