import { didYouMean } from '../../define/unknown-name.ts'
import { duckdbTypeOf } from '../../model/column-type.ts'
import { TwofoldError } from '../../model/errors.ts'
import type { StreamDefinition } from '../../model/stream.ts'
import { type ConstantPart, constantParts } from './constant-parts.ts'
import { duckdbReason } from './errors.ts'
import { inspectExpression, type Objection, type SyntaxNode } from './expression-tree.ts'
import { reservedColumnHint } from './reserved-columns.ts'
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
 * Binds expressions against a stream's columns, in the order given. Of them only what reads no column is evaluated:
 * where that fails, it would fail on every event, and the view would be empty.
 *
 * @throws EXPRESSION_INVALID for the first that is not one scalar expression over the columns, has a type that
 *   no view can hold, or a constant part that cannot be computed; FUNCTION_NOT_ALLOWED where it calls what is not on the list of deterministic functions.
 *   Both name the view, the field, the expression and, where known, the character.
 */
export async function bindExpressions(
  session: DuckDBSession,
  stream: StreamDefinition,
  expressions: readonly ExpressionSource[],
  element?: ElementColumn,
): Promise<BoundExpression[]> {
  const columns = columnsOf(stream, element)
  const bound: BoundExpression[] = []
  for (const source of expressions) {
    try {
      bound.push(await bindExpression(session, columns, source, holdableType))
    } catch (error) {
      throw await withHint(session, columns, source, error)
    }
  }
  return bound
}

/** The error, with how to write a column that DuckDB took for a word of SQL. */
async function withHint(
  session: DuckDBSession,
  columns: readonly InputColumn[],
  { sql }: ExpressionSource,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof TwofoldError) || error.code !== 'EXPRESSION_INVALID') return error
  const names = columns.map(({ name }) => name)
  const hint = await reservedColumnHint(session, sql, names)
  if (hint === undefined) return error
  return new TwofoldError(error.code, error.message, { hint, details: error.details, cause: error })
}

/** The element of a list that a view takes apart: a column of its expressions beside the stream's. */
export interface ElementColumn {
  readonly name: string
  /** DuckDB's name of its type. */
  readonly type: string
}

/**
 * Binds the expression of a list. @returns the type of its elements
 * @throws as `bindExpressions` does; EXPRESSION_INVALID too where it is no list
 */
export async function bindList(
  session: DuckDBSession,
  stream: StreamDefinition,
  source: ExpressionSource,
): Promise<string> {
  const { type } = await bindExpression(session, columnsOf(stream), source, listType)
  return type.slice(0, -LIST_SUFFIX.length)
}

/** What an expression may read, with DuckDB's names of the types. */
interface InputColumn {
  readonly name: string
  readonly type: string
}

function columnsOf({ columns }: StreamDefinition, element?: ElementColumn): InputColumn[] {
  const ofStream = columns.map(({ name, type }) => ({ name, type: duckdbTypeOf(type) }))
  return element === undefined ? ofStream : [...ofStream, element]
}

async function bindExpression(
  session: DuckDBSession,
  columns: readonly InputColumn[],
  source: ExpressionSource,
  objectionToType: (type: string) => string | undefined,
): Promise<BoundExpression> {
  const names = columns.map(column => column.name)
  const objects = columns.filter(({ type }) => type.startsWith('STRUCT') && !type.endsWith(LIST_SUFFIX))
  const root = await parse(session, source)
  const inspection = inspectExpression(root, names, new Set(objects.map(({ name }) => name)))
  if (inspection.objection !== undefined) throw expressionError(source, PARSED_AHEAD, inspection.objection)
  const type = await resultType(session, columns, source)
  const reason = objectionToType(type)
  if (reason !== undefined) {
    const objection = { code: 'EXPRESSION_INVALID', reason, location: undefined, nearest: [] } as const
    throw expressionError(source, PARSED_AHEAD, objection)
  }
  await assertConstantsHold(session, source, constantParts(root))
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
  columns: readonly InputColumn[],
  source: ExpressionSource,
): Promise<string> {
  const ahead = 'SELECT ('
  const inputs = columns.map(({ name, type }) => `NULL::${type} AS "${name.replaceAll('"', '""')}"`)
  const statement = `${ahead}${source.sql}) AS value FROM (SELECT ${inputs.join(', ')} WHERE false)`
  try {
    return (await session.columns(statement))[0]!.type
  } catch (cause) {
    const answer = await askParser(session, 'json_serialize_plan', statement)
    const reason = { error: true, error_message: duckdbReason((cause as Error).cause ?? cause) }
    throw expressionError(source, ahead, objectionOf(answer.error ? answer : reason))
  }
}

const LIST_SUFFIX = '[]'

/** Why no dimension or measure can be of the type. */
function holdableType(type: string): string | undefined {
  if (RESULT_TYPES.has(type.replace(/\(.*/, '')) && !type.endsWith(LIST_SUFFIX)) return undefined
  const what = type.endsWith(LIST_SUFFIX) ? 'take it apart with unnest, or one value of it' : 'cast it'
  return `its type is ${type}, which no view can hold; ${what}`
}

function listType(type: string): string | undefined {
  return type.endsWith(LIST_SUFFIX) ? undefined : `its type is ${type}; expected a list`
}

/** All at once; only where that fails, one by one. */
async function assertConstantsHold(
  session: DuckDBSession,
  source: ExpressionSource,
  parts: readonly ConstantPart[],
): Promise<void> {
  if (parts.length === 0) return
  try {
    await session.run(await constantsStatement(session, source, parts))
  } catch (cause) {
    const [part] = parts
    if (parts.length > 1) {
      for (const single of parts) await assertConstantsHold(session, source, [single])
      throw cause
    }
    const reason = duckdbReason((cause as Error).cause ?? cause).split('\n')[0]!
    throw expressionError(source, PARSED_AHEAD, {
      code: 'EXPRESSION_INVALID',
      reason: `a part of it that reads no column fails on every event: ${reason.replace(/\.$/, '')}`,
      location: part!.location,
      nearest: [],
    })
  }
}

/** A statement that computes parts of an expression, as DuckDB itself writes them: JavaScript would round numbers. */
async function constantsStatement(
  session: DuckDBSession,
  { sql }: ExpressionSource,
  parts: readonly ConstantPart[],
): Promise<string> {
  const statement = textLiteral(PARSED_AHEAD + sql + PARSED_BEHIND)
  const paths = parts.map(({ path }) => textLiteral(PARSED_ROOT + path))
  const [head, tail] = SELECT_OF_PARTS.split('PARTS') as [string, string]
  const [row] = await session.rows<{ text: string }>(
    `SELECT json_deserialize_sql(CAST(${textLiteral(head)} || array_to_string(
       CAST(json_extract(json_serialize_sql(${statement}), [${paths.join(', ')}]) AS VARCHAR[]), ',') || ${textLiteral(tail)} AS JSON)) AS text`,
  )
  return row!.text
}

/** The expression in the tree of what is parsed. */
const PARSED_ROOT = '$.statements[0].node.select_list[0].children[0]'

/** The tree of a SELECT without tables, but for what it selects. */
const SELECT_OF_PARTS = JSON.stringify({
  error: false,
  statements: [
    {
      node: {
        ...{ type: 'SELECT_NODE', modifiers: [], cte_map: { map: [] }, select_list: ['PARTS'] },
        from_table: { type: 'EMPTY', alias: '', sample: null, query_location: 0 },
        ...{ where_clause: null, group_expressions: [], group_sets: [] },
        ...{ aggregate_handling: 'STANDARD_HANDLING', having: null, sample: null, qualify: null },
      },
      named_param_map: [],
    },
  ],
}).replace('"PARTS"', 'PARTS')

function textLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
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
    `SELECT ${parser}(${textLiteral(statement)}) AS answer`,
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
