import { setTimeout as sleep } from 'node:timers/promises'
import { compileDecoder } from '../../../core/decode/compile.ts'
import { FIRST_CHAIN } from '../../../core/model/pointer.ts'
import { LaneWorker } from '../../../speed-layer/lane-worker.ts'
import { assertQuarantined } from '../../simulation/end.ts'
import { assertAll, filledLog, type Scenario } from '../stage.ts'

/** A worker of the speed layer by itself: what it counts as set aside can also be looked at. */
export const laneWorker: Scenario = {
  name: 'a lane’s worker reads a log with bad records to its end',
  views: ['plain', 'strict'],
  async run(stage) {
    const { world, session, place } = stage
    const log = filledLog([0, 5], 40)
    const platform = await stage.openPlatform(log)
    const { clickhouse } = platform.parts
    const stopping = new AbortController()
    const worker = new LaneWorker({
      stream: world.stream,
      lane: 0,
      views: world.views.map(({ compiled }) => ({ compiled, chain: FIRST_CHAIN })),
      driver: log.driver(),
      clickhouse,
      session,
      files: stage.files(),
      archive: place.archive,
      decoder: compileDecoder(world.stream),
      limits: { maxRecords: 10, maxBytes: 100_000, lingerMs: 0, refreshMs: 60_000 },
    })
    const running = worker.run(stopping.signal)
    const isDone = () =>
      log.partitions.every(partition => worker.positions.get(partition) === log.end(partition))
    while (!isDone()) await Promise.race([running, sleep(5)])
    stopping.abort()
    await running
    await assertAll(platform)
    await assertQuarantined({ clickhouse, log, world })
  },
}
