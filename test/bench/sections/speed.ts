import { speedTable } from '../../../core/sql/tables.ts'
import { recordsIn } from '../rig/clients.ts'
import { sum, watchProgress } from '../rig/progress.ts'
import type { Rig, ServerUsage } from '../rig/rig.ts'
import type { RunningLayer, Scenario } from '../rig/scenario.ts'
import type { Workload } from '../rig/workload.ts'

/** What it took to bring a topic's events from Kafka into rows in ClickHouse. */
export interface PathFigures {
  readonly contender: string
  readonly workload: Workload['name']
  readonly eventsPerSecond: number
  readonly cpuSecondsPerMillion: CpuSeconds
  readonly peakResidentMb: number
  /** Rows that the events became, over all views. */
  readonly rows: number
}

export interface CpuSeconds {
  /** Of the process that reads, folds and inserts. */
  readonly worker: number
  readonly kafka: number
  readonly clickhouse: number
}

/** Runs the speed layer over all that its topic holds; stops it again. */
export async function benchSpeed(
  rig: Rig,
  workload: Workload,
  scenario: Scenario,
  contender = 'Twofold',
): Promise<PathFigures> {
  const [stream] = scenario.context.project.streams
  const total = await recordsIn(rig.driver, stream!.topic)
  const layer = scenario.startLayer('speed')
  try {
    const done = async () => sum((await scenario.positions()).values())
    return {
      ...(await measurePath(rig, layer, total, done)),
      contender,
      workload: workload.name,
      rows: await speedRows(scenario),
    }
  } finally {
    await layer.stop()
  }
}

/** Watches a worker until `done` tells that all events are in rows. */
export async function measurePath(
  rig: Rig,
  worker: Pick<RunningLayer, 'usage'>,
  total: number,
  done: () => Promise<number>,
): Promise<Pick<PathFigures, 'eventsPerSecond' | 'cpuSecondsPerMillion' | 'peakResidentMb'>> {
  const usage = () => ({ worker: worker.usage(), servers: rig.usage() })
  const limits = { total, from: total / 10 }
  const { events, seconds, before, after } = await watchProgress(
    'The way into ClickHouse',
    limits,
    done,
    usage,
  )
  const perMillion = (cpuSeconds: number) => (cpuSeconds * 1e6) / events
  const spent = (name: keyof ServerUsage) =>
    perMillion(after.servers[name].cpuSeconds - before.servers[name].cpuSeconds)
  return {
    eventsPerSecond: events / seconds,
    cpuSecondsPerMillion: {
      worker: perMillion(after.worker.cpuSeconds - before.worker.cpuSeconds),
      kafka: spent('kafka'),
      clickhouse: spent('clickhouse'),
    },
    peakResidentMb: after.worker.peakResidentMb,
  }
}

/** Rows of the speed tables once ClickHouse has merged what it would merge in time. */
async function speedRows({ context: { clickhouse, views } }: Scenario): Promise<number> {
  let rows = 0
  for (const view of views) {
    await clickhouse.command(`OPTIMIZE TABLE ${speedTable(view)} FINAL`)
    const [found] = await clickhouse.rows<{ rows: string }>(`SELECT count() AS rows FROM ${speedTable(view)}`)
    rows += Number(found!.rows)
  }
  return rows
}
