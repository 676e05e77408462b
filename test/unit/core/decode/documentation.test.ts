import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { t } from '../../../../core/define/types.ts'
import type { ColumnKind, ColumnType, TimestampFormat } from '../../../../core/model/column-type.ts'
import { QUARANTINE_REASONS } from '../../../../core/model/verdict.ts'
import { columnOf, outcomeOf } from './support.ts'

const DOCUMENT = readFileSync(new URL('../../../../docs/decoder.md', import.meta.url), 'utf8')

/** The cells of the table under a heading, without its head. */
function tableUnder(heading: string): string[][] {
  const section = DOCUMENT.split(`## ${heading}\n`)[1]!.split('\n## ')[0]!
  const lines = section.split('\n').filter(line => line.startsWith('|'))
  return lines.slice(2).map(line =>
    line
      .slice(1, -1)
      .split('|')
      .map(cell => cell.trim()),
  )
}

/** The type that the document writes as `kind(arguments)`. */
function typeOf(text: string): ColumnType {
  const [, kind, list] = /^`(\w+)(?:\((.*)\))?`$/.exec(text)!
  const parameters = list?.split(',') ?? []
  switch (kind as ColumnKind) {
    case 'decimal':
      return { kind: 'decimal', precision: Number(parameters[0]), scale: Number(parameters[1]) }
    case 'timestamp':
      return t.timestamp(list!.startsWith('{') ? JSON.parse(list!) : (list as TimestampFormat))
        .type as ColumnType
    case 'enum':
      return { kind: 'enum', values: parameters }
    default:
      return { kind } as ColumnType
  }
}

const KINDS: Record<ColumnKind, true> = {
  string: true,
  text: true,
  bool: true,
  int32: true,
  int64: true,
  uint64: true,
  float64: true,
  decimal: true,
  timestamp: true,
  date: true,
  uuid: true,
  enum: true,
}

describe('docs/decoder.md', () => {
  const types = [...tableUnder('Types'), ...tableUnder('Times in other formats')]

  it('names every type', () => {
    expect(new Set(types.map(([type]) => typeOf(type!).kind))).toEqual(new Set(Object.keys(KINDS)))
  })

  const examples = types.flatMap(([type, , cell]) =>
    [...cell!.matchAll(/`([^`]*)` → (?:`([^`]*)`|``|(\w+))/g)].map(
      ([, value, outcome, reason]) => [type!, value!, reason ?? outcome ?? ''] as const,
    ),
  )

  it('has examples for every type', () => {
    expect(new Set(examples.map(([type]) => type)).size).toBe(types.length)
    expect(examples.length).toBeGreaterThan(40)
  })

  it.each(examples)('%s: %s becomes %s', (type, value, expected) => {
    const outcome = outcomeOf([columnOf('a', typeOf(type))], `{"a":${value}}`)
    expect(typeof outcome === 'string' ? outcome : String(outcome[0])).toBe(expected)
  })

  it('lists the reasons of quarantine as the code does', () => {
    const reasons = tableUnder('Why a record is quarantined').map(([reason, meaning]) => [
      reason!.replaceAll('`', ''),
      meaning,
    ])
    expect(reasons).toEqual(Object.entries(QUARANTINE_REASONS))
  })
})
