import { compileDecoder } from '../../core/decode/compile.ts'
import type { Decoder } from '../../core/decode/decoder.ts'
import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import type { DuckDB } from '../../core/io/duckdb/session.ts'
import { ensureOrigins } from '../../core/io/store/partition-store.ts'
import { prepareTables } from '../../core/io/store/prepare.ts'
import type { World } from '../laws/engines.ts'
import type { MemoryLog } from '../laws/memory-log.ts'
import { type FaultRates, Weather } from './faults.ts'
import type { Random } from './random.ts'

/** What all actors of one simulation share. */
export interface Setting {
  readonly log: MemoryLog
  readonly world: World
  /** Without faults: for readers, and for the check at the end. */
  readonly clickhouse: ClickHouse
  readonly duckdb: DuckDB
  readonly archive: string
  readonly decoder: Decoder
  readonly weather: Weather
  readonly random: Random
  /** Ends when the actors are to stop: at the end, or at the first violation. */
  readonly stopping: AbortController
  /** What broke the law or should never happen. */
  readonly violations: unknown[]
}

export interface SettingOptions {
  readonly log: MemoryLog
  readonly world: World
  readonly clickhouse: ClickHouse
  readonly duckdb: DuckDB
  readonly archive: string
  readonly random: Random
  readonly rates: FaultRates
  readonly deduplicationWindow: number
}

/** Few enough that larger runs have several chunks, and a job can die between them. */
export const CHUNK_RECORDS = 40

/** Makes the tables and decides the origins, before anything goes wrong. */
export async function openSetting(options: SettingOptions): Promise<Setting> {
  const { log, world, clickhouse, deduplicationWindow, rates, ...rest } = options
  await prepareTables(
    clickhouse,
    world.views.map(view => view.bound),
    deduplicationWindow,
  )
  const driver = log.driver()
  await ensureOrigins(clickhouse, driver, (await driver.describeTopic(log.topic))!)
  return {
    ...rest,
    log,
    world,
    clickhouse,
    decoder: compileDecoder(world.stream),
    weather: new Weather(rates),
    stopping: new AbortController(),
    violations: [],
  }
}

/** Notes a violation and ends the simulation. */
export function violate(setting: Setting, violation: unknown): void {
  setting.violations.push(violation)
  setting.stopping.abort()
}
