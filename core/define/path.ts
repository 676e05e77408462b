import type { PathStep } from '../model/column-type.ts'
import { invalid } from './names.ts'

/**
 * Reads a path as people write it: keys with dots between them, each followed by any number of `[0]`, the element at a
 * position, or `[key=text]`, the first element that has this text at a key.
 */
export function parsePath(text: string): PathStep[] {
  const place = `.path(${JSON.stringify(text)})`
  return splitAtDots(text, place).flatMap(part => stepsOf(part, text, place))
}

/** The parts between the dots that stand in no brackets. */
function splitAtDots(text: string, place: string): string[] {
  const parts: string[] = ['']
  let isInside = false
  for (const character of text) {
    if (character === '[' && isInside) invalid(place, 'a bracket stands within brackets.')
    if (character === '[' || character === ']') isInside = character === '['
    if (character === '.' && !isInside) parts.push('')
    else parts[parts.length - 1] += character
  }
  if (isInside) invalid(place, 'a bracket is not closed.')
  return parts
}

function stepsOf(part: string, text: string, place: string): PathStep[] {
  const [, key = '', brackets = ''] = /^([^[\]]*)((?:\[[^[\]]*\])*)$/.exec(part) ?? []
  if (key + brackets !== part) invalid(place, "expected brackets behind a key alone, as in 'items[0].price'.")
  if (/^\d+$/.test(key)) {
    const written = text.replace(new RegExp(`\\.${key}(?=\\.|\\[|$)`), `[${key}]`)
    const list = JSON.stringify(text.split('.'))
    invalid(
      place,
      `${key} is taken for the name of a member. For an element of a list write ${JSON.stringify(written)}; for a member of that name, the path as a list: ${list}.`,
    )
  }
  const steps = [...brackets.matchAll(/\[([^\]]*)\]/g)].map(([, inside]) => elementStep(inside!, place))
  return [key, ...steps]
}

function elementStep(inside: string, place: string): PathStep {
  if (/^(0|[1-9]\d{0,8})$/.test(inside)) return { index: Number(inside) }
  const equals = inside.indexOf('=')
  if (equals > 0) return { key: inside.slice(0, equals), equals: inside.slice(equals + 1) }
  invalid(place, `expected a position or key=text in brackets, got [${inside}].`)
}
