/** A value of a row and its place in the event that the row becomes. */
export interface Member {
  readonly path: readonly string[]
  /** Whether the schema names the place; it takes precedence over a column that only happens to have the name. */
  readonly isDeclared: boolean
  /** What yields the JSON text of the value. */
  readonly value: string
}

/** A piece of an object's JSON text: a literal, or what yields the text of a value. */
export type ObjectPart = { readonly text: string } | { readonly value: string }

type Node = string | Map<string, Node>

/** The members of a row, nested as their paths say. */
export function nestMembers(members: readonly Member[]): ReadonlyMap<string, Node> {
  const root = new Map<string, Node>()
  for (const { path, isDeclared, value } of members) if (isDeclared) setAt(root, path, value)
  for (const { path, isDeclared, value } of members) {
    if (!isDeclared && !root.has(path[0]!)) root.set(path[0]!, value)
  }
  return root
}

function setAt(root: Map<string, Node>, path: readonly string[], value: string): void {
  let object = root
  for (const name of path.slice(0, -1)) {
    const inner = (object.get(name) as Map<string, Node> | undefined) ?? new Map<string, Node>()
    object.set(name, inner)
    object = inner
  }
  object.set(path.at(-1)!, value)
}

/** The pieces of an object's text: literals and values by turns. */
export function objectParts(members: ReadonlyMap<string, Node>): ObjectPart[] {
  const parts = [...members].flatMap(([name, member], index) => [
    { text: `${index === 0 ? '{' : ','}${JSON.stringify(name)}:` },
    ...(typeof member === 'string' ? [{ value: member }] : objectParts(member)),
  ])
  return [...parts, { text: members.size === 0 ? '{}' : '}' }]
}
