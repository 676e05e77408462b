import type { FieldDefinition, ListType, PathStep } from '../model/column-type.ts'
import { invalid } from './names.ts'
import type { ColumnBuilder } from './types.ts'

/** Raises unless `path` is a list of steps, as `.path()` takes it. */
export function assertPath(path: unknown, place: string): asserts path is readonly PathStep[] {
  if (!Array.isArray(path) || path.length === 0 || !path.every(isStep))
    invalid(place, "expected a path like 'geo.country', or a list of keys.")
  if (typeof path[0] !== 'string') invalid(place, 'the path begins with an element, and an event is no list.')
}

function isStep(step: unknown): step is PathStep {
  if (typeof step === 'string') return true
  if (typeof step !== 'object' || step === null) return false
  const { index, key, equals } = step as Record<string, unknown>
  if (key === undefined) return Number.isInteger(index) && (index as number) >= 0
  return typeof key === 'string' && typeof equals === 'string' && index === undefined
}

/** Raises where a list has what only single values have, or its members have paths that cannot be. */
export function assertList(list: ListType, column: ColumnBuilder | undefined, place: string): void {
  if (column?.source !== undefined) invalid(place, 'keys and headers hold one value, and no list.')
  if (column?.defaultValue !== undefined) invalid(place, 'a list has no default; make it optional.')
  const { element } = list
  if (element.kind === 'list') assertList(element, undefined, place)
  if (element.kind !== 'struct') return
  for (const { name, type, path, default: standIn } of element.fields) {
    assertPath(path, `${place}.${name}`)
    if (type.kind !== 'list') continue
    if (standIn !== undefined) invalid(`${place}.${name}`, 'a list has no default; make it optional.')
    assertList(type, undefined, `${place}.${name}`)
  }
  assertPaths(element.fields, place)
}

/** No column may stand where another column's object stands: one of them could never be read. */
export function assertPaths(fields: readonly FieldDefinition[], place: string): void {
  for (const a of fields) {
    const at = `${place}.${a.name}`
    if (a.path.some(part => part === '')) invalid(at, 'the path has an empty part.')
    if (a.path.length > 32) invalid(at, 'the path has more than 32 parts.')
    for (const b of fields) {
      if (a === b) continue
      const shared = sharedSteps(a.path, b.path)
      if (shared === a.path.length) invalid(`${place}.${b.name}`, `its path overlaps that of ${a.name}.`)
      const [ofA, ofB] = [a.path[shared], b.path[shared]]
      if (ofB !== undefined && (typeof ofA === 'string') !== (typeof ofB === 'string'))
        invalid(
          `${place}.${b.name}`,
          `its path takes for a list what that of ${a.name} takes for an object, or the other way round.`,
        )
    }
  }
}

function sharedSteps(a: readonly PathStep[], b: readonly PathStep[]): number {
  const at = a.findIndex((step, index) => JSON.stringify(step) !== JSON.stringify(b[index]))
  return at < 0 ? a.length : at
}
