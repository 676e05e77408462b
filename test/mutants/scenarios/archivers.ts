import { walkChain } from '../../../core/io/archive/segment-chain.ts'
import { verifySegment } from '../../../core/io/archive/verify-segment.ts'
import type { Files } from '../../../core/io/files.ts'
import { assertAll, filledLog, publish, type Scenario } from '../stage.ts'

/**
 * An archiver dies between its Parquet file and the link, and leaves the file; of two that follow, one stands still
 * over a range until the other has archived it and more, in other ranges.
 */
export const archivers: Scenario = {
  name: 'of three archivers of one partition one dies before its link and one comes late',
  views: ['plain'],
  async run(stage) {
    let isDead = false
    const log = filledLog([0], 24)
    const platform = await stage.openPlatform(log, { fileFaults: inner => dyingAtLinks(inner, () => isDead) })
    const { archive } = platform.parts
    await platform.catchUp()
    isDead = true
    await platform.archiveTo(0, 7).catch(error => {
      if (!(error instanceof Dead)) throw error
    })
    isDead = false
    await platform.archive(0, 0, 6)
    await platform.archive(0, 6, 9)
    await platform.archive(0, 0, 4)
    await platform.archiveTo(0, log.end(0))
    await publish(platform, 'extend')
    await publish(platform, 'full')
    const origin = { topic: log.topic, topicId: log.topicId, partition: 0, begin: 0 }
    const files = stage.files()
    for (const segment of (await walkChain(files, archive, origin)).segments)
      await verifySegment(files, archive, segment)
    await assertAll(platform)
  },
}

class Dead extends Error {
  override readonly name = 'Dead'
}

/** The disk of a process that comes to its link and no further: what it has written stays. */
function dyingAtLinks(inner: Files, isDead: () => boolean): Files {
  const die = () => Promise.reject(new Dead('died at its link'))
  return {
    ...inner,
    link: (existing, name) => (isDead() ? die() : inner.link(existing, name)),
    remove: path => (isDead() ? die() : inner.remove(path)),
  }
}
