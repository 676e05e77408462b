import type { Files } from '../../../core/io/files.ts'
import { prepareTables } from '../../../core/io/store/prepare.ts'
import { SURVIVALS } from '../../laws/forgetful-disk.ts'
import { archiveThrough, eachStep } from '../../laws/power-cut.ts'
import { filledLog, type Scenario } from '../stage.ts'

/** The law of test/laws/power-cut.test.ts, with what is broken between the archiver and its disk. */
export const powerCuts: Scenario = {
  name: 'the power is cut before each step of an archiver',
  views: ['plain'],
  async run(stage) {
    const { place, world, session } = stage
    const clickhouse = stage.clickhouse()
    await prepareTables(clickhouse, [])
    const parts = {
      log: filledLog([5], 6),
      stream: world.stream,
      clickhouse,
      session,
      folder: place.archive,
      through: (disk: Files) => stage.files(disk),
    }
    for (const by of SURVIVALS) await eachStep(beforeStep => archiveThrough(parts, [{ beforeStep, by }]))
  },
}
