import { assertAll, check, publish, type Scenario } from '../stage.ts'
import { collectionBeforePointer } from './collected-roll-back.ts'

/**
 * A job has written its runs and held them against the archive, and before it publishes them, a collection comes by, on
 * another machine: no pointer names these runs yet.
 */
export const collectedRun: Scenario = {
  name: 'a collection comes by before a job publishes its runs',
  views: ['plain'],
  async run(stage) {
    const platform = await collectionBeforePointer(stage, 0, job => publish(job, 'full'))
    await check(platform)
    await assertAll(platform)
  },
}
