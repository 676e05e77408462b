import { SYNCED } from './synced.ts'

/**
 * The version of all tables' layout. A database of a later version is refused, never guessed at; one of an earlier is
 * brought up to date, after which the code that wrote it refuses it by name.
 *
 * 1: version 0.1.0. 2: definitions may hold what that version does not know (times in many forms, lists, ids).
 */
export const TABLES_FORMAT = 2

/** The tables that are not a view's. Each statement leaves what exists as it is. */
export const SYSTEM_TABLES: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS meta (key String, value String) ENGINE = MergeTree ORDER BY key
   SETTINGS non_replicated_deduplication_window = 1000, ${SYNCED}`,
  // Where each partition of a stream begins and which incarnation of the topic it is: written once.
  `CREATE TABLE IF NOT EXISTS partitions (topic String, topic_id String, partition Int32, begin Int64, at DateTime64(3, 'UTC'))
   ENGINE = MergeTree ORDER BY (topic, partition)
   SETTINGS non_replicated_deduplication_window = 10000, ${SYNCED}`,
  // Definitions of view versions, as JSON: a version outlives the configuration that declared it.
  `CREATE TABLE IF NOT EXISTS definitions (name String, version String, body String, at DateTime64(3, 'UTC'))
   ENGINE = ReplacingMergeTree ORDER BY (name, version) SETTINGS ${SYNCED}`,
  `CREATE TABLE IF NOT EXISTS pointers (seq UInt64, prev UInt64, id String, body String, at DateTime64(3, 'UTC'))
   ENGINE = MergeTree ORDER BY seq
   SETTINGS non_replicated_deduplication_window = 1000, ${SYNCED}`,
  // Written before any row goes: generations below floor_seq can no longer be read.
  `CREATE TABLE IF NOT EXISTS collections (floor_seq UInt64, body String, at DateTime64(3, 'UTC'))
   ENGINE = MergeTree ORDER BY floor_seq
   SETTINGS non_replicated_deduplication_window = 1000, ${SYNCED}`,
  // Batch jobs and what they found; the newest row of an id counts.
  `CREATE TABLE IF NOT EXISTS jobs (id String, at DateTime64(3, 'UTC'), kind LowCardinality(String), state LowCardinality(String), body String)
   ENGINE = ReplacingMergeTree(at) ORDER BY id`,
  // Records set aside: by their schema (view ''), or by an expression of a view's version. Key and value are kept up
  // to QUARANTINE_KEPT_BYTES, and by one byte more where there is more.
  `CREATE TABLE IF NOT EXISTS quarantine (topic LowCardinality(String), view LowCardinality(String), version LowCardinality(String),
     partition Int32, offset Int64, topic_id LowCardinality(String), reason LowCardinality(String), field String, detail String,
     key Nullable(String), value Nullable(String), kafka_time DateTime64(3, 'UTC'))
   ENGINE = ReplacingMergeTree ORDER BY (topic, view, version, partition, offset)`,
  // What each running process says of itself, every moment: not worth a file.
  `CREATE TABLE IF NOT EXISTS heartbeats (layer String, instance String, at DateTime64(3, 'UTC'), body String)
   ENGINE = Memory SETTINGS min_rows_to_keep = 200, max_rows_to_keep = 2000`,
]

/** The archive holds longer keys and values whole. */
export const QUARANTINE_KEPT_BYTES = 64 * 1024
