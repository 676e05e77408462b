import { readSegmentRecords } from '../../../core/io/archive/read-segment.ts'
import { walkChain } from '../../../core/io/archive/segment-chain.ts'
import { verifySegment } from '../../../core/io/archive/verify-segment.ts'
import type { ClickHouse } from '../../../core/io/clickhouse/client.ts'
import type { DuckDBSession } from '../../../core/io/duckdb/session.ts'
import { nodeFiles } from '../../../core/io/files.ts'
import { readOrigins } from '../../../core/io/store/partition-store.ts'
import { readPointer } from '../../../core/io/store/pointer-store.ts'
import { unpublished } from '../../../core/model/pointer.ts'
import type { RawRecord } from '../../../core/model/record.ts'
import type { QuarantinePage } from '../../../serving/quarantine.ts'
import { walkLane } from '../../../speed-layer/chain-store.ts'
import { assertAccount, assertOneHistory } from '../../laws/account.ts'
import { LawBroken, questionsOf } from '../../laws/check.ts'
import { verdictOf } from '../../laws/oracle.ts'
import type { PlatformView } from '../../laws/platform.ts'
import { type Api, expectOk } from '../../support/api.ts'
import type { ScenarioLog } from './log.ts'
import { assertTrue, requestOf } from './readers.ts'

/** Where the records of a scenario must be found again, once all layers have come to the end of the log. */
export interface Whereabouts {
  readonly topic: string
  readonly lanes: number
  readonly archive: string
  readonly clickhouse: ClickHouse
  readonly session: DuckDBSession
  readonly views: readonly PlatformView[]
  readonly api: Api
}

/**
 * Every record of the log is accounted for exactly once, by count and by digest or by itself: in the archive, in the
 * speed layer's markers and partials, in the runs together with what the speed layer has above their cut, in the
 * merged answers, and in the quarantine.
 * @throws LawBroken, or what else says where it is not
 */
export async function assertConserved(where: Whereabouts, log: ScenarioLog): Promise<void> {
  await assertArchived(where, log)
  await assertKept(where, log)
}

/** As `assertConserved`, without the archive. */
export async function assertKept(where: Whereabouts, log: ScenarioLog): Promise<void> {
  await assertAccounted(where, log)
  await assertAnswered(where, log)
  await assertQuarantined(where, log)
  await assertOneHistory(where.clickhouse)
}

/** The archive holds each record as Kafka held it, with key, headers and time, in segments that are what they were when they were linked. */
async function assertArchived(
  { clickhouse, topic, archive, session }: Whereabouts,
  log: ScenarioLog,
): Promise<void> {
  for (const origin of (await readOrigins(clickhouse, topic)).values()) {
    const { partition } = origin
    const chain = await walkChain(nodeFiles, archive, origin)
    const found: string[] = []
    for (const segment of chain.segments) {
      await verifySegment(nodeFiles, archive, segment)
      const { records } = await readSegmentRecords(session, archive, segment, segment.start, 1_000_000)
      found.push(...records.map(placed))
    }
    const expected = log.of(partition).map(placed)
    const index = expected.findIndex((record, position) => found[position] !== record)
    if (chain.end === log.end(partition) && found.length === expected.length && index < 0) continue
    throw new LawBroken(
      `the archive of partition ${partition} ends at ${chain.end} with ${found.length} records, the log at ` +
        `${log.end(partition)} with ${expected.length}; the first that differs is ${found[index]}, not ${expected[index]}`,
    )
  }
}

function placed({ offset, timestampMs, key, value, headers }: RawRecord): string {
  const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString())
  const fields = headers.map(header => [header.name, text(header.value)])
  return JSON.stringify({ offset, timestampMs, key: text(key), value: text(value), headers: fields })
}

/** By count and digest: of the whole chain while none of it is collected, and of what serves now. */
async function assertAccounted({ clickhouse, views, lanes }: Whereabouts, log: ScenarioLog): Promise<void> {
  const pointer = await readPointer(clickhouse)
  const [row] = await clickhouse.rows<{ n: string }>('SELECT count() AS n FROM collections')
  const isWhole = Number(row!.n) === 0
  for (const { twin, bound, compiled } of views) {
    const serving = pointer?.views[twin.name] ?? unpublished(bound.version)
    for (let lane = 0; lane < lanes; lane++) {
      const key = { view: bound.name, version: bound.version, chain: serving.chain, lane }
      await walkLane(clickhouse, compiled, key)
    }
    await assertAccount(clickhouse, log, twin, bound, serving)
    // A chain that a repair has begun anew begins where generations end.
    if (isWhole && serving.chain === unpublished(bound.version).chain)
      await assertAccount(clickhouse, log, twin, bound, unpublished(bound.version))
  }
}

/** Every answer holds the whole log. */
async function assertAnswered({ api, views }: Whereabouts, log: ScenarioLog): Promise<void> {
  for (const { twin } of views) {
    for (const question of questionsOf(twin)) {
      const answer = await api.ask(requestOf(twin, question))
      assertTrue(log, { twin, question, answer })
      for (const [partition, end] of Object.entries(log.ends)) {
        const through = answer.coverage.through[partition]
        if (through !== end)
          throw new LawBroken(
            `${twin.name}, partition ${partition}, reaches ${through}, the log ends at ${end}`,
          )
      }
    }
  }
}

/** The quarantine shows each record that was set aside, for the stream or for a view, with its reason, once. */
async function assertQuarantined({ api, topic, views }: Whereabouts, log: ScenarioLog): Promise<void> {
  const found: string[] = []
  let after = ''
  for (;;) {
    const path = `/v1/quarantine?stream=${topic}&limit=1000${after}`
    const page = expectOk<QuarantinePage>(await api.send(path), path)
    for (const { partition, offset, view, reason } of page.records)
      found.push(`${partition}/${offset} ${view} ${reason}`)
    if (page.next === null) break
    after = `&after=${page.next}`
  }
  const expected = log.partitions.flatMap(partition => setAside(partition, log, views))
  const missing = without(expected, found)
  const unexpected = without(found, expected)
  if (missing.length + unexpected.length > 0)
    throw new LawBroken(
      `the quarantine lacks ${missing.length} records (${missing.slice(0, 3)}) and has ${unexpected.length} that ` +
        `should not be there (${unexpected.slice(0, 3)})`,
    )
}

/** What `entries` have, an entry as often as it stands there, that `others` lack. */
function without(entries: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>()
  for (const entry of others) left.set(entry, (left.get(entry) ?? 0) + 1)
  return entries.filter(entry => {
    const count = left.get(entry) ?? 0
    left.set(entry, count - 1)
    return count <= 0
  })
}

function setAside(partition: number, log: ScenarioLog, views: readonly PlatformView[]): string[] {
  return log.of(partition).flatMap(({ offset, event, reason }) => {
    if (event === undefined) return [`${partition}/${offset}  ${reason}`]
    return views
      .filter(({ twin }) => verdictOf(twin, event) === 'quarantined')
      .map(({ twin }) => `${partition}/${offset} ${twin.name} expression_failed`)
  })
}
