import { childrenOf, type SyntaxNode } from './expression-tree.ts'

/** A part of an expression that reads no column, and so has one value, or fails, on every event alike. */
export interface ConstantPart {
  /** Where it hangs below the root, in DuckDB's notation of JSON paths: `.children[0].child`. */
  readonly path: string
  /** Where it starts, in bytes of the statement; not known of every node. */
  readonly location: number | undefined
}

/**
 * The largest parts of an expression that read no column, and are more than a literal. What stands within TRY, next to
 * a column, may fail: then TRY is NULL, as whoever wrote it asked for.
 */
export function constantParts(root: SyntaxNode): ConstantPart[] {
  const parts: ConstantPart[] = []
  collect(root, '', parts)
  return parts
}

/** Adds the parts at and below a node; answers whether the node reads no column. */
function collect(node: SyntaxNode, path: string, parts: ConstantPart[]): boolean {
  if (node.class === 'COLUMN_REF') return false
  const below: ConstantPart[] = []
  const isConstant = childrenOf(node)
    .map(child => collect(child, path + placeOf(child, node)!, below))
    .every(Boolean)
  if (!isConstant) {
    if (node.type !== 'OPERATOR_TRY') parts.push(...below)
  } else if (node.class !== 'CONSTANT') parts.push({ path, location: locationOf(node) })
  return isConstant
}

/** DuckDB places an operator at its sign, and some casts nowhere: the part begins where the first of it does. */
function locationOf(node: SyntaxNode): number | undefined {
  const places = [node, ...childrenOf(node)].map(({ query_location }) => query_location)
  const known = places.filter(Number.isSafeInteger)
  return known.length === 0 ? undefined : Math.min(...known)
}

/** Where a child hangs below its parent. */
function placeOf(child: SyntaxNode, within: unknown): string | undefined {
  if (typeof within !== 'object' || within === null) return undefined
  for (const [key, value] of Object.entries(within)) {
    const step = Array.isArray(within) ? `[${key}]` : `.${key}`
    if (value === child) return step
    const rest = isNode(value) ? undefined : placeOf(child, value)
    if (rest !== undefined) return step + rest
  }
  return undefined
}

/** Other children hang below themselves. */
function isNode(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'class' in value
}
