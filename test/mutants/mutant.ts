import type { Decoder } from '../../core/decode/decoder.ts'
import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import type { DuckDBSession } from '../../core/io/duckdb/session.ts'
import type { Files } from '../../core/io/files.ts'
import type { KafkaDriver } from '../../core/io/kafka/driver.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import type { runBatchJob } from '../laws/batch-job.ts'
import type { Scenario } from './stage.ts'

/** Makes the broken twin of a part. */
export type Break<Part> = (part: Part) => Part

/** What is broken. Everything else is the product as it is. */
export interface Breaks {
  readonly clickhouse?: Break<ClickHouse>
  readonly session?: Break<DuckDBSession>
  readonly files?: Break<Files>
  /** The speed layer's decoder; the archive keeps its own. */
  readonly speedDecoder?: (stream: StreamDefinition) => Decoder
  /** What workers of the speed layer read of Kafka, and what they take the stream for. */
  readonly driver?: Break<KafkaDriver>
  readonly speedStream?: Break<StreamDefinition>
  readonly job?: Break<typeof runBatchJob>
}

/** A deliberate break that must not go unnoticed. */
export interface Mutant {
  /** What is broken, in words: also the key of its row in docs/reliability.md. */
  readonly name: string
  readonly breaks: Breaks
  /** The scenario that notices; without the break it comes to its end. */
  readonly scenario: Scenario
  /** The words by which it is noticed. */
  readonly foundBy: RegExp
}
