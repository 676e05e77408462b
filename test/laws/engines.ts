import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { type ClickHouse, openClickHouse } from '../../core/io/clickhouse/client.ts'
import { type DuckDB, openDuckDB } from '../../core/io/duckdb/session.ts'
import type { Grain } from '../../core/model/grain.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { type EmbeddedClickHouse, startEmbeddedClickHouse } from '../../serving/embedded-clickhouse/start.ts'
import type { OracleId } from './oracle.ts'
import { bindTwins, type PlatformView } from './platform.ts'
import type { TwinView } from './twin-view.ts'
import { type ViewName, worldStream, worldViews } from './world.ts'

/** A stream and its views, bound. */
export interface World {
  readonly stream: StreamDefinition
  readonly views: readonly PlatformView[]
}

export interface WorldShape {
  readonly blockSize: number
  readonly lanes: number
  readonly grain: Grain
  readonly views: readonly ViewName[]
  readonly id?: OracleId
}

/** Where one run of a law takes place: a database and a folder of its own. */
export interface Place {
  readonly clickhouse: ClickHouse
  readonly archive: string
}

export interface Engines {
  readonly duckdb: DuckDB
  /** Binds a world; each shape once. */
  world(shape: WorldShape): Promise<World>
  bind(stream: StreamDefinition, twins: readonly TwinView[]): Promise<World>
  /** Runs something in a fresh place, which is gone afterwards. */
  inFreshPlace<T>(run: (place: Place) => Promise<T>): Promise<T>
}

/** One embedded ClickHouse and one DuckDB for all runs of a test file. To be called at its top level. */
export function withEngines(): Engines {
  const dataDir = mkdtempSync(join(tmpdir(), 'twofold-laws-'))
  const worlds = new Map<string, Promise<World>>()
  let server: EmbeddedClickHouse
  let duckdb: DuckDB
  let places = 0

  beforeAll(async () => {
    server = await startEmbeddedClickHouse({ dataDir: join(dataDir, 'server'), onEvent: () => {} })
    duckdb = await openDuckDB({ threads: 1, memoryLimitMb: 500, tempDirectory: dataDir })
  })
  afterAll(async () => {
    await duckdb?.close()
    await server?.stop()
    rmSync(dataDir, { recursive: true, force: true })
  })

  const bind = async (stream: StreamDefinition, twins: readonly TwinView[]): Promise<World> => {
    const session = await duckdb.session()
    const views = await bindTwins(session, stream, twins).finally(() => session.close())
    return { stream, views }
  }
  const bindShape = ({ blockSize, lanes, grain, views, id }: WorldShape): Promise<World> => {
    const twins = worldViews(grain)
    return bind(
      worldStream(blockSize, lanes, {}, id),
      views.map(name => twins[name]),
    )
  }

  return {
    get duckdb() {
      return duckdb
    },
    world(shape) {
      const key = JSON.stringify(shape)
      if (!worlds.has(key)) worlds.set(key, bindShape(shape))
      return worlds.get(key)!
    },
    bind,
    async inFreshPlace(run) {
      const name = `place_${places++}`
      const archive = join(dataDir, name)
      const anywhere = openClickHouse(server)
      await anywhere.command(`CREATE DATABASE ${name}`)
      const clickhouse = openClickHouse({ ...server, database: name })
      try {
        return await run({ clickhouse, archive })
      } finally {
        await clickhouse.close()
        await anywhere.command(`DROP DATABASE ${name} SYNC`)
        await anywhere.close()
        rmSync(archive, { recursive: true, force: true })
      }
    },
  }
}
