import {
  flushArchive,
  listRuns,
  type RunListing,
  resumeSchedule,
  rollBack,
  runBatchJob,
} from '../../batch-layer/commands.ts'
import { type HeldView, heldText } from '../../core/model/held-view.ts'
import type { Pointer } from '../../core/model/pointer.ts'
import { commandLog } from '../output/layer-log.ts'
import { outputMode, present } from '../output/mode.ts'
import { grouped } from '../output/numbers.ts'
import { openProgress } from '../output/progress.ts'
import { textTable } from '../output/table.ts'
import { withContext } from '../platform/context.ts'
import { type GlobalFlags, openWorkspace } from '../project/workspace.ts'

const log = commandLog('batch')

/** Runs one batch job now: over what is new, or over all there is. */
export async function batchRun(flags: GlobalFlags & { readonly full?: boolean }): Promise<void> {
  const progress = openProgress()
  const kind = flags.full === true ? 'full' : 'extend'
  let waiting: readonly HeldView[] = []
  let notArchived: string | undefined
  const pointer = await withContext(await openWorkspace(flags), log, async context => {
    notArchived = await flushArchive(context)
    return runBatchJob(context, {
      kind,
      onProgress: (done, total, text) => progress.update(done, total, text),
      onHeld: held => (waiting = held),
    })
  }).finally(() => progress.stop())
  if (notArchived !== undefined) log.warn(notArchived)
  present(outputMode(flags), { pointer: pointer ?? null, waiting, notArchived: notArchived ?? null }, () =>
    [pointer === undefined ? NOTHING_NEW : pointerText(pointer), ...waiting.map(heldText)].join('\n'),
  )
}

const NOTHING_NEW = 'No block has been completed in the archive since; what is published stays.'

/** Publishes an older generation again. */
export async function batchRollback(flags: GlobalFlags & { readonly to?: number }): Promise<void> {
  const pointer = await withContext(await openWorkspace(flags), log, context => rollBack(context, flags.to))
  presentPointer(flags, pointer, '')
}

/** Lets scheduled jobs run again after a roll-back. */
export async function batchResume(flags: GlobalFlags): Promise<void> {
  const pointer = await withContext(await openWorkspace(flags), log, resumeSchedule)
  presentPointer(flags, pointer, 'Nothing is published yet, so nothing was paused.')
}

/** Lists jobs and generations. */
export async function batchRuns(flags: GlobalFlags): Promise<void> {
  const listing = await withContext(await openWorkspace(flags), log, listRuns)
  present(outputMode(flags), listing, listingText)
}

function presentPointer(flags: GlobalFlags, pointer: Pointer | undefined, nothing: string): void {
  present(outputMode(flags), { pointer: pointer ?? null }, () =>
    pointer === undefined ? nothing : pointerText(pointer),
  )
}

function pointerText({ seq, rolledBackTo, paused, views }: Pointer): string {
  const rows = Object.entries(views).map(([name, { version, runs }]) => [
    name,
    version,
    String(runs.length),
    grouped(runs.reduce((sum, { tally }) => sum + tally.accepted, 0)),
  ])
  const back = rolledBackTo === undefined ? '' : `, which is generation ${rolledBackTo} again`
  const pause = paused ? ' Scheduled jobs wait for `twofold batch resume`.' : ''
  return `Generation ${seq} is published${back}.${pause}\n${textTable(['view', 'version', 'runs', 'events'], rows, [false, false, true, true])}`
}

function listingText({ jobs, generations }: RunListing): string {
  const generationRows = generations.map(
    ({ seq, publishedAtMs, reason, rolledBackTo, canRollBack, views }, index) => [
      String(seq),
      new Date(publishedAtMs).toISOString(),
      rolledBackTo === undefined ? reason : `${reason} to ${rolledBackTo}`,
      grouped(Math.max(0, ...views.map(({ records }) => records))),
      index === 0 ? 'serves' : canRollBack ? 'can be rolled back to' : 'collected',
    ],
  )
  const jobRows = jobs.map(({ id, kind, state, generation, records, error }) => [
    id,
    kind,
    state,
    generation === undefined ? '' : String(generation),
    records === undefined ? '' : grouped(records),
    error?.message.split('\n')[0] ?? '',
  ])
  return [
    textTable(['generation', 'published', 'by', 'events', ''], generationRows, [true, false, false, true]),
    textTable(['job', 'kind', 'state', 'generation', 'records', 'error'], jobRows, [
      false,
      false,
      false,
      true,
      true,
    ]),
  ].join('\n\n')
}
