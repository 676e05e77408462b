import { collect } from '../../../batch-layer/publish/collect.ts'
import { assertAll, check, filledLog, publish, type Scenario } from '../stage.ts'
import { beforePointers } from './collected-roll-back.ts'

/**
 * A job has written its runs and held them against the archive, and before it publishes them, a collection comes by, on
 * another machine: no pointer names these runs yet.
 */
export const collectedRun: Scenario = {
  name: 'a collection comes by before a job publishes its runs',
  views: ['plain'],
  async run(stage) {
    let interrupt: (() => Promise<void>) | undefined
    const platform = await stage.openPlatform(filledLog([0], 24), {
      clickhouseFaults: inner =>
        beforePointers(inner, async () => {
          const now = interrupt
          interrupt = undefined
          await now?.()
        }),
    })
    await platform.catchUp()
    for (const end of [9, 17]) {
      await platform.archiveTo(0, end)
      await publish(platform, 'full')
    }
    interrupt = async () => {
      const configured = stage.world.views.map(view => view.bound)
      for (let times = 0; times < 2; times++)
        await collect(stage.clickhouse(), { keep: 0, graceMs: 0, minRows: 0, configured })
    }
    await publish(platform, 'full')
    await check(platform)
    await assertAll(platform)
  },
}
