import { once } from 'node:events'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import type { QuarantineReason } from '../../core/model/verdict.ts'
import { spoilEvent } from './malformed.ts'
import { pick, type Random, seededRandom } from './random.ts'

export interface ShopOptions {
  readonly seed: number
  readonly count: number
  /** Shares of the events, each 0 by default. Late: an hour to two days before what comes beside it. */
  readonly lateShare?: number
  /** One of the last thousand again, byte by byte. */
  readonly duplicateShare?: number
  /** No events: spoilt in one of many ways. */
  readonly malformedShare?: number
  /** Of one and the same visitor. */
  readonly hotKeyShare?: number
}

export type ShopEvent =
  | { readonly kind: 'regular' | 'late' | 'duplicate'; readonly bytes: Uint8Array }
  | { readonly kind: 'malformed'; readonly bytes: Uint8Array; readonly reason: QuarantineReason }

const START_MS = Date.UTC(2026, 0, 1)
const MEAN_GAP_MS = 40
const HOUR_MS = 3_600_000
const REMEMBERED = 1000
/** User ids are beyond what a double holds exactly, as real ones often are. */
const FIRST_USER = 9_007_199_254_740_993n
const USERS = 5000
const COUNTRIES = ['DE', 'FR', 'GB', 'US', 'BR', 'JP', 'IN', 'Österreich']
const SYSTEMS = ['android', 'ios', 'linux', 'mac', 'windows']
const PAGES = ['', 'shoes', 'books', 'garden', 'search?q=a%20b', 'cart']
const ACTIONS = ['view', 'view', 'view', 'view', 'cart', 'cart', 'purchase', 'refund']

/** The clicks of a shop, the same for the same options. Values hold no newline, so each can be a line of NDJSON. */
export function* generateShop(options: ShopOptions): Generator<ShopEvent> {
  const { seed, count, lateShare = 0, duplicateShare = 0, malformedShare = 0 } = options
  const random = seededRandom(seed)
  const recent: Uint8Array[] = []
  let generated = 0
  let timeMs = START_MS
  for (let index = 0; index < count; index++) {
    timeMs += Math.floor(random() * 2 * MEAN_GAP_MS)
    if (recent.length > 0 && random() < duplicateShare) {
      yield { kind: 'duplicate', bytes: pick(random, recent) }
      continue
    }
    const isLate = random() < lateShare
    const text = eventText(
      random,
      isLate ? timeMs - Math.floor((1 + random() * 47) * HOUR_MS) : timeMs,
      options,
    )
    if (random() < malformedShare) {
      yield { kind: 'malformed', ...spoilEvent(random, text) }
      continue
    }
    const bytes = Buffer.from(text)
    recent[generated++ % REMEMBERED] = bytes
    yield { kind: isLate ? 'late' : 'regular', bytes }
  }
}

/** Written by hand, for JSON.stringify knows no integers beyond 2^53. */
function eventText(random: Random, timeMs: number, { hotKeyShare = 0 }: ShopOptions): string {
  const action = pick(random, ACTIONS)
  const members = [
    `"event_id":"${uuid(random)}"`,
    `"ts":"${new Date(timeMs).toISOString()}"`,
    `"user_id":${FIRST_USER + (random() < hotKeyShare ? 0n : BigInt(Math.floor(random() * USERS)))}`,
    `"action":"${action}"`,
    `"country":${JSON.stringify(pick(random, COUNTRIES))}`,
    `"url":"https://shop.example/${pick(random, PAGES)}"`,
    ...(action === 'purchase' ? [`"amount":${amount(random)}`] : []),
    ...(action === 'refund' ? [`"amount":-${amount(random)}`] : []),
    `"device":{"os":"${pick(random, SYSTEMS)}"${random() < 0.5 ? ',"mobile":true' : ''}}`,
    ...(random() < 0.9 ? [`"load_ms":${(random() * 800).toFixed(3)}`] : []),
  ]
  return `{${members.join(',')}}`
}

function amount(random: Random): string {
  return `${Math.floor(random() ** 3 * 2000)}.${String(Math.floor(random() * 100)).padStart(2, '0')}`
}

function uuid(random: Random): string {
  const digits = (count: number): string =>
    Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join('')
  return `${digits(8)}-${digits(4)}-4${digits(3)}-a${digits(3)}-${digits(12)}`
}

/** `npx tsx examples/shop/generate.ts --count 100000 --seed 1 > clicks.ndjson` */
async function main(): Promise<void> {
  const share = { type: 'string', default: '0' } as const
  const { values } = parseArgs({
    options: {
      ...{ seed: { type: 'string', default: '1' }, count: { type: 'string', default: '100000' } },
      ...{ late: share, duplicate: share, malformed: share, 'hot-key': share },
    },
  })
  const events = generateShop({
    seed: Number(values.seed),
    count: Number(values.count),
    lateShare: Number(values.late),
    duplicateShare: Number(values.duplicate),
    malformedShare: Number(values.malformed),
    hotKeyShare: Number(values['hot-key']),
  })
  for (const { bytes } of events) {
    if (!process.stdout.write(Buffer.concat([bytes, Buffer.from('\n')]))) await once(process.stdout, 'drain')
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main()
