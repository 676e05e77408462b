import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { RESERVED_NAMES } from '../../../core/define/view.ts'
import { stream, t } from '../../../core/index.ts'
import { TwofoldError } from '../../../core/model/errors.ts'
import { functionsTable } from '../../support/functions-table.ts'

const read = (document: string) => readFileSync(new URL(`../../../docs/${document}`, import.meta.url), 'utf8')

it('docs/definition.md names every name that is reserved, and no other', () => {
  const [, list] = /none of them is (.*?), in whatever case/.exec(read('definition.md'))!
  expect([...list!.matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual([...RESERVED_NAMES])
})

it('docs/definition.md tells the limits as they are', () => {
  const text = read('definition.md').replace(/\s+/g, ' ')
  const options = { topic: 'x', time: 'ts' as const, schema: { ts: t.timestamp() } }
  for (const [name, limit] of [
    ['lanes', 64],
    ['partitions', 10_000],
    ['replicationFactor', 16],
    ['blockSize', 2 ** 22],
    ['maxEventBytes', 64 * 2 ** 20],
  ] as const) {
    expect(stream({ ...options, [name]: limit }), name).toBeDefined()
    expect(() => stream({ ...options, [name]: 2 * limit }), name).toThrow(TwofoldError)
    const shown = name === 'maxEventBytes' ? '64 MiB' : limit.toLocaleString('en-US')
    expect(text).toMatch(new RegExp(`\`${name}\`(?: is at most)? ${shown}`))
  }
  const withPath = (parts: number) =>
    stream({ ...options, schema: { ...options.schema, deep: t.string().path(Array(parts).fill('a')) } })
  expect(withPath(32)).toBeDefined()
  expect(() => withPath(33)).toThrow(TwofoldError)
  expect(text).toContain('a path has at most 32 parts')
})

it('docs/definition.md lists exactly the functions that an expression may call', () => {
  expect(read('definition.md')).toContain(
    `<!-- functions:begin -->\n${functionsTable()}\n<!-- functions:end -->`,
  )
})
