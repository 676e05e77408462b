import type { EventBatch } from '../core/decode/event-batch.ts'
import type { DuckDBSession } from '../core/io/duckdb/session.ts'
import type { RawRecord } from '../core/model/record.ts'
import type { StreamDefinition } from '../core/model/stream.ts'
import type { CompiledView } from '../core/sql/compiled-view.ts'
import type { SizeBound } from '../core/sql/measure-parts.ts'
import type { FoldedView } from './micro-batch.ts'
import type { QuarantinedRecord } from './quarantine.ts'

/** The records on which expressions of a view failed, each with the first field that does, and why where that is known. */
export async function explainFailures(
  session: DuckDBSession,
  stream: StreamDefinition,
  batches: readonly EventBatch[],
  folded: FoldedView,
): Promise<QuarantinedRecord[]> {
  const { view } = folded.cursor.compiled
  const fields = expressionsOf(folded.cursor.compiled)
  const columns = fields.flatMap(({ sql, bound }, index) => [
    `${attempt(sql)} IS NULL AS f${index}`,
    ...(bound === undefined ? [] : [`CAST(${attempt(bound.sql)}.v AS VARCHAR) AS v${index}`]),
  ])
  const wanted = folded.failed.map(({ partition, offset }) => `(${partition}, ${offset})`).join(', ')
  const rows = await session.rows<Record<string, unknown>>(
    `SELECT __partition, __offset, ${columns.join(', ')} FROM events WHERE (__partition, __offset) IN (${wanted})`,
  )
  const records = new Map<string, RawRecord>(
    batches.flatMap(events =>
      events.records.map((record, row) => [`${events.partitions[row]}/${record.offset}`, record]),
    ),
  )
  return rows.map(row => {
    const index = fields.findIndex((_, index) => row[`f${index}`] === true)
    const { field, bound } = fields[index] ?? { field: 'where', bound: undefined }
    const why = bound === undefined ? '' : tooLarge(row[`v${index}`], bound)
    return {
      partition: Number(row['__partition']),
      record: records.get(`${row['__partition']}/${row['__offset']}`)!,
      view: { name: view.name, version: view.version },
      reason: 'expression_failed',
      field,
      detail: `${field} of view ${view.name} fails on this event of stream ${stream.topic}${why}`,
    }
  })
}

/** Without CASE, DuckDB computes a subexpression that stands twice ahead of TRY, where it fails the statement. */
function attempt(sql: string): string {
  return `CASE WHEN __accepted THEN TRY({'v': ${sql}}) END`
}

/** What is there of a value that a measure does not take; nothing where the value itself could not be computed. */
function tooLarge(value: unknown, { says }: SizeBound): string {
  if (typeof value !== 'string') return ''
  const digits = value.replace(/[-.]/g, '').replace(/^0+/, '').length
  const size = value.includes('e') ? '' : `, of ${digits} digits,`
  return `: the value ${value}${size} is too large, for ${says}`
}

interface Evaluated {
  readonly field: string
  readonly sql: string
  readonly bound?: SizeBound
}

/** Every expression that is evaluated for a record, by the place where it is declared. */
function expressionsOf(compiled: CompiledView): Evaluated[] {
  const { view } = compiled
  return [
    ...(view.where === undefined ? [] : [{ field: 'where', sql: `CAST((${view.where}) AS BOOLEAN)` }]),
    ...compiled.dimensions.map(({ name, sql }) => ({ field: `dimensions.${name}`, sql })),
    ...compiled.measures.flatMap(({ name, rowFields }) =>
      rowFields.map(({ sql, bound }) => ({
        field: `measures.${name}`,
        sql,
        ...(bound !== undefined && { bound }),
      })),
    ),
  ]
}
