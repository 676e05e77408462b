import type { CrashPlace } from '../../../core/io/process/crash-point.ts'
import { keepRunning, speedInsert } from '../rig/clickhouse-faults.ts'
import { faultTest, ROUNDS } from '../rig/fault-test.ts'
import { withServers } from '../rig/servers.ts'

const servers = withServers()
const BEFORE_THE_INSERT: readonly CrashPlace[] = ['speed: fetched', 'speed: folded', 'speed: before insert']

faultTest(
  'fault 1: a speed worker is killed after it has fetched and before it inserts',
  { servers, isLong: true },
  async scenario => {
    scenario.start('batch')
    await scenario.read()
    scenario.produce()
    for (let round = 1; round <= ROUNDS; round++) {
      for (const place of BEFORE_THE_INSERT) {
        const worker = scenario.start('speed', { crash: `kill ${round * 3} ${place}` })
        await worker.killed()
      }
    }
    scenario.start('speed')
    await scenario.progress()
  },
)

faultTest('fault 5: a speed worker is killed during an insert', { servers }, async scenario => {
  scenario.start('batch')
  await scenario.read()
  scenario.produce()
  for (let round = 1; round <= ROUNDS; round++) {
    for (const end of ['finish', 'abandon'] as const) {
      const worker = scenario.startBehindProxies('speed')
      await scenario.progress(50)
      const running = await scenario.clickhouseProxy.next(speedInsert(), keepRunning(scenario.clickhouse))
      await worker.kill()
      // Nobody waits for it any more: it is carried out all the same, or its connection breaks, too.
      await running[end]()
    }
    const worker = scenario.start('speed', { crash: `kill ${round * 2} speed: inserted` })
    await worker.killed()
  }
  scenario.start('speed')
  await scenario.progress()
})
