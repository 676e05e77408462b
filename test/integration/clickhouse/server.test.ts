import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openClickHouse } from '../../../core/io/clickhouse/client.ts'
import type { SupervisorEvent } from '../../../core/io/process/supervise.ts'
import {
  type EmbeddedClickHouseOptions,
  startEmbeddedClickHouse,
} from '../../../serving/embedded-clickhouse/start.ts'
import { isAlive, logLine, startProgram, until } from '../../support/processes.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const CREATE = 'CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a SETTINGS fsync_after_insert = 1'

/** Runs `use` with a server, which is stopped afterwards whatever happens. */
async function withServer<T>(
  options: Partial<EmbeddedClickHouseOptions> & { dataDir: string },
  use: (server: Awaited<ReturnType<typeof startEmbeddedClickHouse>>) => Promise<T>,
): Promise<T> {
  const server = await startEmbeddedClickHouse({ onEvent: () => {}, ...options })
  try {
    return await use(server)
  } finally {
    await server.stop()
  }
}

async function withClient<T>(
  server: { url: string; user: string; password: string },
  use: (clickHouse: ReturnType<typeof openClickHouse>) => Promise<T>,
): Promise<T> {
  const clickHouse = openClickHouse(server)
  try {
    return await use(clickHouse)
  } finally {
    await clickHouse.close()
  }
}

describe('the data directory', () => {
  test('keeps its data and its secret over a clean stop', async () => {
    const dataDir = temporaryFolder()
    const first = await withServer({ dataDir }, server =>
      withClient(server, async clickHouse => {
        await clickHouse.command(CREATE)
        await clickHouse.command('INSERT INTO t SELECT number FROM numbers(1000)')
        return { pid: server.pid, password: server.password }
      }),
    )
    expect(isAlive(first.pid)).toBe(false)
    await withServer({ dataDir }, server =>
      withClient(server, async clickHouse => {
        expect(server.password).toBe(first.password)
        expect(await clickHouse.rows('SELECT count() AS n FROM t')).toEqual([{ n: '1000' }])
      }),
    )
  })

  test('serves one platform at a time', async () => {
    const dataDir = temporaryFolder()
    await withServer({ dataDir }, async server => {
      await expect(startEmbeddedClickHouse({ dataDir, onEvent: () => {} })).rejects.toMatchObject({
        code: 'DATA_DIR_IN_USE',
      })
      await withClient(server, clickHouse => clickHouse.rows('SELECT 1'))
    })
  })

  test('gives its secret to nobody but its owner', async () => {
    const dataDir = temporaryFolder()
    await withServer({ dataDir }, async ({ password }) => {
      const folder = join(dataDir, 'clickhouse')
      expect(statSync(folder).mode & 0o777).toBe(0o700)
      for (const file of ['secret', 'users.xml', 'config.xml']) {
        expect([file, statSync(join(folder, file)).mode & 0o777]).toEqual([file, 0o600])
      }
      expect(readFileSync(join(folder, 'users.xml'), 'utf8')).not.toContain(password)
      const seen = readdirSync('/proc')
        .filter(name => /^\d+$/.test(name))
        .map(pid => readIfThere(`/proc/${pid}/cmdline`) + readIfThere(`/proc/${pid}/environ`))
      expect(seen.some(text => text.includes(dataDir) || text.includes('child.js'))).toBe(true)
      expect(seen.filter(text => text.includes(password))).toEqual([])
    })
  })
})

describe('users', () => {
  test('have what they were granted and no more', async () => {
    const reader = {
      name: 'reader',
      password: 'p<&>w',
      grants: ['GRANT SELECT ON default.v'],
      settings: { readonly: 2, max_execution_time: 1 },
      fixed: ['max_execution_time'],
    }
    await withServer({ dataDir: temporaryFolder(), users: [reader] }, async server => {
      await withClient(server, async clickHouse => {
        await clickHouse.command(CREATE)
        await clickHouse.command('INSERT INTO t VALUES (7)')
        await clickHouse.command('CREATE VIEW v DEFINER = twofold SQL SECURITY DEFINER AS SELECT a FROM t')
        for (const denied of [
          'SYSTEM SHUTDOWN',
          "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')",
        ]) {
          await expect(clickHouse.command(denied)).rejects.toMatchObject({
            details: { type: 'ACCESS_DENIED' },
          })
        }
      })
      await withClient({ url: server.url, user: 'reader', password: 'p<&>w' }, async clickHouse => {
        expect(await clickHouse.rows('SELECT a FROM v')).toEqual([{ a: '7' }])
        await expect(clickHouse.rows('SELECT a FROM t')).rejects.toMatchObject({
          details: { type: 'ACCESS_DENIED' },
        })
        await expect(clickHouse.rows('SELECT a FROM v', { timeoutMs: 60_000 })).rejects.toMatchObject({
          details: { type: 'SETTING_CONSTRAINT_VIOLATION' },
        })
      })
    })
  })
})

describe('a crash', () => {
  test('of the server under inserts is followed by a restart with every acknowledged row', async () => {
    const events: SupervisorEvent[] = []
    const onEvent = (event: SupervisorEvent) => void events.push(event)
    await withServer({ dataDir: temporaryFolder(), onEvent }, server =>
      withClient(server, async clickHouse => {
        await clickHouse.command(CREATE)
        const firstPid = server.pid
        const acknowledged: number[] = []
        const writer = async (from: number) => {
          for (let value = from; ; value += 4) {
            await clickHouse.insertSelect(
              "INSERT INTO t SELECT a FROM input('a UInt64') FORMAT CSV",
              Buffer.from(`${value}`),
            )
            acknowledged.push(value)
          }
        }
        const writers = Promise.allSettled([0, 1, 2, 3].map(writer))
        await until('the inserts run', () => acknowledged.length > 100)
        process.kill(firstPid, 'SIGKILL')
        await writers
        await until('the restart', () => events.filter(event => event.type === 'started').length === 2)
        expect(server.pid).not.toBe(firstPid)
        const kept = new Set(
          (await clickHouse.rows<{ a: string }>('SELECT a FROM t')).map(row => Number(row.a)),
        )
        expect(acknowledged.filter(value => !kept.has(value))).toEqual([])
        expect(kept.size).toBeLessThanOrEqual(acknowledged.length + 4)
      }),
    )
    expect(events.map(event => event.type)).toEqual(['started', 'crashed', 'started', 'stopped'])
  })

  test('of the platform takes the server with it, and a start that comes at once works', async () => {
    const dataDir = temporaryFolder()
    const log = join(dataDir, 'log')
    const platform = startProgram('clickhouse-parent', log, [dataDir])
    const [, pid = '', url = ''] = await logLine(log, /process (\d+) at (\S+);/)
    const password = readFileSync(join(dataDir, 'clickhouse', 'secret'), 'utf8')
    await withClient({ url, user: 'twofold', password }, async clickHouse => {
      await clickHouse.command(CREATE)
      await clickHouse.command('INSERT INTO t VALUES (1)')
      // Keeps a connection open, for which ClickHouse waits when it stops.
      platform.kill()
      await platform.exited
      await withServer({ dataDir }, server =>
        withClient(server, async next => {
          expect(isAlive(Number(pid))).toBe(false)
          expect(await next.rows('SELECT a FROM t')).toEqual([{ a: '1' }])
        }),
      )
    })
  })
})

describe('a stop', () => {
  test('ends running queries with an answer', async () => {
    const server = await startEmbeddedClickHouse({ dataDir: temporaryFolder(), onEvent: () => {} })
    await withClient(server, async clickHouse => {
      const endless = clickHouse.rows(
        'SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))',
      )
      const ended = expect(endless).rejects.toMatchObject({ code: 'CLICKHOUSE_UNAVAILABLE' })
      const running = async () =>
        (await clickHouse.rows("SELECT 1 FROM system.processes WHERE query LIKE '%sipHash64(%'")).length > 1
      await until('it runs', running)
      await server.stop()
      await server.exited
      await ended
    })
  })
})

describe('a start that cannot work', () => {
  /** With another library than the one that was installed. */
  async function startWithLibrary(path: string, dataDir: string): Promise<unknown> {
    process.env['CHDB_LIBCHDB_PATH'] = path
    try {
      return await startEmbeddedClickHouse({ dataDir, onEvent: () => {} })
    } finally {
      delete process.env['CHDB_LIBCHDB_PATH']
    }
  }

  test('tells what the process said, and lets go of the directory', async () => {
    const dataDir = temporaryFolder()
    const library = join(dataDir, 'not-a-library.so')
    writeFileSync(library, 'text')
    for (const _attempt of ['first', 'second']) {
      await expect(startWithLibrary(library, dataDir)).rejects.toMatchObject({
        code: 'EMBEDDED_CLICKHOUSE_FAILED',
        message: expect.stringContaining('not-a-library.so'),
      })
    }
    await withServer({ dataDir }, async () => {})
  })

  test('where there is no library says so', async () => {
    const dataDir = temporaryFolder()
    await expect(startWithLibrary(join(dataDir, 'nowhere.so'), dataDir)).rejects.toMatchObject({
      code: 'EMBEDDED_CLICKHOUSE_UNSUPPORTED',
    })
  })
})

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
