import { type Columns, decimal, type Table, tableOf, whole } from './report.ts'
import type { Workload } from './rig/workload.ts'
import type { BatchFigures } from './sections/batch.ts'
import type { DecodeFigures } from './sections/decode.ts'
import type { FeatureFigure } from './sections/decode-features.ts'
import type { DeduplicationFigures } from './sections/deduplicate.ts'
import type { FeedResult } from './sections/feed.ts'
import type { FreshnessFigures } from './sections/freshness.ts'
import type { PlatformFigures } from './sections/platform.ts'
import type { KafkaFigures } from './sections/produce.ts'
import type { QueryFigures } from './sections/query.ts'
import type { PathFigures } from './sections/speed.ts'

export function decodeTable({ bytesPerEvent, decoder, jsonParse, features }: DecodeFigures): Table {
  const rows = [
    { name: 'compiled decoder: checked, typed columns', ...decoder },
    { name: 'JSON.parse: objects, unchecked', ...jsonParse },
    ...features.map(feature => ({ ...feature, name: `compiled decoder, and ${feature.name}` })),
  ]
  return tableOf(
    'Decoding',
    `Events of six columns, ${whole(bytesPerEvent)} bytes each, on one thread; the best of 15 rounds.`,
    {
      contender: row => row.name,
      'ns an event': row => whole(row.ns),
      'events/s': row => whole(1e9 / row.ns),
      ratio: row => decimal(jsonParse.ns / row.ns),
      'CPU-s per million': row => decimal(row.cpuNs / 1000),
    },
    rows,
  )
}

export function featureTable(figures: readonly FeatureFigure[]): Table {
  return tableOf(
    'What a column costs',
    'Events of a time, an id and one column more, on one thread; the best of 30 rounds.',
    {
      'the column': row => row.feature,
      'ns an event': row => whole(row.ns),
    },
    figures,
  )
}

export function feedTable(results: readonly FeedResult[]): Table {
  return tableOf(
    'Feeding DuckDB',
    'A batch of 50,000 rows and six columns; medians of 30 rounds.',
    {
      contender: row => row.contender,
      'total ms': row => decimal(row.totalMs, 1),
      'JavaScript ms': row => decimal(row.javascriptMs, 1),
    },
    results,
  )
}

export function deduplicationTable(figures: readonly DeduplicationFigures[]): Table {
  return tableOf(
    'Leaving out repeated events',
    'Events of three columns with a UUID for their id, one in ten repeated; one partition, its window full. The archive is read when a worker or a run begins.',
    {
      within: row => whole(row.within),
      'CPU-ns an event': row => whole(row.ns),
      'without an id': row => whole(row.withoutNs),
      'bytes an id, on average': row => decimal(row.bytesPerId, 1),
      'at most': row => decimal(row.mostBytesPerId, 1),
      'CPU-ms to read a million ids from the archive': row => whole(row.readMs),
    },
    figures,
  )
}

export function kafkaTable(figures: readonly KafkaFigures[]): Table {
  const first = (row: KafkaFigures) => figures.find(({ direction }) => direction === row.direction)!
  return tableOf(
    'Kafka',
    'Events of the shop through the driver port: idempotent producer, acks = all, 5,000 a call; reads with read_committed.',
    {
      driver: row => row.driver,
      '': row => row.direction,
      'events/s': row => whole(row.eventsPerSecond),
      ratio: row => decimal(row.eventsPerSecond / first(row).eventsPerSecond),
      'client CPU-s per million': row => decimal(row.clientCpuSecondsPerMillion),
      'Kafka CPU-s per million': row => decimal(row.kafkaCpuSecondsPerMillion),
    },
    figures,
  )
}

export function pathTable({ name, bytesPerEvent }: Workload, paths: readonly PathFigures[]): Table {
  return tableOf(
    `From Kafka to rows in ClickHouse: ${name}`,
    `Two views; ${whole(bytesPerEvent)} bytes an event. The events stand in Kafka; measuring begins when a tenth of them is done.`,
    {
      contender: row => row.contender,
      'events/s': row => whole(row.eventsPerSecond),
      ratio: row => decimal(row.eventsPerSecond / paths[0]!.eventsPerSecond),
      ...cpuColumns(),
      'worker peak MB': row => whole(row.peakResidentMb),
      rows: row => whole(row.rows),
    },
    paths,
  )
}

function cpuColumns(): Columns<PathFigures> {
  return {
    'worker CPU-s per million': row => decimal(row.cpuSecondsPerMillion.worker),
    'ClickHouse CPU-s': row => decimal(row.cpuSecondsPerMillion.clickhouse),
    'Kafka CPU-s': row => decimal(row.cpuSecondsPerMillion.kafka),
  }
}

export function batchTableOf({ name }: Workload, figures: readonly BatchFigures[]): Table {
  return tableOf(
    `The batch layer: ${name}`,
    'Jobs from planning to publication, verification included; their worker is a process that starts for the job.',
    {
      stage: row => row.stage,
      'events/s': row => whole(row.eventsPerSecond),
      'worker CPU-s per million': row => decimal(row.workerCpuSecondsPerMillion),
      'ClickHouse CPU-s': row => decimal(row.clickhouseCpuSecondsPerMillion),
      'worker peak MB': row => whole(row.peakResidentMb),
    },
    figures,
  )
}

export function queryTable({ name }: Workload, figures: readonly QueryFigures[]): Table {
  return tableOf(
    `Questions to the HTTP API: ${name}`,
    'One client, one question at a time, the layers at rest.',
    {
      'rows come from': row => row.state,
      question: row => row.question,
      'p50 ms': row => decimal(row.p50Ms, 1),
      'p99 ms': row => decimal(row.p99Ms, 1),
      'rows of the answer': row => whole(row.rows),
    },
    figures,
  )
}

/** What blocks of one size came to for a workload. */
export interface BlockSizeFigures {
  readonly blockSize: number
  readonly events: number
  readonly path: PathFigures
  readonly queries: readonly QueryFigures[]
}

const SMALL_STREAM = { eventsPerSecond: 100, partitions: 4 } as const

export function blockSizeTable(figures: readonly BlockSizeFigures[]): Table {
  const { eventsPerSecond, partitions } = SMALL_STREAM
  const queryColumns = Object.fromEntries(
    [0, 1].map(index => [
      ['"one row in all" p50 ms', '"top 10" p50 ms'][index]!,
      (row: BlockSizeFigures) => decimal(row.queries[index]!.p50Ms, 1),
    ]),
  )
  return tableOf(
    'Block sizes',
    `The speed layer alone, and questions with all rows in it. The last column is computed: how long a stream of ${eventsPerSecond} events/s over ${partitions} partitions takes to fill a block, after which the batch layer can take it over.`,
    {
      workload: row => row.path.workload,
      'block size': row => whole(row.blockSize),
      'events/s': row => whole(row.path.eventsPerSecond),
      ...cpuOf(),
      'rows in speed tables': row => whole(row.path.rows),
      'events a row': row => decimal(row.events / row.path.rows, 1),
      ...queryColumns,
      'small stream: s to fill a block': row => whole((row.blockSize * partitions) / eventsPerSecond),
    },
    figures,
  )
}

function cpuOf(): Columns<BlockSizeFigures> {
  return Object.fromEntries(
    Object.entries(cpuColumns())
      .slice(0, 2)
      .map(([name, cell]) => [name, ({ path }: BlockSizeFigures) => cell(path)]),
  )
}

export function freshnessTable(figures: readonly FreshnessFigures[]): Table {
  return tableOf(
    'Freshness',
    'From the call that produces an event to the moment when both views’ answers hold it; looked for every 10 ms, every 50 ms under load; the producer and Kafka share the cores.',
    {
      stream: row => row.workload,
      load: row => row.load,
      'p50 ms': row => whole(row.p50Ms),
      'p99 ms': row => whole(row.p99Ms),
      samples: row => whole(row.samples),
    },
    figures,
  )
}

export function platformTables({ secondsToFirstAnswer, processes }: PlatformFigures): Table[] {
  return [
    tableOf(
      'npm start',
      'The flights demonstration on an empty data directory, with all jars and packages there.',
      { '': row => row.name, seconds: row => decimal(row.seconds, 1) },
      [{ name: 'from the command to the first answer that counts events', seconds: secondsToFirstAnswer }],
    ),
    tableOf(
      'Memory of npm start',
      'While the demonstration’s history is taken in and its first batch job runs; a process that came and went with what it last had.',
      {
        process: row => row.process,
        'resident MB': row => whole(row.residentMb),
        'peak MB': row => whole(row.peakResidentMb),
      },
      processes,
    ),
  ]
}
