import { didYouMean } from '../../define/unknown-name.ts'
import { duckdbTypeOf } from '../../model/column-type.ts'
import { TwofoldError } from '../../model/errors.ts'
import type { StreamDefinition } from '../../model/stream.ts'
import { duckdbReason } from './errors.ts'
import { inspectExpression, type Objection, type SyntaxNode } from './expression-tree.ts'
import type { DuckDBSession } from './session.ts'

/** An expression of a definition, and where it stands. */
export interface ExpressionSource {
  readonly view: string
  /** Such as `where`, `dimensions.country` or `measures.revenue.expression`. */
  readonly field: string
  readonly sql: string
}

/**
 * An expression that may stand between any parentheses of a statement over the stream's columns: it is closed
 * in itself, and one deterministic scalar.
 */
export interface BoundExpression extends ExpressionSource {
  /** DuckDB's name of its result's type, such as `DECIMAL(18,2)`: a boolean, number, text, date, timestamp or UUID. */
  readonly type: string
  /** The stream's columns that it reads, in the order of the schema. */
  readonly columns: readonly string[]
}

/**
 * Binds expressions against a stream's columns, in the order given. Nothing of them is evaluated.
 *
 * @throws EXPRESSION_INVALID for the first that is not one scalar expression over the columns, or has a type that
 *   no view can hold; FUNCTION_NOT_ALLOWED where it calls what is not on the list of deterministic functions.
 *   Both name the view, the field, the expression and, where known, the character.
 */
export async function bindExpressions(
  session: DuckDBSession,
  stream: StreamDefinition,
  expressions: readonly ExpressionSource[],
): Promise<BoundExpression[]> {
  const bound: BoundExpression[] = []
  for (const source of expressions) bound.push(await bindExpression(session, stream, source))
  return bound
}

async function bindExpression(
  session: DuckDBSession,
  stream: StreamDefinition,
  source: ExpressionSource,
): Promise<BoundExpression> {
  const names = stream.columns.map(column => column.name)
  const inspection = inspectExpression(await parse(session, source), names)
  if (inspection.objection !== undefined) throw expressionError(source, PARSED_AHEAD, inspection.objection)
  const type = await resultType(session, stream, source)
  return { ...source, type, columns: names.filter(name => inspection.columns.has(name)) }
}

/**
 * What stands before and after the expression when it is parsed. Inside two kinds of brackets it cannot close
 * one and open another: `a) + (b` does not parse here, though it would between parentheses alone.
 */
const PARSED_AHEAD = 'SELECT (['
const PARSED_BEHIND = '])'

interface ParseAnswer {
  readonly error: boolean
  readonly error_message?: string
  readonly position?: string
  readonly statements?: readonly { readonly node: { readonly select_list?: readonly SyntaxNode[] } }[]
}

async function parse(session: DuckDBSession, source: ExpressionSource): Promise<SyntaxNode> {
  const answer = await askParser(session, 'json_serialize_sql', PARSED_AHEAD + source.sql + PARSED_BEHIND)
  if (answer.error) throw expressionError(source, PARSED_AHEAD, objectionOf(answer))
  const selected = answer.statements!.flatMap(statement => statement.node.select_list ?? [])
  const list = selected[0]
  const children = list?.['function_name'] === 'list_value' ? (list['children'] as readonly SyntaxNode[]) : []
  if (selected.length === 1 && children.length === 1) return children[0]!
  throw expressionError(source, PARSED_AHEAD, {
    code: 'EXPRESSION_INVALID',
    reason: 'it is not one expression',
    location: undefined,
    nearest: [],
  })
}

async function resultType(
  session: DuckDBSession,
  stream: StreamDefinition,
  source: ExpressionSource,
): Promise<string> {
  const ahead = 'SELECT ('
  const columns = stream.columns.map(
    column => `NULL::${duckdbTypeOf(column.type)} AS "${column.name.replaceAll('"', '""')}"`,
  )
  const statement = `${ahead}${source.sql}) AS value FROM (SELECT ${columns.join(', ')} WHERE false)`
  let type: string
  try {
    type = (await session.columns(statement))[0]!.type
  } catch (cause) {
    const answer = await askParser(session, 'json_serialize_plan', statement)
    const reason = { error: true, error_message: duckdbReason((cause as Error).cause ?? cause) }
    throw expressionError(source, ahead, objectionOf(answer.error ? answer : reason))
  }
  if (RESULT_TYPES.has(type.replace(/\(.*/, ''))) return type
  throw expressionError(source, ahead, {
    code: 'EXPRESSION_INVALID',
    reason: `its type is ${type}, which no view can hold; cast it`,
    location: undefined,
    nearest: [],
  })
}

const RESULT_TYPES: ReadonlySet<string> = new Set([
  ...[
    'BOOLEAN',
    'TINYINT',
    'SMALLINT',
    'INTEGER',
    'BIGINT',
    'HUGEINT',
    'UTINYINT',
    'USMALLINT',
    'UINTEGER',
    'UBIGINT',
  ],
  ...['DECIMAL', 'FLOAT', 'DOUBLE', 'VARCHAR', 'DATE', 'TIMESTAMP', 'UUID'],
])

/** Parses (or also binds) a statement without running it; an error comes back as a value, with its position. */
async function askParser(
  session: DuckDBSession,
  parser: 'json_serialize_sql' | 'json_serialize_plan',
  statement: string,
): Promise<ParseAnswer> {
  // DuckDB takes a statement up to its first NUL.
  if (statement.includes('\0')) return { error: true, error_message: 'it holds a NUL character' }
  const [row] = await session.rows<{ answer: string }>(
    `SELECT ${parser}('${statement.replaceAll("'", "''")}') AS answer`,
  )
  return JSON.parse(row!.answer) as ParseAnswer
}

function objectionOf(answer: ParseAnswer): Objection {
  return {
    code: 'EXPRESSION_INVALID',
    // Behind the first line stand candidates by the dozen and the statement around the expression.
    reason: answer.error_message!.split('\n')[0]!,
    location: answer.position === undefined ? undefined : Number(answer.position),
    nearest: [],
  }
}

function expressionError(source: ExpressionSource, ahead: string, objection: Objection): TwofoldError {
  const { view, field, sql } = source
  const { code, reason, nearest, location } = objection
  const position = location === undefined ? undefined : characterAt(sql, location - ahead.length)
  const where = position === undefined ? '' : ` (at character ${position})`
  return new TwofoldError(
    code,
    `View "${view}", ${field}: "${headOf(sql)}" cannot be used: ${reason}${where}.`,
    {
      details: { view, field, expression: sql, position, reason, nearest },
      ...didYouMean(nearest),
    },
  )
}

const SHOWN_CHARACTERS = 200

function headOf(sql: string): string {
  return sql.length <= SHOWN_CHARACTERS ? sql : `${sql.slice(0, SHOWN_CHARACTERS)}…`
}

/** The character, counted from 1, at a position in UTF-8 bytes; `undefined` outside of the text. */
function characterAt(sql: string, bytes: number): number | undefined {
  const encoded = Buffer.from(sql)
  if (bytes < 0 || bytes > encoded.length) return undefined
  return [...encoded.subarray(0, bytes).toString()].length + 1
}
