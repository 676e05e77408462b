import { compileDecoder } from '../../core/decode/compile.ts'
import type { Decoder } from '../../core/decode/decoder.ts'
import type { ClickHouse, StatementOptions } from '../../core/io/clickhouse/client.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import {
  both,
  type Change,
  clickhouseStatements,
  duckdbStatements,
  uncounted,
  withoutTokens,
} from './breaks.ts'
import type { Mutant } from './mutant.ts'
import { archivers } from './scenarios/archivers.ts'
import { laneWorker } from './scenarios/lane-worker.ts'
import { wholeCourse } from './scenarios/whole-course.ts'
import { killedWriters, simultaneousWriters, staleWriter } from './scenarios/writers.ts'

const INTO_SPEED = /^INSERT INTO `speed_/

/** A link's insert without what the product has in it. */
const links = (change: Change) => clickhouseStatements(sql => (INTO_SPEED.test(sql) ? change(sql) : sql))

const unguarded = links(sql => sql.replace(/\nWHERE [\s\S]*\nFORMAT Parquet$/, '\nWHERE 1\nFORMAT Parquet'))

/** Breaks of the speed layer: the chain, the fold of micro-batches, the decoder. */
export const SPEED_MUTANTS: readonly Mutant[] = [
  {
    name: 'links are inserted without their guard',
    breaks: { clickhouse: unguarded },
    scenario: staleWriter,
    foundBy: /is not gapless: in partition 0, offsets .* stand twice/,
  },
  {
    name: 'links are inserted without their token',
    breaks: { clickhouse: withoutTokens(INTO_SPEED) },
    scenario: simultaneousWriters,
    foundBy: /is not gapless: in partition 0, offsets .* stand twice/,
  },
  {
    name: 'links are inserted without guard and token',
    breaks: { clickhouse: both(unguarded, withoutTokens(INTO_SPEED)) },
    scenario: wholeCourse,
    foundBy: /without gap or overlap, but they have a gap or an overlap/,
  },
  {
    name: 'the marker is not written',
    breaks: { clickhouse: links(sql => sql.replace('\nWHERE ', '\nWHERE __kind = 0 AND ')) },
    scenario: wholeCourse,
    foundBy: /ClickHouse acknowledged the insert c0\/0\/0 5 times and kept none of them/,
  },
  {
    name: 'the partials are not written',
    breaks: { clickhouse: links(sql => sql.replace('\nWHERE ', '\nWHERE __kind = 1 AND ')) },
    scenario: wholeCourse,
    foundBy: /0 rows, the oracle has 10/,
  },
  {
    name: 'the marker is not read back: every insert counts as won',
    breaks: { clickhouse: believing },
    scenario: staleWriter,
    foundBy: /is not gapless: in partition 0, offsets 10 to 11 stand twice/,
  },
  {
    name: 'the position is the offset last committed, not the chain’s',
    breaks: { clickhouse: committing },
    scenario: killedWriters,
    foundBy: /is not gapless: in partition 0, offsets 3 to 7 stand twice/,
  },
  {
    name: 'the speed layer folds without the block in its key',
    breaks: {
      session: duckdbStatements(sql =>
        sql
          .replace(
            '__kind, __partition, __block, __bucket',
            '__kind, __partition, min(__block) AS __block, __bucket',
          )
          .replace('GROUP BY __partition, __block, __bucket', 'GROUP BY __partition, __bucket'),
      ),
    },
    scenario: wholeCourse,
    foundBy: /the layers differ: .*"what":"partials","batch":"3 records, .*"speed":"5 records,/,
  },
  {
    name: 'the speed layer’s decoder reads another value than the archive’s',
    breaks: { speedDecoder: withColumn('b', { default: true }) },
    scenario: wholeCourse,
    foundBy: /9 rows, the oracle has 10/,
  },
  {
    name: 'the speed layer’s decoder refuses what the archive’s accepts',
    breaks: { speedDecoder: withColumn('b', { optional: false }) },
    scenario: archivers,
    foundBy: /the layers differ: .*"batch":"4 accepted, .*"speed":"3 accepted, 0 filtered, 1 quarantined,/,
  },
  {
    name: 'the speed layer does not count quarantined records',
    breaks: { session: duckdbStatements(sql => (sql.includes('__first') ? uncounted(sql) : sql)) },
    scenario: wholeCourse,
    foundBy: /coverage counts 0 quarantined, the oracle 1/,
  },
  {
    name: 'quarantined records are counted and not kept',
    breaks: {
      clickhouse: clickhouseStatements(sql =>
        /^INSERT INTO quarantine/.test(sql) ? sql.replace(' FORMAT ', ' WHERE 0 FORMAT ') : sql,
      ),
    },
    scenario: laneWorker,
    foundBy: /quarantine of view "" holds 0 records, not 4/,
  },
]

/** A decoder that was compiled from a schema in which one column is another. */
function withColumn(name: string, change: Partial<StreamDefinition['columns'][number]>) {
  return (stream: StreamDefinition): Decoder =>
    compileDecoder({
      ...stream,
      columns: stream.columns.map(column => (column.name === name ? { ...column, ...change } : column)),
    })
}

/** The writer's name stands in its insert; whatever number is read back is said to be its own. */
function believing(inner: ClickHouse): ClickHouse {
  let writer = ''
  return {
    ...inner,
    insertSelect: (sql, body, options) => {
      writer = /if\(__kind = 1, '([^']*)', ''\)/.exec(sql)?.[1] ?? writer
      return inner.insertSelect(sql, body, options)
    },
    rows: async <T>(sql: string, options?: StatementOptions) =>
      sql.startsWith('SELECT DISTINCT __writer') ? ([{ writer }] as T[]) : inner.rows<T>(sql, options),
  }
}

/**
 * Where a chain ends is told from offsets that are committed after each insert, as a Kafka consumer does: a writer
 * that dies between the two commits nothing.
 */
function committing(inner: ClickHouse): ClickHouse {
  const POSITION = /^SELECT __partition AS partition, max\(__end\) AS end, max\(__seq\) AS seq\s+FROM (\S+)/
  const committed = new Map<string, string>()
  let lastRead: string | undefined
  return {
    ...inner,
    insertSelect: async (sql, body, options) => {
      const summary = await inner.insertSelect(sql, body, options)
      if (INTO_SPEED.test(sql) && lastRead !== undefined)
        for (const row of await inner.rows<{ partition: number; end: string }>(lastRead))
          committed.set(`${row.partition}`, row.end)
      return summary
    },
    rows: async <T>(sql: string, options?: StatementOptions) => {
      const rows = await inner.rows<T>(sql, options)
      if (!POSITION.test(sql)) return rows
      lastRead = sql
      return (rows as { partition: number; end: string }[]).map(row => ({
        ...row,
        end: committed.get(`${row.partition}`) ?? row.end,
      })) as T[]
    },
  }
}
