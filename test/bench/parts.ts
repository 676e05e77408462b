import type { BenchPlan } from './plan.ts'
import type { Table } from './report.ts'
import { produceAll, recordsIn } from './rig/clients.ts'
import type { Rig } from './rig/rig.ts'
import { openScenario } from './rig/scenario.ts'
import { flightsWorkload, shopWorkload, type Workload } from './rig/workload.ts'
import { benchBaseline } from './sections/baseline.ts'
import { type BatchFigures, benchArchive, benchJob } from './sections/batch.ts'
import { benchDecode } from './sections/decode.ts'
import { benchFeatures } from './sections/decode-features.ts'
import { benchDeduplication } from './sections/deduplicate.ts'
import { benchFeed } from './sections/feed.ts'
import { benchFreshness } from './sections/freshness.ts'
import { benchPlatform } from './sections/platform.ts'
import { benchKafka, type KafkaFigures } from './sections/produce.ts'
import { benchQueries, type QueryFigures } from './sections/query.ts'
import { benchSpeed, type PathFigures } from './sections/speed.ts'
import {
  type BlockSizeFigures,
  batchTableOf,
  blockSizeTable,
  decodeTable,
  deduplicationTable,
  featureTable,
  feedTable,
  freshnessTable,
  kafkaTable,
  pathTable,
  platformTables,
  queryTable,
} from './tables.ts'

/** A part of the benchmark: it answers tables, and leaves nothing that the parts after it could trip over. */
export interface Part {
  readonly name: string
  run(): Promise<readonly Table[]>
}

/** The parts in the order in which they must run: some take up what others have left. */
export async function partsOf(rig: Rig, plan: BenchPlan): Promise<Part[]> {
  const shop = shopWorkload(plan.events)
  const flights = await flightsWorkload(plan.events)
  const fastest = new Map<Workload['name'], number>()
  const part = (name: string, run: Part['run']): Part => ({ name, run })
  return [
    part('decode', async () => [
      decodeTable(benchDecode()),
      deduplicationTable(await benchDeduplication()),
      featureTable(benchFeatures()),
      feedTable(await benchFeed()),
    ]),
    part('Kafka', async () => [kafkaTable(await kafkaFigures(rig, shop, plan))]),
    ...[shop, flights].map(workload =>
      part(`${workload.name}: both layers`, () => bothLayers(rig, workload, plan, fastest)),
    ),
    part('freshness', async () => {
      const most = fastest.get(shop.name)
      if (most === undefined)
        throw new Error('It takes its rate from "shop: both layers", which has not run.')
      return [freshnessTable(await benchFreshness(rig, shop, most / 2, plan.freshnessSeconds))]
    }),
    part('platform', async () => platformTables(await benchPlatform(plan.platformWorkSeconds))),
    part('block sizes', async () => [blockSizeTable(await blockSizes(rig, [shop, flights], plan))]),
  ]
}

async function kafkaFigures(rig: Rig, workload: Workload, plan: BenchPlan): Promise<KafkaFigures[]> {
  const some = { ...workload, records: workload.records.slice(0, plan.kafkaEvents) }
  return [
    ...(await benchKafka(rig, some, 'kafkajs')),
    // An optional install.
    ...(await benchKafka(rig, some, 'node-rdkafka').catch(() => [])),
  ]
}

/**
 * The way of a workload through both layers. The batch layer publishes what the first half of the events came to
 * before the second half is produced, so that questions meet both layers' rows.
 */
async function bothLayers(
  rig: Rig,
  workload: Workload,
  plan: BenchPlan,
  fastest: Map<Workload['name'], number>,
): Promise<Table[]> {
  const [stream] = workload.project.streams
  const middle = Math.floor(workload.records.length / 2)
  await rig.driver.createTopic(stream!.topic, stream!.topicSettings)
  await produceAll(rig.driver, stream!.topic, workload.records.slice(0, middle))
  const scenario = await openScenario(rig, workload.project, { name: workload.name })
  const batch: BatchFigures[] = []
  const queries: QueryFigures[] = []
  const paths: PathFigures[] = []
  try {
    batch.push(await benchArchive(rig, workload, scenario))
    batch.push(await benchJob(rig, workload, scenario, 'extend'))
    await produceAll(rig.driver, stream!.topic, workload.records.slice(middle))
    paths.push(await benchSpeed(rig, workload, scenario))
    fastest.set(workload.name, paths[0]!.eventsPerSecond)
    queries.push(...(await benchQueries(workload, scenario, 'half of each', plan.queryRounds)))
    await benchArchive(rig, workload, scenario)
    batch.push(await benchJob(rig, workload, scenario, 'full'))
    queries.push(...(await benchQueries(workload, scenario, 'batch, and a tail', plan.queryRounds)))
  } finally {
    await scenario.close()
  }
  for (const rows of ['raw', 'parsed'] as const) paths.push(await benchBaseline(rig, workload, rows))
  return [pathTable(workload, paths), batchTableOf(workload, batch), queryTable(workload, queries)]
}

/** The speed layer alone, with blocks of each size, over the topics that `bothLayers` has filled. */
async function blockSizes(
  rig: Rig,
  workloads: readonly Workload[],
  plan: BenchPlan,
): Promise<BlockSizeFigures[]> {
  const figures: BlockSizeFigures[] = []
  for (const workload of workloads) {
    const events = await recordsIn(rig.driver, workload.project.streams[0]!.topic)
    for (const blockSize of plan.blockSizes) {
      const name = `${workload.name}_${blockSize}`
      const scenario = await openScenario(rig, workload.project, { name, blockSize })
      try {
        const path = await benchSpeed(rig, workload, scenario)
        const queries = await benchQueries(workload, scenario, 'speed layer alone', plan.queryRounds)
        figures.push({ blockSize, path, queries, events })
      } finally {
        await scenario.close()
      }
    }
  }
  return figures
}
