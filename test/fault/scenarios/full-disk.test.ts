import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { speedInsert } from '../rig/clickhouse-faults.ts'
import { faultTest, ROUNDS } from '../rig/fault-test.ts'
import type { Scenario } from '../rig/scenario.ts'
import { withServers } from '../rig/servers.ts'
import { canMount, SmallDisk, scratchDiskOf, WITH_SMALL_SCRATCH } from '../rig/small-disk.ts'

const FULL_FOR_MS = 3_000
const NO_SPACE = /no space left on device|NOT_ENOUGH_SPACE/i

/** What is quarantined goes before the rows that count it: where there is no room for that, no insert of a view comes. */
const INSERT = new RegExp(`${speedInsert().source}|^INSERT INTO quarantine `)

/** Waits until ClickHouse has refused an insert of the speed layer for want of space. */
async function insertRefused({ clickhouseProxy }: Scenario): Promise<void> {
  for (;;) {
    const { status, body } = await clickhouseProxy.next(INSERT, async exchange => {
      const answer = await exchange.forward()
      exchange.reply(answer)
      return answer
    })
    if (status !== 200 && NO_SPACE.test(body.toString())) return
  }
}

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
    scenario.produce()
    await scenario.archives()
    for (let round = 1; round <= ROUNDS; round++) {
      const since = batch.output.length
      disk.fill()
      await batch.wrote(NO_SPACE, since)
      const ends = await scenario.archivedEnds()
      // Answers go on meanwhile.
      await scenario.progress()
      expect(await scenario.archivedEnds()).toEqual(ends)
      disk.free()
      await scenario.archives()
    }
  })

  faultTest('fault 22: the disk of ClickHouse is full', { servers }, async scenario => {
    const layers = [scenario.start('batch'), scenario.startBehindProxies('speed')]
    const serving = await scenario.read()
    scenario.produce()
    await scenario.progress(50)
    for (let round = 1; round <= ROUNDS; round++) {
      const pid = servers.clickhouse.pid
      const { answers } = scenario.readers
      clickhouseDisk.fill()
      await insertRefused(scenario)
      await sleep(FULL_FOR_MS)
      clickhouseDisk.free()
      await scenario.progress()
      expect(servers.clickhouse.pid).toBe(pid)
      expect(scenario.readers.answers).toBeGreaterThan(answers)
    }
    expect([...layers, serving!].filter(layer => layer.hasEnded)).toEqual([])
  })

  faultTest('fault 22: there is no room for scratch files', { servers }, async scenario => {
    const layers = (['batch', 'speed'] as const).map(layer =>
      scenario.start(layer, { under: WITH_SMALL_SCRATCH }),
    )
    await scenario.read()
    scenario.produce()
    await scenario.publishes()
    for (let round = 1; round <= ROUNDS; round++) {
      for (const layer of layers) {
        const disk = scratchDiskOf(layer.pid)
        const since = layer.output.length
        disk.fill()
        await layer.wrote(NO_SPACE, since)
        disk.free()
        await scenario.progress(50)
        await scenario.publishes()
      }
    }
    expect(layers.filter(layer => layer.hasEnded)).toEqual([])
  })
}
