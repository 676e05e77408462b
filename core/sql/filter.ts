import type { FilterOperator, FilterTree, ValueFilter } from '../model/query.ts'

/** What a filter is held against: a column or an expression, and its ClickHouse type. */
export interface Filtered {
  readonly sql: string
  readonly type: string
}

/** The condition of a tree of filters; the values are bound in `params`. */
export function conditionSql<Leaf extends ValueFilter>(
  tree: FilterTree<Leaf>,
  filteredBy: (leaf: Leaf) => Filtered,
  params: Record<string, unknown>,
): string {
  const all = (trees: readonly FilterTree<Leaf>[], word: string) =>
    trees.map(part => `(${conditionSql(part, filteredBy, params)})`).join(` ${word} `)
  if ('or' in tree) return all(tree.or, 'OR')
  if ('and' in tree) return all(tree.and, 'AND')
  const { sql, type } = filteredBy(tree)
  if (tree.withNull === true && tree.values.length === 0)
    return NULLS[tree.op === 'notIn' ? 'isNotNull' : 'isNull'](sql)
  const name = `f${Object.keys(params).length}`
  params[name] = tree.values
  // ClickHouse does not read quoted numbers in a bound list of numbers; as text they keep all their digits.
  const values = `CAST({${name}:Array(String)} AS Array(${type}))`
  return tree.withNull === true
    ? WITH_NULL[tree.op === 'notIn' ? 'notIn' : 'in'](sql, values)
    : FILTERS[tree.op](sql, values)
}

const NULLS = {
  isNull: (column: string) => `${column} IS NULL`,
  isNotNull: (column: string) => `${column} IS NOT NULL`,
} as const

/** The operators of lists that hold null, too. */
const WITH_NULL = {
  in: (column: string, values: string) => `${column} IS NULL OR ${column} IN ${values}`,
  notIn: (column: string, values: string) => `${column} IS NOT NULL AND ${column} NOT IN ${values}`,
} as const

const FILTERS: { readonly [O in FilterOperator]: (column: string, values: string) => string } = {
  equals: (column, values) => `${column} IN ${values}`,
  in: (column, values) => `${column} IN ${values}`,
  notEquals: (column, values) => `${column} IS NULL OR ${column} NOT IN ${values}`,
  notIn: (column, values) => `${column} IS NULL OR ${column} NOT IN ${values}`,
  contains: (column, values) => `arrayExists(v -> position(${column}, v) > 0, ${values})`,
  startsWith: (column, values) =>
    `arrayExists(v -> startsWith(ifNull(${column}, ''), v) AND ${column} IS NOT NULL, ${values})`,
  gt: (column, values) => `${column} > ${values}[1]`,
  gte: (column, values) => `${column} >= ${values}[1]`,
  lt: (column, values) => `${column} < ${values}[1]`,
  lte: (column, values) => `${column} <= ${values}[1]`,
  isNull: NULLS.isNull,
  isNotNull: NULLS.isNotNull,
}
