import { assertQuarantined } from '../../simulation/end.ts'
import { assertAll, filledLog, type Scenario } from '../stage.ts'
import { workToEnd } from './work-to-end.ts'

/** A worker of the speed layer by itself: what it counts as set aside can also be looked at. */
export const laneWorker: Scenario = {
  name: 'a lane’s worker reads a log with bad records to its end',
  views: ['plain', 'strict'],
  async run(stage) {
    const { world } = stage
    const log = filledLog([0, 5], 40)
    const platform = await stage.openPlatform(log)
    const { clickhouse } = platform.parts
    await workToEnd(stage, platform, log)
    await assertAll(platform)
    await assertQuarantined({ clickhouse, log, world })
  },
}
