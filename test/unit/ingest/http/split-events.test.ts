import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sniffForm, splitEvents } from '../../../../ingest/http/split-events.ts'

const MAX = 10_000
const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/)

/** JSON text of a value with white space wherever it may stand. */
const jsonText = fc
  .tuple(fc.jsonValue(), fc.constantFrom(0, 1, 2))
  .map(([value, indent]) => JSON.stringify(value, undefined, indent))

function texts(body: string, form: 'json' | 'lines', maxEvents = MAX): string[] {
  return splitEvents(Buffer.from(body), form, maxEvents).map(event => Buffer.from(event).toString())
}

describe('a byte order mark belongs to the body, not to its first event', () => {
  test.each(['json', 'lines'] as const)('in %s', form => {
    expect(texts('\ufeff{"a":1}', form)).toEqual(['{"a":1}'])
    expect(texts('\ufeff', form)).toEqual([])
  })

  test('in lines, and in an array', () => {
    expect(texts('\ufeff{"a":1}\n\ufeff{"a":2}', 'lines')).toEqual(['{"a":1}', '\ufeff{"a":2}'])
    expect(texts('\ufeff[{"a":1},{"a":2}]', 'json')).toEqual(['{"a":1}', '{"a":2}'])
  })

  test('in a body whose form is looked at', () => {
    expect(sniffForm(Buffer.from('\ufeff[{"a":1}]'))).toBe('json')
    expect(sniffForm(Buffer.from('\ufeff{"a":1}\n{"a":2}'))).toBe('lines')
  })
})

describe('splitting a JSON array', () => {
  test('yields the very texts of its elements, whatever they hold', () => {
    const separated = fc.array(fc.tuple(space, jsonText, space))
    fc.assert(
      fc.property(separated, space, space, (elements, before, after) => {
        const body = `${before}[${elements.map(parts => parts.join('')).join(',')}]${after}`
        expect(texts(body, 'json')).toEqual(elements.map(([, text]) => text))
      }),
    )
  })

  test('keeps digits that a number would lose', () => {
    expect(texts('[{"id":18446744073709551615},{"x":1.10}]', 'json')).toEqual([
      '{"id":18446744073709551615}',
      '{"x":1.10}',
    ])
  })

  test('agrees with JSON.parse about what is valid, where each slice is', () => {
    const pieces = fc.constantFrom('[', ']', '{', '}', ',', '"', '\\', '1', ':', ' ', '{"a":1}', '"]"')
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), parts => {
        const body = `[${parts.join('')}`
        const whole = parses(body)
        let slices: string[] | undefined
        try {
          slices = texts(body, 'json')
        } catch {
          slices = undefined
        }
        expect(slices?.every(parses) ?? false).toBe(whole)
      }),
      { numRuns: 2000 },
    )
  })

  test.each(['[', '[1', '[1,', '[1,]', '[,1]', '[1]2', '[1}', '["a]', '[[1]', '[] []'])(
    'refuses %s',
    body => {
      expect(() => texts(body, 'json')).toThrowError(/not a JSON array/)
    },
  )

  test.each(['', ' \n', '[]', ' [ ] '])('finds no events in %j', body => {
    expect(texts(body, 'json')).toEqual([])
  })

  test('refuses more events than the limit, and takes as many', () => {
    expect(texts('[1,2,3]', 'json', 3)).toHaveLength(3)
    expect(() => texts('[1,2,3,4]', 'json', 3)).toThrowError(/more than 3 events/)
  })
})

describe('splitting lines', () => {
  test('drops empty lines and carriage returns, and needs no newline at the end', () => {
    expect(texts('{"a":1}\r\n\n  \n{"b":"x"}', 'lines')).toEqual(['{"a":1}', '{"b":"x"}'])
  })

  test('leaves a line as it is, whatever it holds', () => {
    expect(texts('{"a":\n[1,2]\n', 'lines')).toEqual(['{"a":', '[1,2]'])
  })
})

describe('sniffing', () => {
  test.each([
    ['{"a":1}', 'json'],
    [' {"a":{"b":"}\\""}}\n ', 'json'],
    ['{\n  "a": 1\n}', 'json'],
    ['[{"a":1}]', 'json'],
    ['{"a":1}\n{"a":2}', 'lines'],
    ['{"a":1} {"a":2}', 'lines'],
    ['{"a":1', 'json'],
    ['hello', 'lines'],
  ])('takes %j for %s', (body, form) => {
    expect(sniffForm(Buffer.from(body))).toBe(form)
  })
})

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
