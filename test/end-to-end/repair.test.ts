import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ArchiveRepairReport, Finding, VerifyReport } from '../../batch-layer/commands.ts'
import { descriptorName, descriptorText, parseDescriptor } from '../../core/io/archive/descriptor.ts'
import { type ClickHouse, openClickHouse } from '../../core/io/clickhouse/client.ts'
import { openKafkaDriver } from '../../core/io/kafka/open-driver.ts'
import { CRASH_POINT_VARIABLE, type CrashPlace } from '../../core/io/process/crash-point.ts'
import { SPEED_KIND } from '../../core/sql/tables.ts'
import { type Answer, Api, eventually, recordsOf } from '../support/api.ts'
import { bounded } from '../support/bounded.ts'
import { readLog } from '../support/kafka-log.ts'
import { Ledger } from '../support/ledger.ts'
import { feedByHttp, feedByKafka, type ShopFeed } from '../support/shop-feed.ts'
import { expectPrefixes, TOTAL } from '../support/shop-prefixes.ts'
import { ROOT, TwofoldHome } from '../support/twofold-home.ts'
import type { TwofoldProcess } from '../support/twofold-process.ts'

/** Small segments and blocks; batch jobs run only when the test says so. */
const CONFIG = `
import shop from ${JSON.stringify(join(ROOT, 'examples', 'shop', 'twofold.config.ts'))}

export default {
  ...shop,
  streams: shop.streams.map(stream => ({ ...stream, blockSize: 64 })),
  batch: { everyMs: 3_600_000, full: undefined },
  options: { archiveFlushMs: 4000, refreshMs: 500 },
}
`
const VIEW = 'sales_by_minute'

let home: TwofoldHome
let twofold: TwofoldProcess
let clickhouse: ClickHouse
const ledger = new Ledger()
const feeds: ShopFeed[] = []
const watched: Answer[] = []
const refused = new Set<string>()
const watching = new AbortController()
let watch: Promise<void>

beforeAll(async () => {
  home = await TwofoldHome.create(CONFIG)
  twofold = home.start()
  await twofold.ready()
  const { clickhouse: access } = JSON.parse(readFileSync(join(home.dataDir, 'connection.json'), 'utf8'))
  clickhouse = openClickHouse({ ...access, database: 'twofold' })
  feeds.push(feedByHttp(home.apiUrl, ledger), await feedByKafka(home.brokers, ledger))
  watch = watchAnswers()
  // Awaited at the end; until then its failure must not count as one that nobody handles.
  watch.catch(() => undefined)
})

afterAll(async () => {
  watching.abort()
  await clickhouse?.close()
  await home?.remove()
})

/** Asks all the time; what is no answer is kept by its error code. */
async function watchAnswers(): Promise<void> {
  while (!watching.signal.aborted) {
    const { status, body } = await new Api(home.apiUrl).post('/v1/query', TOTAL)
    if (status === 200) watched.push(body as Answer)
    else refused.add((body as { error: { code: string } }).error.code)
    await sleep(100)
  }
}

/** What `twofold verify` finds; its exit code must agree. */
async function findings(): Promise<readonly Finding[]> {
  const { code, stdout, stderr } = await home.command(['verify', '--json'])
  const report = JSON.parse(stdout) as VerifyReport
  expect(code, stderr).toBe(report.ok ? 0 : 4)
  return report.findings
}

/** Where a repair of the archive is killed, in the order in which repairs come there: each finds less to do. */
const ARCHIVE_PLACES = [
  'repair: before replacement',
  'repair: segment restored',
  'repair: before quarantine',
  'repair: file set aside',
] as const satisfies readonly CrashPlace[]

/** Runs a command that is to be killed at a place. */
async function killedAt(place: CrashPlace | `2 ${CrashPlace}`, args: readonly string[]): Promise<void> {
  const { code, stderr } = await home.command(args, { env: { [CRASH_POINT_VARIABLE]: `kill ${place}` } })
  expect(stderr).toContain('crash point reached')
  expect(code).not.toBe(0)
}

const folder = () => join(home.dataDir, 'archive', 'clicks', '0')
const files = (ending: string) =>
  readdirSync(folder())
    .filter(name => name.endsWith(ending))
    .sort()
    .map(name => join(folder(), name))

/** Flips a bit of the second data file, removes the fourth descriptor, and adds one that overlaps the first two. */
function damageArchive(): void {
  const file = files('.parquet')[1]!
  const bytes = readFileSync(file)
  bytes[bytes.length >> 1]! ^= 1
  writeFileSync(file, bytes)
  rmSync(files('.json')[3]!)
  misplaceDescriptor()
}

/** A descriptor that starts inside the first segment. */
function misplaceDescriptor(): void {
  const [path] = files('.json')
  const segment = parseDescriptor(readFileSync(path!, 'utf8'), path!)
  const stray = { ...segment, start: segment.start + 1 }
  writeFileSync(join(folder(), descriptorName(stray.start)), descriptorText(stray))
}

async function readPublished(): Promise<{ seq: number; table: string; chain: string; cut: number }> {
  const [row] = await clickhouse.rows<{ body: string }>('SELECT body FROM pointers ORDER BY seq DESC LIMIT 1')
  const { seq, views } = JSON.parse(row!.body)
  const { version, chain, cut } = views[VIEW]
  return { seq, table: `speed_${VIEW}_${version}`, chain, cut: cut[0] }
}

/** Removes the markers of the first block of partition 0 above the cut. */
async function damageChain(): Promise<void> {
  const { table, chain, cut } = await readPublished()
  await clickhouse.command(
    `ALTER TABLE ${table} DELETE WHERE __kind = ${SPEED_KIND.marker} AND __chain = '${chain}' AND __partition = 0 AND __block = ${cut}`,
    { settings: { mutations_sync: 1 } },
  )
}

/** Each runs some commands, each of them a process that loads the whole platform. */
const LONG_MS = 400_000

describe('while all layers are at work', () => {
  test('verify finds nothing wrong, before and after publications', { timeout: LONG_MS }, async () => {
    await eventually(
      'six segments',
      async () => files('.json').length,
      count => count >= 6,
    )
    expect(await findings()).toEqual([])
    await home.json('batch', 'run')
    await home.json('batch', 'run', '--full')
    expect(await findings()).toEqual([])
  })

  test('a repair of the archive that is killed is taken up by the next', { timeout: LONG_MS }, async () => {
    damageArchive()
    const found = await findings()
    expect(found.map(({ code }) => code).sort()).toEqual([
      'ARCHIVE_GAP',
      'SEGMENT_DAMAGED',
      'SEGMENT_OVERLAP',
    ])
    expect(found.every(({ answersAffected }) => !answersAffected)).toBe(true)
    for (const place of bounded(ARCHIVE_PLACES, 3)) await killedAt(place, ['repair', 'archive'])
    expect((await home.json<ArchiveRepairReport>('repair', 'archive')).ok).toBe(true)
    expect(await findings()).toEqual([])
  })

  test('a repair of a chain that is killed, and killed again, is taken up by the next', {
    timeout: LONG_MS,
  }, async () => {
    await damageChain()
    const { seq } = await readPublished()
    expect(await findings()).toMatchObject([
      {
        code: 'CHAIN_BROKEN',
        answersAffected: true,
        view: VIEW,
        generation: seq,
        repair: `twofold repair chain --view ${VIEW}`,
      },
    ])
    await killedAt('2 speed: inserted', ['repair', 'chain', '--view', VIEW])
    await killedAt('repair: chain built', ['repair', 'chain', '--view', VIEW])
    expect((await readPublished()).seq).toBe(seq)
    await home.json('repair', 'chain', '--view', VIEW)
    expect(await findings()).toEqual([])
    const answers = watched.length
    await eventually(
      'answers again',
      async () => watched.length,
      length => length > answers + 5,
    )
  })

  test('every answer was that of a prefix of each partition, none shrank, and what was refused was refused by name', async () => {
    await Promise.all(feeds.map(feed => feed.stop()))
    const driver = await openKafkaDriver('kafkajs', { brokers: home.brokers, clientId: 'test' })
    const log = await readLog(driver, 'clicks')
    await driver.close()
    const values = [...log.values()].flatMap(records => records.map(({ value }) => value!))
    expect(ledger.contradictions(values)).toEqual([])
    const reachOf = ({ coverage }: Answer) =>
      Object.values(coverage.through).reduce((sum, end) => sum + end, 0)
    const last = await eventually(
      'an answer with the whole log',
      () => new Api(home.apiUrl).ask(TOTAL),
      answer => reachOf(answer) === values.length,
    )
    const good = values.filter(value => ledger.reasonOf(value) === undefined).length
    expect(recordsOf(last)).toBe(good)
    expect(last.coverage).toMatchObject({ quarantined: values.length - good, lost: 0, complete: true })
    watching.abort()
    await watch
    watched.push(last)
    expect(watched.length).toBeGreaterThan(100)
    expectPrefixes(watched, log, ledger)
    expect([...refused].filter(code => code !== 'ANSWER_WENT_BACK')).toEqual(['ANSWER_INCOMPLETE'])
    await clickhouse.close()
    expect(await twofold.stop()).toEqual({ code: 0, signal: null })
    expect(await home.survivors()).toEqual([])
  })
})
