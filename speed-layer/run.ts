import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { warnOfUnreadableCodecs } from '../core/io/kafka/readable-codecs.ts'
import type { LayerContext } from '../core/io/layer-context.ts'
import { errorFields } from '../core/io/log.ts'
import { type SpeedHeartbeat, writeHeartbeat } from '../core/io/store/heartbeats.ts'
import { readPointer } from '../core/io/store/pointer-store.ts'
import { type KeptView, keptViews } from '../core/io/store/publication-store.ts'
import type { StreamDefinition } from '../core/model/stream.ts'
import { laneOptions } from './lane-options.ts'
import { LaneRunner } from './lane-runner.ts'
import { LogEnds } from './log-ends.ts'

export interface SpeedLayerOptions {
  /** The lanes of every stream that this worker holds; all by default. */
  readonly lanes?: readonly number[]
}

const HEARTBEAT_MS = 500

/**
 * The speed layer: one lane worker for each lane of each stream that has views to keep. When the published
 * generation names other versions or chains, the workers are exchanged. Runs until `signal` aborts.
 */
export async function runSpeedLayer(
  context: LayerContext,
  options: SpeedLayerOptions,
  signal: AbortSignal,
): Promise<void> {
  warnOfUnreadableCodecs(context.driver, context.log)
  const instance = randomUUID()
  const runners = new Map<string, LaneRunner>()
  const beating = beat(context, instance, runners, signal)
  try {
    let kept = ''
    while (!signal.aborted) {
      const views = await currentViews(context)
      const now =
        views === undefined
          ? kept
          : JSON.stringify(views.map(({ view, chain }) => [view.name, view.version, chain]))
      if (views !== undefined && now !== kept) {
        await exchange(context, options, runners, views)
        kept = now
      }
      await sleep(context.options.refreshMs, undefined, { signal }).catch(() => undefined)
    }
  } finally {
    await Promise.all([...runners.values()].map(runner => runner.stop()))
    await beating
  }
}

/** The views to keep, or `undefined` where ClickHouse cannot be asked just now. */
async function currentViews(context: LayerContext): Promise<KeptView[] | undefined> {
  try {
    return await keptViews(context.clickhouse, context.views, await readPointer(context.clickhouse))
  } catch (error) {
    context.log.warn('could not read the published generation', errorFields(error))
    return undefined
  }
}

/** Starts and stops lane workers until they are those that `views` ask for. */
async function exchange(
  context: LayerContext,
  options: SpeedLayerOptions,
  runners: Map<string, LaneRunner>,
  views: readonly KeptView[],
): Promise<void> {
  const wanted = plan(views, options)
  for (const [id, runner] of runners) {
    if (wanted.has(id)) continue
    await runner.stop()
    runners.delete(id)
  }
  for (const [id, { stream, lane, views: laneViews }] of wanted) {
    if (runners.has(id)) continue
    runners.set(id, new LaneRunner(context.log, await laneOptions(context, stream, lane, laneViews)))
  }
}

interface LanePlan {
  readonly stream: StreamDefinition
  readonly lane: number
  readonly views: readonly KeptView[]
}

/** The lanes there are, by a name that changes with anything that a worker must be made anew for. */
function plan(views: readonly KeptView[], options: SpeedLayerOptions): Map<string, LanePlan> {
  const plans = new Map<string, LanePlan>()
  // Two versions of a view may stand on two versions of its stream: a worker decodes for one of them.
  for (const text of new Set(views.map(({ view }) => JSON.stringify(view.stream)))) {
    const group = views.filter(({ view }) => JSON.stringify(view.stream) === text)
    const stream = group[0]!.view.stream
    for (let lane = 0; lane < stream.lanes; lane++) {
      if (options.lanes !== undefined && !options.lanes.includes(lane)) continue
      const names = group.map(({ view, chain }) => `${view.name}@${view.version}/${chain}`)
      plans.set(`${lane} ${names.join(' ')} ${text}`, { stream, lane, views: group })
    }
  }
  return plans
}

/** Tells of itself twice a second. A worker that cannot be heard may still be at work: nothing depends on it. */
async function beat(
  context: LayerContext,
  instance: string,
  runners: ReadonlyMap<string, LaneRunner>,
  signal: AbortSignal,
): Promise<void> {
  const logEnds = new LogEnds(context.driver)
  while (!signal.aborted) {
    const started = performance.now()
    await logEnds.refresh(new Set([...runners.values()].map(({ topic }) => topic)), HEARTBEAT_MS)
    for (const runner of runners.values()) {
      const look = logEnds.of(runner.topic)
      if (look !== undefined) runner.see(look)
    }
    const body: SpeedHeartbeat = { streams: [...runners.values()].map(runner => runner.state()) }
    await writeHeartbeat(context.clickhouse, { layer: 'speed', instance, body }).catch(() => undefined)
    const restMs = Math.max(50, HEARTBEAT_MS - (performance.now() - started))
    await sleep(restMs, undefined, { signal }).catch(() => undefined)
  }
}
