import type { ViewQuery } from '../../core/model/query.ts'
import type { CompiledView } from '../../core/sql/compiled-view.ts'
import { COVERAGE_COLUMN } from '../../core/sql/merge.ts'
import type { Coverage } from './coverage.ts'
import { type ValueType, valueTypeOf } from './value-type.ts'

/** An answer: its rows as ClickHouse wrote them, so that no number loses a digit. */
export interface Answer {
  readonly meta: readonly ColumnMeta[]
  /** Each the text of a JSON object. */
  readonly rows: readonly string[]
  readonly statistics: Statistics
  readonly coverage: Coverage
}

export interface ColumnMeta {
  readonly name: string
  readonly type: ValueType
}

export interface Statistics {
  readonly elapsedMs: number
  readonly rowsRead: number
  readonly bytesRead: number
}

/** Begins each row of the answer proper; what begins otherwise is a coverage row. */
const DATA_PREFIX = `{"${COVERAGE_COLUMN}":[],`

/** Splits the text of a merged answer (JSONEachRow) into the facts of its coverage rows and its data rows. */
export function splitAnswer(text: string): { coverage: string[][]; rows: string[] } {
  const coverage: string[][] = []
  const rows: string[] = []
  for (const line of text.split('\n')) {
    if (line.startsWith(DATA_PREFIX)) rows.push(`{${line.slice(DATA_PREFIX.length)}`)
    else if (line !== '') coverage.push(JSON.parse(line)[COVERAGE_COLUMN])
  }
  return { coverage, rows }
}

/** The columns of an answer, in order. */
export function metaOf(query: ViewQuery, compiled: CompiledView): ColumnMeta[] {
  const time: ColumnMeta[] = query.buckets === undefined ? [] : [{ name: 'time', type: 'timestamp' }]
  const dimensions = query.dimensions.map(name => {
    const dimension = compiled.dimensions.find(candidate => candidate.name === name)!
    return { name, type: valueTypeOf(dimension.type.clickhouse) }
  })
  const measures = query.measures.map(name => {
    const measure = [...compiled.measures, ...compiled.computed].find(candidate => candidate.name === name)!
    return { name, type: valueTypeOf(measure.resultType) }
  })
  return [...time, ...dimensions, ...measures]
}
