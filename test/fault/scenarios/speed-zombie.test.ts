import { setTimeout as sleep } from 'node:timers/promises'
import type { CrashPlace } from '../../../core/io/process/crash-point.ts'
import { faultTest } from '../rig/fault-test.ts'
import { withServers } from '../rig/servers.ts'

const servers = withServers()
/** Beyond the 30 s after which ClickHouse gives up a request and Kafka a connection. */
const FROZEN_MS = 40_000

const PLACES: readonly CrashPlace[] = ['speed: folded', 'speed: before insert', 'speed: inserted']

faultTest(
  'fault 11: a speed worker lies still while another takes its lanes, and then goes on',
  // So small that a number's token is forgotten when the zombie comes with it: the guard alone holds.
  { servers, deduplicationWindow: 2 },
  async scenario => {
    scenario.start('batch')
    await scenario.read()
    scenario.produce()
    for (const place of PLACES) {
      const zombie = scenario.start('speed', { crash: `stop 6 ${place}` })
      await zombie.stopped()
      const other = scenario.start('speed')
      await scenario.progress()
      await sleep(FROZEN_MS)
      zombie.thaw()
      await scenario.progress(50)
      // Now it is the other one that lies still; the zombie must have found its way back into the chain.
      other.freeze()
      await scenario.progress(50)
      other.thaw()
      await scenario.progress(50)
      await other.stop()
      await zombie.stop()
    }
    scenario.start('speed')
    await scenario.progress()
  },
)
