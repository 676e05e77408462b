import { setTimeout as sleep } from 'node:timers/promises'
import type { ProducerRecord, RecordPosition } from '../../../core/io/kafka/driver.ts'
import { quantile } from '../rig/progress.ts'
import type { Rig } from '../rig/rig.ts'
import { openScenario, type Scenario } from '../rig/scenario.ts'
import type { Workload } from '../rig/workload.ts'

/** From the call that produces an event to the moment when every view's answers hold it. */
export interface FreshnessFigures {
  readonly workload: Workload['name']
  readonly load: string
  readonly p50Ms: number
  readonly p99Ms: number
  readonly samples: number
}

const TICK_MS = 50
/** How often to look for what was sent: a look is a query for every view, too much to be repeated under load. */
const LOOK_EVERY_MS = { alone: 10, loaded: 50 } as const
const LONE_EVENTS = 25
const WARM_UP_SECONDS = 4

/** Half of what the speed layer can take, and single events on an idle stream. */
export async function benchFreshness(
  rig: Rig,
  workload: Workload,
  eventsPerSecond: number,
  seconds: number,
): Promise<FreshnessFigures[]> {
  const topic = `${workload.name}-live`
  const scenario = await openScenario(rig, workload.project, { name: `live_${workload.name}`, topic })
  scenario.startLayer('speed')
  const feed = await openFeed(rig, scenario, topic, workload.records)
  try {
    await feed.untilVisible(await feed.send(1))
    const alone: number[] = []
    for (let index = 0; index < LONE_EVENTS; index++) {
      await sleep(300)
      const sentMs = performance.now()
      alone.push((await feed.untilVisible(await feed.send(1))) - sentMs)
    }
    feed.lookEveryMs = LOOK_EVERY_MS.loaded
    // A process that has just begun is still being compiled, and lags.
    await underLoad(feed, eventsPerSecond, WARM_UP_SECONDS)
    const loaded = await underLoad(feed, eventsPerSecond, seconds)
    return [
      figuresOf(workload.name, 'a lone event', alone),
      figuresOf(
        workload.name,
        `${Math.round(eventsPerSecond).toLocaleString('en')} events/s (half the most)`,
        loaded,
      ),
    ]
  } finally {
    await feed.close()
    await scenario.close()
  }
}

function figuresOf(workload: Workload['name'], load: string, timesMs: readonly number[]): FreshnessFigures {
  return {
    workload,
    load,
    p50Ms: quantile(timesMs, 0.5),
    p99Ms: quantile(timesMs, 0.99),
    samples: timesMs.length,
  }
}

/** Sends a group of events every 50 ms; each group's time counts from its tick, so a producer that lags counts too. */
async function underLoad(feed: Feed, eventsPerSecond: number, seconds: number): Promise<number[]> {
  const size = Math.max(1, Math.round((eventsPerSecond * TICK_MS) / 1000))
  const startMs = performance.now()
  const visible: Promise<number>[] = []
  for (let tick = 0; tick * TICK_MS < seconds * 1000; tick++) {
    const dueMs = startMs + tick * TICK_MS
    await sleep(Math.max(0, dueMs - performance.now()))
    const ends = await feed.send(size)
    visible.push(feed.untilVisible(ends).then(atMs => atMs - dueMs))
  }
  return Promise.all(visible)
}

interface Feed {
  lookEveryMs: number
  /** Produces the next `count` events and answers the positions behind them. */
  send(count: number): Promise<ReadonlyMap<number, number>>
  /** The moment when every view has all below `ends`. */
  untilVisible(ends: ReadonlyMap<number, number>): Promise<number>
  close(): Promise<void>
}

interface Wait {
  readonly ends: ReadonlyMap<number, number>
  resolve(atMs: number): void
}

/** One loop looks for all who wait. */
async function openFeed(
  rig: Rig,
  scenario: Scenario,
  topic: string,
  records: readonly ProducerRecord[],
): Promise<Feed> {
  const producer = await rig.driver.openProducer()
  const waits = new Set<Wait>()
  let next = 0
  let closed = false
  const look = async () => {
    while (!closed) {
      const positions = await scenario.positions()
      const nowMs = performance.now()
      for (const wait of waits) {
        if (![...wait.ends].every(([partition, end]) => (positions.get(partition) ?? 0) >= end)) continue
        waits.delete(wait)
        wait.resolve(nowMs)
      }
      await sleep(feed.lookEveryMs)
    }
  }
  const feed: Feed = {
    lookEveryMs: LOOK_EVERY_MS.alone,
    async send(count) {
      const group = Array.from({ length: count }, () => records[next++ % records.length]!)
      return endsOf(await producer.send(topic, group))
    },
    untilVisible: ends => new Promise(resolve => waits.add({ ends, resolve })),
    async close() {
      closed = true
      await looking
      await producer.close()
    },
  }
  const looking = look()
  return feed
}

function endsOf(positions: readonly RecordPosition[]): ReadonlyMap<number, number> {
  const ends = new Map<number, number>()
  for (const { partition, offset } of positions) {
    ends.set(partition, Math.max(offset + 1, ends.get(partition) ?? 0))
  }
  return ends
}
