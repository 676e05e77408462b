import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { type ClickHouse, openClickHouse } from '../../core/io/clickhouse/client.ts'
import { type EmbeddedClickHouse, startEmbeddedClickHouse } from '../../serving/embedded-clickhouse/start.ts'

export interface ClickHouseOfTest {
  /** The server that all tests of the file share. */
  readonly server: EmbeddedClickHouse
  /** A client of the running test's own database, which is empty when the test starts. */
  readonly clickHouse: ClickHouse
  readonly database: string
  /** What ClickHouse `count()`s, as a number. */
  count(from: string): Promise<number>
}

/**
 * One embedded ClickHouse for a test file, in a temporary folder, and a fresh database for each of its tests.
 * To be called at the top level of the file; the members are there while a test runs.
 */
export function withClickHouse(): ClickHouseOfTest {
  const dataDir = mkdtempSync(join(tmpdir(), 'twofold-clickhouse-'))
  let server: EmbeddedClickHouse
  let clickHouse: ClickHouse
  let number = 0

  beforeAll(async () => {
    server = await startEmbeddedClickHouse({ dataDir, onEvent: () => {} })
  })
  beforeEach(async () => {
    number += 1
    const anywhere = openClickHouse(server)
    await anywhere.command(`CREATE DATABASE test_${number}`)
    await anywhere.close()
    clickHouse = openClickHouse({ ...server, database: `test_${number}` })
  })
  afterEach(() => clickHouse.close())
  afterAll(async () => {
    await server?.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })

  return {
    get server() {
      return server
    },
    get clickHouse() {
      return clickHouse
    },
    get database() {
      return `test_${number}`
    },
    async count(from) {
      const [row] = await clickHouse.rows<{ count: string }>(`SELECT count() AS count FROM ${from}`)
      return Number(row!.count)
    },
  }
}
