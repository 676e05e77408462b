import { TwofoldError } from '../../core/model/errors.ts'

/**
 * The filter that a text means, in the form of a request's body: `dimension:operator:value,value`, or filters in a
 * group, `or(filter;filter)` or `and(filter;filter)`. A backslash keeps the next character as it is: a comma, and in a
 * group also `;`, `(` and `)`.
 * @throws QUERY_INVALID for a filter without an operator, or a group that does not end
 */
export function parseFilter(text: string, parameter: string, name: 'dimension' | 'measure'): unknown {
  const parse = (part: string): unknown => {
    const [, word, inner] = /^(or|and)\((.*)\)$/s.exec(part) ?? []
    if (word !== undefined) return { [word]: partsOf(inner!, parameter).map(parse) }
    const match = /^([^:(]+):([^:]+)(?::(.*))?$/s.exec(part)
    if (match === null) throw unreadable(part, parameter, 'names no operator')
    const [, leaf, op, values] = match
    return { [name]: leaf, op, ...(values !== undefined && { values: split(values, ',').map(unescaped) }) }
  }
  return parse(text)
}

/** The filters of a group; those of groups within it stay together. */
function partsOf(text: string, parameter: string): string[] {
  const parts: string[] = []
  let depth = 0
  for (const part of split(text, ';')) {
    if (depth > 0) parts.push(`${parts.pop()};${part}`)
    else parts.push(part)
    for (const [character] of part.matchAll(/\\.|[()]/gs))
      depth += character === '(' ? 1 : character === ')' ? -1 : 0
    if (depth < 0) break
  }
  if (depth !== 0) throw unreadable(text, parameter, 'has a parenthesis without another')
  return parts
}

/** Splits at a character, but where a backslash keeps it. */
function split(text: string, at: string): string[] {
  const parts = ['']
  for (const [part] of text.matchAll(/\\.|./gs)) {
    if (part === at) parts.push('')
    else parts.push(parts.pop() + part)
  }
  return parts
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, '$1')
}

function unreadable(text: string, parameter: string, why: string): TwofoldError {
  return new TwofoldError('QUERY_INVALID', `The parameter ${parameter}=${text} ${why}.`, {
    hint: `Write ${parameter === 'having' ? 'measure' : 'dimension'}:operator:value,value, for example ${EXAMPLES[parameter] ?? ''}.`,
    details: { parameter, value: text },
  })
}

const EXAMPLES: Readonly<Record<string, string>> = {
  filter: 'filter=country:in:DE,FR or filter=or(country:in:DE,FR;amount:gt:5)',
  having: 'having=orders:gte:10',
}
