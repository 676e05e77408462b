import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { faultTest, IS_FULL } from '../rig/fault-test.ts'
import { withServers } from '../rig/servers.ts'
import { canMount, SmallDisk, scratchDiskOf, WITH_SMALL_SCRATCH } from '../rig/small-disk.ts'

const ROUNDS = IS_FULL ? 2 : 1
const FULL_FOR_MS = 3_000
const NO_SPACE = /no space left on device|NOT_ENOUGH_SPACE/i

// Elsewhere `test/unit/batch-layer/archive/write-segment.test.ts` has errors of this kind in the place of the disk.
if (canMount()) allOfThem()
else test.skip('fault 22: full disks need the right to mount file systems')

function allOfThem(): void {
  let clickhouseDisk: SmallDisk
  const servers = withServers(dataDir => {
    clickhouseDisk = SmallDisk.mount(join(dataDir, 'clickhouse'), 256)
    return () => clickhouseDisk.unmount()
  })

  faultTest('fault 22: the disk of the archive is full', { servers }, async scenario => {
    const disk = scenario.mountArchive(32)
    const batch = scenario.start('batch')
    scenario.start('speed')
    await scenario.read()
    scenario.produce(100)
    await scenario.archives()
    for (let round = 1; round <= ROUNDS; round++) {
      disk.fill()
      await batch.wrote(NO_SPACE)
      const ends = await scenario.archivedEnds()
      // Answers go on meanwhile.
      await scenario.progress()
      expect(await scenario.archivedEnds()).toEqual(ends)
      disk.free()
      await scenario.archives()
    }
  })

  faultTest('fault 22: the disk of ClickHouse is full', { servers }, async scenario => {
    const layers = [scenario.start('batch'), scenario.start('speed')]
    const [, speed] = layers
    const serving = await scenario.read()
    scenario.produce(100)
    await scenario.progress(50)
    for (let round = 1; round <= ROUNDS; round++) {
      const pid = servers.clickhouse.pid
      clickhouseDisk.fill()
      await sleep(FULL_FOR_MS)
      const { answers } = scenario.readers
      clickhouseDisk.free()
      await scenario.progress()
      expect(servers.clickhouse.pid).toBe(pid)
      expect(answers).toBeGreaterThan(0)
    }
    expect([...layers, serving!].filter(layer => layer.hasEnded)).toEqual([])
    expect(speed!.output).not.toContain('CHAIN_BROKEN')
  })

  faultTest('fault 22: there is no room for scratch files', { servers }, async scenario => {
    const layers = (['batch', 'speed'] as const).map(layer =>
      scenario.start(layer, { under: WITH_SMALL_SCRATCH }),
    )
    await scenario.read()
    scenario.produce(100)
    await scenario.publishes()
    for (let round = 1; round <= ROUNDS; round++) {
      for (const layer of layers) {
        const disk = scratchDiskOf(layer.pid)
        disk.fill()
        await layer.wrote(NO_SPACE)
        disk.free()
        await scenario.progress(50)
        await scenario.publishes()
      }
    }
    expect(layers.filter(layer => layer.hasEnded)).toEqual([])
  })
}
