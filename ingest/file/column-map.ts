import type { PathStep } from '../../core/model/column-type.ts'
import type { ColumnDefinition, StreamDefinition } from '../../core/model/stream.ts'
import { invalidOption } from './file-options.ts'

type Definitions = (ColumnDefinition | undefined)[]

/**
 * The column of the stream that each column of a file belongs to. What the user says goes first; then the column with
 * that very name, then the one whose path, joined by dots, is the name, then the one with that alias, whose value goes
 * to the alias; then the one whose name, path or alias is the same but for case, blanks and punctuation. No place of the
 * stream's events is given twice.
 *
 * @param map column of the file → column of the stream
 * @throws FILE_OPTION_INVALID where `map` names what is not there
 */
export function mapColumns(
  names: readonly string[],
  stream: StreamDefinition,
  map: Readonly<Record<string, string>> = {},
): Definitions {
  const definitions: Definitions = names.map(() => undefined)
  for (const [name, column] of Object.entries(map)) {
    const index = names.indexOf(name)
    const option = `--map ${JSON.stringify(`${name}=${column}`)}`
    if (index < 0)
      throw invalidOption(option, `the file has no column ${JSON.stringify(name)}, but ${names.join(', ')}`)
    const definition = fileColumnsOf(stream).find(candidate => candidate.name === column)
    if (definition === undefined) {
      const columns = fileColumnsOf(stream)
        .map(candidate => candidate.name)
        .join(', ')
      throw invalidOption(
        option,
        `the stream ${stream.topic} has no column ${JSON.stringify(column)}, but ${columns}`,
      )
    }
    definitions[index] = definition
  }
  const spellings: ((text: string) => string)[] = [text => text, loosely]
  for (const spell of spellings) {
    assign(names, definitions, stream, spell, definition => definition.name)
    assign(names, definitions, stream, spell, definition => definition.path.join('.'))
    assignAliases(names, definitions, stream, spell)
  }
  return definitions
}

/** The columns of a stream that a file's columns can be: those of the event itself that stand in no list of it. */
export function fileColumnsOf({ columns }: StreamDefinition): readonly ColumnDefinition[] {
  return columns.filter(({ from, path }) => from === undefined && isOfKeys(path))
}

/** The keys that lead to the place of one of these columns. */
export function keysOf({ path }: Pick<ColumnDefinition, 'path'>): readonly string[] {
  return path.filter(step => typeof step === 'string')
}

/** The keys that lead to its place, and to those of its aliases that stand in no list. */
export function placesOf({
  path,
  aliases = [],
}: Pick<ColumnDefinition, 'path' | 'aliases'>): readonly (readonly string[])[] {
  return [path, ...aliases].filter(isOfKeys)
}

function isOfKeys(path: readonly PathStep[]): path is readonly string[] {
  return path.every(step => typeof step === 'string')
}

/** Whether each column was found by its own name or path, letter by letter. */
export function isLiteralMap(names: readonly string[], definitions: Readonly<Definitions>): boolean {
  return definitions.every((definition, index) => {
    if (definition === undefined) return true
    return names[index] === definition.name || names[index] === definition.path.join('.')
  })
}

function assign(
  names: readonly string[],
  definitions: Definitions,
  stream: StreamDefinition,
  spell: (text: string) => string,
  nameOf: (definition: ColumnDefinition) => string,
): void {
  const spelled = names.map(spell)
  for (const definition of fileColumnsOf(stream)) {
    const name = spell(nameOf(definition))
    const index = spelled.indexOf(name)
    if (index < 0 || name === '' || definitions[index] !== undefined || definitions.includes(definition))
      continue
    definitions[index] = definition
  }
}

function assignAliases(
  names: readonly string[],
  definitions: Definitions,
  stream: StreamDefinition,
  spell: (text: string) => string,
): void {
  const spelled = names.map(spell)
  for (const definition of fileColumnsOf(stream)) {
    for (const path of (definition.aliases ?? []).filter(isOfKeys)) {
      const name = spell(path.join('.'))
      const index = spelled.indexOf(name)
      const isTaken = definitions[index] !== undefined || definitions.some(found => found?.path === path)
      if (index >= 0 && name !== '' && !isTaken) definitions[index] = { ...definition, path }
    }
  }
}

/** A name without case, blanks and punctuation. */
function loosely(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '')
}
