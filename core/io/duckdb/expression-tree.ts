import { nearNames } from '../../define/near-names.ts'
import { ALLOWED_FUNCTION_NAMES } from '../../sql/allowed-functions.ts'

/** A node of the syntax tree as DuckDB's `json_serialize_sql` writes it; the fields depend on its class. */
export interface SyntaxNode {
  readonly class: string
  readonly type: string
  readonly alias: string
  /** Where it starts, in bytes of the statement. */
  readonly query_location: number
  readonly [field: string]: unknown
}

/** Why an expression may not stand in a definition. */
export interface Objection {
  readonly code: 'EXPRESSION_INVALID' | 'FUNCTION_NOT_ALLOWED'
  /** A clause that follows "…: ". */
  readonly reason: string
  /** Bytes into the statement that was parsed, where known. */
  readonly location: number | undefined
  /** What may have been meant. */
  readonly nearest: readonly string[]
}

export type Inspection =
  | { readonly objection: Objection }
  | { readonly objection?: never; readonly columns: ReadonlySet<string> }

/**
 * Walks an expression's tree and collects the columns it reads, in the spelling of `columnNames`; of `objects`, members
 * can be read by a dot. Whatever is
 * not known to be a deterministic scalar of one row's columns is an objection: what DuckDB learns in a later
 * version is refused until it is allowed here.
 */
export function inspectExpression(
  root: SyntaxNode,
  columnNames: readonly string[],
  objects: ReadonlySet<string> = new Set(),
): Inspection {
  const spelling = new Map(
    columnNames.map(name => [name.toLowerCase(), { name, isObject: objects.has(name) }]),
  )
  const columns = new Set<string>()
  const waiting = [root]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const objection = objectionTo(node, spelling)
    if (objection !== undefined) return { objection }
    if (node.class === 'COLUMN_REF') columns.add(columnOf(node, spelling)!.name)
    waiting.push(...childrenOf(node).toReversed())
  }
  return { columns }
}

function objectionTo(node: SyntaxNode, spelling: Spelling): Objection | undefined {
  const children = CHILDREN[node.class]
  if (children === undefined)
    return invalid(node, `${REFUSED[node.class] ?? `a ${node.class}`} may not stand in it`)
  if (node.alias !== '')
    return invalid(node, `the name "${node.alias}" for a part of it has no meaning there`)
  switch (node.class) {
    case 'COLUMN_REF':
      return objectionToColumn(node, spelling)
    case 'FUNCTION':
      return objectionToFunction(node)
    case 'OPERATOR':
      return OPERATORS.has(node.type)
        ? undefined
        : invalid(node, `the operator ${node.type} may not stand in it`)
    case 'CAST':
      return objectionToCast(node)
    default:
      return undefined
  }
}

/** Columns by their names in lower case: DuckDB's names are. */
type Spelling = ReadonlyMap<string, { readonly name: string; readonly isObject: boolean }>

function objectionToColumn(node: SyntaxNode, spelling: Spelling): Objection | undefined {
  if (columnOf(node, spelling) !== undefined) return undefined
  const path = (node['column_names'] as readonly string[]).join('.')
  const names = [...spelling.values()].map(({ name }) => name)
  return invalid(node, `the stream has no column "${path}"`, nearNames(path, names))
}

/** A path of several names is a member of an object, and otherwise none of the columns. */
function columnOf(node: SyntaxNode, spelling: Spelling) {
  const [first, ...members] = node['column_names'] as readonly string[]
  const column = spelling.get(first!.toLowerCase())
  return members.length === 0 || column?.isObject ? column : undefined
}

function objectionToFunction(node: SyntaxNode): Objection | undefined {
  const name = (node['function_name'] as string).toLowerCase()
  const schema = node['schema'] as string
  if (!ALLOWED_FUNCTION_NAMES.has(name)) {
    return {
      code: 'FUNCTION_NOT_ALLOWED',
      reason: `the function ${name} is not one of those that may stand in it`,
      location: node.query_location,
      nearest: nearNames(name, ALLOWED_FUNCTION_NAMES),
    }
  }
  // The parser itself puts some functions into `main`; a column before the dot stands in the same place.
  if ((schema !== '' && schema !== 'main') || node['catalog'] !== '') {
    return invalid(node, `write ${name}(…), without a dot before it`)
  }
  const ordered = (node['order_bys'] as { orders: readonly unknown[] }).orders.length > 0
  if (node['distinct'] === true || node['filter'] !== null || ordered) {
    return invalid(node, `${name} is called like an aggregate, with DISTINCT, FILTER or ORDER BY`)
  }
  return undefined
}

function objectionToCast(node: SyntaxNode): Objection | undefined {
  const type = node['cast_type'] as {
    readonly id: string
    readonly type_info: { readonly name?: string } | null
  }
  const moment = momentCast(node)
  if (moment !== undefined && TIME_TYPES.has(type.id)) {
    const reason = `'${moment}' as a ${type.id} would be another time whenever it is computed`
    return { ...invalid(node, reason), location: childrenOf(node)[0]!.query_location }
  }
  if (CAST_TYPES.has(type.id)) return undefined
  return invalid(
    node,
    `a cast to ${type.id === 'UNBOUND' ? type.type_info?.name : type.id} may not stand in it`,
  )
}

/** The text that a cast turns into a time, where it stands for a moment of the clock. */
function momentCast(cast: SyntaxNode): string | undefined {
  const literal = cast['child'] as SyntaxNode & { readonly value?: { readonly value?: unknown } }
  const text = literal.class === 'CONSTANT' ? literal.value?.value : undefined
  return typeof text === 'string' && MOMENTS.has(text.trim().toLowerCase()) ? text : undefined
}

function invalid(node: SyntaxNode, reason: string, nearest: readonly string[] = []): Objection {
  return { code: 'EXPRESSION_INVALID', reason, location: node.query_location, nearest }
}

/** The nodes right below one, of a class that may stand in an expression. */
export function childrenOf(parent: SyntaxNode): readonly SyntaxNode[] {
  return CHILDREN[parent.class]!(parent)
}

const nodes = (field: unknown) => field as readonly SyntaxNode[]
const node = (field: unknown) => field as SyntaxNode

/** The classes of nodes that may stand in an expression, each with where its children hang. */
const CHILDREN: { readonly [nodeClass: string]: (parent: SyntaxNode) => readonly SyntaxNode[] } = {
  CONSTANT: () => [],
  COLUMN_REF: () => [],
  FUNCTION: parent => nodes(parent['children']),
  OPERATOR: parent => nodes(parent['children']),
  CONJUNCTION: parent => nodes(parent['children']),
  COMPARISON: parent => [node(parent['left']), node(parent['right'])],
  BETWEEN: parent => [node(parent['input']), node(parent['lower']), node(parent['upper'])],
  CAST: parent => [node(parent['child'])],
  CASE: parent => [
    ...(parent['case_checks'] as readonly { when_expr: SyntaxNode; then_expr: SyntaxNode }[]).flatMap(
      check => [check.when_expr, check.then_expr],
    ),
    node(parent['else_expr']),
  ],
}

/** What to call the classes that people do write. */
const REFUSED: { readonly [nodeClass: string]: string } = {
  SUBQUERY: 'a subquery',
  WINDOW: 'a window function',
  STAR: '* or COLUMNS',
  PARAMETER: 'a parameter',
  LAMBDA: 'a lambda (or ->, for which ->> stands)',
  COLLATE: 'a collation',
  POSITIONAL_REFERENCE: 'a column by number',
  DEFAULT: 'DEFAULT',
}

const OPERATORS: ReadonlySet<string> = new Set([
  'OPERATOR_NOT',
  'OPERATOR_IS_NULL',
  'OPERATOR_IS_NOT_NULL',
  'OPERATOR_COALESCE',
  'OPERATOR_TRY',
  'COMPARE_IN',
  'COMPARE_NOT_IN',
  'ARRAY_EXTRACT',
  'STRUCT_EXTRACT',
  'ARRAY_SLICE',
])

/** Texts that engines read as the time it is, or that it was when the query began. */
const MOMENTS: ReadonlySet<string> = new Set([
  ...['now', 'today', 'tomorrow', 'yesterday'],
  ...['current_date', 'current_time', 'current_timestamp', 'localtime', 'localtimestamp'],
])

const TIME_TYPES: ReadonlySet<string> = new Set([
  ...['DATE', 'TIME', 'TIMESTAMP', 'TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP_NS'],
])

/** Not TIMESTAMP WITH TIME ZONE: how it prints, truncates and parses depends on the session. */
const CAST_TYPES: ReadonlySet<string> = new Set([
  ...['BOOLEAN', 'TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT'],
  ...['UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT', 'UHUGEINT', 'FLOAT', 'DOUBLE', 'DECIMAL'],
  ...[
    'VARCHAR',
    'BLOB',
    'UUID',
    'DATE',
    'TIME',
    'TIMESTAMP',
    'TIMESTAMP_S',
    'TIMESTAMP_MS',
    'TIMESTAMP_NS',
    'INTERVAL',
  ],
])
