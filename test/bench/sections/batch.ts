import { setTimeout as sleep } from 'node:timers/promises'
import { readArchived } from '../../../batch-layer/archived.ts'
import { runBatchJob } from '../../../batch-layer/commands.ts'
import type { JobKind } from '../../../batch-layer/recompute/plan.ts'
import { recordsIn } from '../rig/clients.ts'
import { commandLineOf, descendantsOf, usageOf } from '../rig/process-usage.ts'
import { sum, watchProgress } from '../rig/progress.ts'
import type { Rig } from '../rig/rig.ts'
import type { Scenario } from '../rig/scenario.ts'
import type { Workload } from '../rig/workload.ts'

/** What a stage of the batch layer took. */
export interface BatchFigures {
  readonly stage: 'archive' | 'extend, from typed columns' | 'full recompute, from raw bytes'
  readonly workload: Workload['name']
  readonly eventsPerSecond: number
  /** CPU seconds of the process that does it. */
  readonly workerCpuSecondsPerMillion: number
  readonly clickhouseCpuSecondsPerMillion: number
  readonly peakResidentMb: number
}

/** Archives all that the scenario's topic holds. */
export async function benchArchive(rig: Rig, workload: Workload, scenario: Scenario): Promise<BatchFigures> {
  const total = await recordsIn(rig.driver, scenario.context.project.streams[0]!.topic)
  const layer = scenario.startLayer('batch')
  try {
    const usage = () => ({ worker: layer.usage(), clickhouse: rig.usage().clickhouse })
    // Segments are large: measuring begins with the first of them.
    const limits = { total, from: 1 }
    const { events, seconds, before, after } = await watchProgress(
      'The archive',
      limits,
      () => archivedRecords(scenario),
      usage,
    )
    return {
      stage: 'archive',
      workload: workload.name,
      eventsPerSecond: events / seconds,
      workerCpuSecondsPerMillion: ((after.worker.cpuSeconds - before.worker.cpuSeconds) * 1e6) / events,
      clickhouseCpuSecondsPerMillion:
        ((after.clickhouse.cpuSeconds - before.clickhouse.cpuSeconds) * 1e6) / events,
      peakResidentMb: after.worker.peakResidentMb,
    }
  } finally {
    await layer.stop()
  }
}

async function archivedRecords({ context }: Scenario): Promise<number> {
  const [chains] = [...(await readArchived(context)).values()]
  return sum([...chains!.values()].map(chain => chain.end))
}

/** Runs one batch job from beginning to end: plan, fold, insert, verify, publish. */
export async function benchJob(
  rig: Rig,
  workload: Workload,
  scenario: Scenario,
  kind: JobKind,
): Promise<BatchFigures> {
  const before = rig.usage()
  const startedMs = performance.now()
  const peak = new PeakOfWorker()
  const pointer = await runBatchJob(scenario.context, { kind })
  const seconds = (performance.now() - startedMs) / 1000
  await peak.stop()
  const after = rig.usage()
  const [view] = workload.project.views
  const tallies = pointer!.views[view!.name]!.runs.map(run => run.tally)
  const events = sum(tallies.map(tally => tally.accepted + tally.filtered + tally.quarantined))
  return {
    stage: kind === 'extend' ? 'extend, from typed columns' : 'full recompute, from raw bytes',
    workload: workload.name,
    eventsPerSecond: events / seconds,
    workerCpuSecondsPerMillion:
      ((after.bench.childrenCpuSeconds - before.bench.childrenCpuSeconds) * 1e6) / events,
    clickhouseCpuSecondsPerMillion:
      ((after.clickhouse.cpuSeconds - before.clickhouse.cpuSeconds) * 1e6) / events,
    peakResidentMb: peak.residentMb,
  }
}

/** The peak memory of the job's worker: a process that comes and goes, so it must be looked at while it lives. */
class PeakOfWorker {
  residentMb = Number.NaN
  #stopped = false
  readonly #watching = this.#watch()

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#watching
  }

  async #watch(): Promise<void> {
    while (!this.#stopped) {
      const pid = descendantsOf(process.pid).find(id => commandLineOf(id).includes('recompute/worker.js'))
      const { peakResidentMb } = usageOf(pid)
      if (!Number.isNaN(peakResidentMb)) this.residentMb = peakResidentMb
      await sleep(100)
    }
  }
}
