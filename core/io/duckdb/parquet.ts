import { TwofoldError } from '../../model/errors.ts'

export interface ParquetOptions {
  readonly compression: 'lz4' | 'zstd'
  /** Rows in a row group at most; DuckDB rounds it up to a multiple of 2,048. */
  readonly rowGroupSize: number
  /**
   * Names the shape of the statement: in a session, those of one shape yield the same columns of the same types, so
   * that only the first is looked at. To look takes as long as a small statement itself.
   */
  readonly shape?: string
}

/** A column of a statement's result: its name and DuckDB's name of its type, such as `DECIMAL(18,2)`. */
export interface ResultColumn {
  readonly name: string
  readonly type: string
}

/** The statement that writes what `selectSql` yields to the file `path`. */
export function copyStatement(selectSql: string, path: string, options: ParquetOptions): string {
  const settings = `COMPRESSION ${options.compression}, ROW_GROUP_SIZE ${options.rowGroupSize}, USE_TMP_FILE false`
  // The closing parenthesis stands on its own line: the SELECT may end in a comment.
  return `COPY (${selectSql}\n) TO '${path.replaceAll("'", "''")}' (FORMAT parquet, ${settings})`
}

/** @throws PARQUET_TYPE_INEXACT where a column holds 128-bit integers, which DuckDB would write as doubles */
export function refuseInexactTypes(columns: readonly ResultColumn[]): void {
  const inexact = columns.find(column => /\bU?HUGEINT\b/.test(column.type))
  if (inexact === undefined) return
  throw new TwofoldError(
    'PARQUET_TYPE_INEXACT',
    `Column "${inexact.name}" has the type ${inexact.type}, which Parquet cannot hold exactly.`,
    { details: { column: inexact.name, type: inexact.type } },
  )
}
