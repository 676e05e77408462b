import { publishBeginnings } from '../../../batch-layer/publish/beginning.ts'
import { LawBroken, openRunner } from '../../laws/check.ts'
import { bindTwins, type Platform } from '../../laws/platform.ts'
import { worldViews } from '../../laws/world.ts'
import { assertAll, filledLog, publish, type Scenario } from '../stage.ts'

/** A new version may serve only once its chain is where the old one was, however little there is, and so may the old one again. */
export const changedDefinition: Scenario = {
  name: 'a definition changes, and changes back, before a block is full',
  views: ['plain'],
  async run(stage) {
    const log = filledLog([0], 2)
    const before = await stage.openPlatform(log)
    await before.catchUp()
    const configured = before.views.map(({ bound }) => bound)
    await publishBeginnings(stage.clickhouse(), configured, undefined, 1)
    const { where } = worldViews('minute').strict
    const twins = before.views.map(({ twin }) => ({ ...twin, where: where! }))
    const after = await stage.openPlatform(log, {
      views: await bindTwins(stage.session, stage.world.stream, twins),
    })
    const reached = await reachOf(before)
    await after.publish('extend')
    const next = await reachOf(after)
    if (next < reached) throw new LawBroken(`an answer reached ${reached}, the next ${next}`)
    await after.catchUp()
    await publish(after, 'extend')
    await assertAll(after)
    await publish(before, 'extend')
    await assertAll(before)
  },
}

/** How far answers reach in the one partition. */
async function reachOf({ parts, views }: Platform): Promise<number> {
  const runner = openRunner(
    parts.clickhouse,
    views.map(({ bound }) => bound),
  )
  return (await runner.ask({ view: views[0]!.twin.name })).coverage.through['0']!
}
