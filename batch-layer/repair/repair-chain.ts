import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import type { LayerContext } from '../../core/io/layer-context.ts'
import { crashPoint } from '../../core/io/process/crash-point.ts'
import { publishPointer, readPointer, readPointersFrom } from '../../core/io/store/pointer-store.ts'
import { servedGeneration } from '../../core/io/store/publication-store.ts'
import { type Cut, lowerCut } from '../../core/model/cut.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import { type Pointer, unpublished, type ViewGeneration } from '../../core/model/pointer.ts'
import type { BoundView } from '../../core/model/view.ts'
import { speedTable } from '../../core/sql/tables.ts'
import { lockBatch } from '../job.ts'
import { answersReach, whyNotCovered, wouldGoBack } from '../publish/chain-reach.ts'
import { collectedFloor } from '../publish/collection-store.ts'

/** A chain that is to take the place of another. Plain data. */
export interface ChainRepairPlan {
  readonly view: string
  readonly version: string
  /** The chain that answers go on with now. */
  readonly from: string
  readonly to: string
  /** Where the new chain begins: below the least generation that can be rolled back to, nothing is read of it. */
  readonly begin: Cut
}

export interface ChainRepairReport extends ChainRepairPlan {
  readonly isDryRun: boolean
  /** The generation that names the new chain. */
  readonly generation: number | undefined
}

/** Writes a chain and goes on with it until `signal` aborts: the speed layer's work. */
export type BuildChain = (
  chain: { readonly view: BoundView; readonly chain: string; readonly from: Cut },
  signal: AbortSignal,
) => Promise<void>

export interface ChainRepairOptions {
  readonly view: string
  readonly isDryRun?: boolean | undefined
  readonly build: BuildChain
  /** Offsets that the new chain has reached, of those that answers reach now. */
  readonly onProgress?: (done: number, total: number) => void
}

const POLL_MS = 100

/**
 * Rebuilds the chain of a view from Kafka and the archive: a new chain is written beside the old one, and once it has
 * come as far as answers reach now, one pointer row names it instead. Until then answers are made of the old chain, as
 * exact or as refused as before; a repair that is killed leaves a chain that no generation names, which is collected.
 *
 * It holds the batch lock, for a collection would take a chain away that no generation names yet.
 *
 * @throws BATCH_BUSY, VIEW_UNKNOWN, ARCHIVE_GAP, SEGMENT_DAMAGED, OFFSET_OUT_OF_RANGE, …: the old chain still serves
 */
export async function repairChain(
  context: LayerContext,
  options: ChainRepairOptions,
): Promise<ChainRepairReport> {
  const configured = context.views.find(({ name }) => name === options.view)
  if (configured === undefined) throw unknownView(context, options.view)
  const lock = await lockBatch(context)
  try {
    const { clickhouse } = context
    const pointer = await readPointer(clickhouse)
    const { view, generation } = await servedGeneration(clickhouse, configured, pointer)
    const plan = await planRepair(context, view, generation, pointer)
    if (options.isDryRun === true) return { ...plan, isDryRun: true, generation: undefined }
    const seq = await rebuild(context, view, plan, options)
    return { ...plan, isDryRun: false, generation: seq }
  } finally {
    lock.release()
  }
}

async function planRepair(
  { clickhouse }: LayerContext,
  view: BoundView,
  generation: ViewGeneration,
  pointer: Pointer | undefined,
): Promise<ChainRepairPlan> {
  const readable = await readPointersFrom(clickhouse, await collectedFloor(clickhouse))
  const cuts = readable
    .map(({ views }) => views[view.name])
    .filter(candidate => candidate?.version === view.version)
    .map(candidate => candidate!.cut)
  const rows = await clickhouse.rows<{ chain: string }>(
    `SELECT DISTINCT __chain AS chain FROM ${speedTable(view)}`,
  )
  // Never a number that was used: of a chain that was given up, rows may still be on their way out.
  const numbers = rows.map(({ chain }) => Number(chain.slice(1)))
  return {
    view: view.name,
    version: view.version,
    from: generation.chain,
    to: `c${Math.max(pointer?.seq ?? 0, ...numbers) + 1}`,
    begin: cuts.reduce(lowerCut, generation.cut),
  }
}

/** @returns the number of the generation that names the new chain */
async function rebuild(
  context: LayerContext,
  view: BoundView,
  plan: ChainRepairPlan,
  { build, onProgress }: ChainRepairOptions,
): Promise<number> {
  const stopping = new AbortController()
  const { signal } = stopping
  let failure: unknown
  const building = build({ view, chain: plan.to, from: plan.begin }, signal).catch(error => {
    failure = error
    stopping.abort()
  })
  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined)
  try {
    while (!signal.aborted) {
      const seq = await tryToSwitch(context, view, plan, onProgress)
      // The speed layer goes on with the chain once it has looked at the pointer; until then this one does.
      await pause(seq === undefined ? POLL_MS : context.options.refreshMs)
      if (seq !== undefined) return seq
    }
  } finally {
    stopping.abort()
    await building
  }
  throw failure
}

/** Publishes the new chain, if no answer goes back by it. */
async function tryToSwitch(
  context: LayerContext,
  view: BoundView,
  plan: ChainRepairPlan,
  onProgress: ChainRepairOptions['onProgress'],
): Promise<number | undefined> {
  const { clickhouse } = context
  const current = await readPointer(clickhouse)
  const serving = current?.views[view.name] ?? unpublished(view.version)
  if (serving.version !== view.version || serving.chain !== plan.from) throw superseded(view, plan)
  const next: ViewGeneration = { ...serving, chain: plan.to }
  // What serves is asked first: its chain may grow meanwhile.
  const now = await honestReach(context, view, serving)
  const then = await answersReach(clickhouse, view, next)
  onProgress?.(reached(now, then), reached(now, now))
  if (wouldGoBack(now, then) !== undefined) return undefined
  if ((await whyNotCovered(clickhouse, view, next)) !== undefined) return undefined
  crashPoint('repair: chain built')
  const seq = (current?.seq ?? 0) + 1
  const views = { ...(current?.views ?? allUnpublished(context)), [view.name]: next }
  return (await publish(clickhouse, seq, views, current?.paused ?? false)) ? seq : undefined
}

/** False where another pointer has come first: then everything is looked at again. */
async function publish(
  clickhouse: ClickHouse,
  seq: number,
  views: Pointer['views'],
  paused: boolean,
): Promise<boolean> {
  const publishedAtMs = Date.now()
  const prev = seq - 1
  try {
    await publishPointer(clickhouse, {
      format: 1,
      seq,
      prev,
      publishedAtMs,
      reason: 'repair',
      rolledBackTo: undefined,
      paused,
      views,
    })
    return true
  } catch (error) {
    if (error instanceof TwofoldError && error.code === 'PUBLICATION_SUPERSEDED') return false
    throw error
  }
}

/** How far answers can rightly reach: a damaged chain may tell of offsets that the log does not have. */
async function honestReach(
  { clickhouse, driver }: LayerContext,
  view: BoundView,
  serving: ViewGeneration,
): Promise<Map<number, number>> {
  const told = await answersReach(clickhouse, view, serving)
  const log = await driver.offsets(view.stream.topic)
  return new Map(
    [...told].map(([partition, offset]) => [partition, Math.min(offset, log.get(partition)?.end ?? 0)]),
  )
}

/** The first pointer names every view, so that each can be rolled back to as it is now. */
function allUnpublished({ views }: LayerContext): Pointer['views'] {
  return Object.fromEntries(views.map(({ name, version }) => [name, unpublished(version)]))
}

/** Σ offsets of `then`, as far as `now` reaches. */
function reached(now: ReadonlyMap<number, number>, then: ReadonlyMap<number, number>): number {
  return [...now].reduce((sum, [partition, end]) => sum + Math.min(end, then.get(partition) ?? 0), 0)
}

function superseded(view: BoundView, plan: ChainRepairPlan): TwofoldError {
  return new TwofoldError(
    'PUBLICATION_SUPERSEDED',
    `While the chain ${plan.to} of view ${view.name} (version ${view.version}) was built, another version or chain than ${plan.from} has been published.`,
    { details: { ...plan }, hint: 'Look with `twofold verify` whether there is still something to repair.' },
  )
}

function unknownView({ views }: LayerContext, wanted: string): TwofoldError {
  const known = views.map(({ name }) => name)
  return new TwofoldError('VIEW_UNKNOWN', `There is no view ${wanted}; there are ${known.join(', ')}.`, {
    details: { view: wanted, known },
    hint: 'Name a view of the configuration.',
  })
}
