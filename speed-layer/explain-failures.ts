import type { EventBatch } from '../core/decode/event-batch.ts'
import type { DuckDBSession } from '../core/io/duckdb/session.ts'
import type { RawRecord } from '../core/model/record.ts'
import type { StreamDefinition } from '../core/model/stream.ts'
import type { CompiledView } from '../core/sql/compiled-view.ts'
import type { SizeBound } from '../core/sql/measure-parts.ts'
import { elementsSql, eventKeys, isUnnested, wholeElement } from '../core/sql/unnest.ts'
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
  const wanted = folded.failed
    .map(({ partition, offset, element }) =>
      element === undefined ? `(${partition}, ${offset})` : `(${partition}, ${offset}, ${element})`,
    )
    .join(', ')
  const rows = await session.rows<Record<string, unknown>>(
    failuresSql(folded.cursor.compiled, fields, wanted),
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
      element: row['__element'] as number | undefined,
      field,
      detail: `${field} of view ${view.name} fails on this event of stream ${stream.topic}${why}`,
    }
  })
}

/** Which of the fields fail on each of the `wanted` events, or on any of its elements, and the values too large for them. */
function failuresSql({ view }: CompiledView, fields: readonly Evaluated[], wanted: string): string {
  // Without CASE, DuckDB computes a subexpression that stands twice ahead of TRY, where it fails the statement.
  const whole = wholeElement(view)
  const attempt = (sql: string, isAsked: string) => `CASE WHEN ${isAsked} THEN TRY({'v': ${sql}${whole}}) END`
  const keys = eventKeys(view)
  const relation = `(SELECT * FROM events WHERE (${keys}) IN (${wanted}))`
  if (!isUnnested(view)) {
    const columns = fields.flatMap(({ sql, bound }, index) => [
      `${attempt(sql, '__accepted')} IS NULL AS f${index}`,
      ...(bound === undefined ? [] : [`CAST(${attempt(bound.sql, '__accepted')}.v AS VARCHAR) AS v${index}`]),
    ])
    return `SELECT ${keys}, ${columns.join(', ')} FROM ${relation}`
  }
  // An element that does not pass is asked nothing more, and one that is not there nothing at all.
  const passes = `coalesce((CASE WHEN __is_element THEN TRY({'pass': CAST((${view.where ?? 'true'}) AS BOOLEAN)${whole}}) END).pass, false)`
  const asked = { list: '__accepted', where: '__is_element', row: passes }
  const columns = fields.flatMap(({ sql, of, bound }, index) => {
    const fails = `(${asked[of]} AND ${attempt(sql, asked[of])} IS NULL)`
    const value = bound && `CASE WHEN ${fails} THEN CAST(${attempt(bound.sql, asked[of])}.v AS VARCHAR) END`
    return [`bool_or(${fails}) AS f${index}`, ...(value === undefined ? [] : [`min(${value}) AS v${index}`])]
  })
  return `SELECT ${keys}, ${columns.join(', ')} FROM ${elementsSql(view, relation)} GROUP BY ${keys}`
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
  /** What it is evaluated for: the event's list, every element or event, or those that pass. */
  readonly of: 'list' | 'where' | 'row'
  readonly bound?: SizeBound
}

/** Every expression that is evaluated for a record, by the place where it is declared. */
function expressionsOf(compiled: CompiledView): Evaluated[] {
  const { view } = compiled
  return [
    ...(view.unnest === undefined
      ? []
      : [{ field: `unnest.${view.unnest.name}`, sql: view.unnest.expression, of: 'list' as const }]),
    ...(view.where === undefined
      ? []
      : [{ field: 'where', sql: `CAST((${view.where}) AS BOOLEAN)`, of: 'where' as const }]),
    ...compiled.dimensions.map(({ name, sql }) => ({ field: `dimensions.${name}`, sql, of: 'row' as const })),
    ...compiled.measures.flatMap(({ name, rowFields }) =>
      rowFields.map(({ sql, bound }) => ({
        field: `measures.${name}`,
        sql,
        of: 'row' as const,
        ...(bound !== undefined && { bound }),
      })),
    ),
  ]
}
