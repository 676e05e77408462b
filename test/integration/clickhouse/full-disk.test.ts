import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openClickHouse } from '../../../core/io/clickhouse/client.ts'
import { startEmbeddedClickHouse } from '../../../serving/embedded-clickhouse/start.ts'
import { canMount, SmallDisk } from '../../fault/rig/small-disk.ts'

test.skipIf(!canMount())('while the disk is full answers are whole, or refused', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'twofold-full-disk-'))
  const disk = SmallDisk.mount(join(dataDir, 'clickhouse'), 64)
  onTestFinished(() => {
    disk.unmount()
    rmSync(dataDir, { recursive: true, force: true })
  })
  const server = await startEmbeddedClickHouse({ dataDir, onEvent: () => {} })
  const clickhouse = openClickHouse(server)
  // The last that was said comes first.
  onTestFinished(async () => {
    await clickhouse.close()
    await server.stop()
  })
  disk.fill()
  const select = 'SELECT number FROM numbers(300000)'
  expect(await clickhouse.rows('SELECT 1 AS one')).toEqual([{ one: 1 }])
  expect(await clickhouse.rows(select)).toHaveLength(300_000)
  // What is kept on the disk, as far as it goes, is sent as if it were all.
  for (const bytes of [0, 1_000])
    await expect(
      clickhouse.rows(select, { settings: { http_response_buffer_size: bytes } }),
    ).rejects.toMatchObject({
      code: 'CLICKHOUSE_UNAVAILABLE',
      details: { found: expect.any(Number), expected: 300_000 },
    })
  disk.free()
  expect(await clickhouse.rows(select, { settings: { http_response_buffer_size: 0 } })).toHaveLength(300_000)
})
