import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stream } from '../../../../core/define/stream.ts'
import { t } from '../../../../core/define/types.ts'
import { decoderId } from '../../../../core/io/decoder-id.ts'
import { decodeValues, outcomeOf, rowOf } from './support.ts'

const declare = (name: ReturnType<typeof t.string>) =>
  stream({ topic: 'people', time: 'ts', schema: { ts: t.timestamp('s'), name } })

/** What becomes of the name in an event. */
const nameIn = (column: ReturnType<typeof t.string>, members: string) => {
  const outcome = outcomeOf(declare(column).columns, `{"ts": 1${members === '' ? '' : `, ${members}`}}`)
  return typeof outcome === 'string' ? outcome : outcome[1]
}

const RENAMED = t.string().alias('old_name', 'older.name')

describe('a column with aliases', () => {
  it.each([
    ['"name": "new"', 'new'],
    ['"old_name": "old"', 'old'],
    ['"older": {"name": "older"}', 'older'],
    ['"older": {"name": "older"}, "old_name": "old"', 'old'],
    ['"old_name": "old", "name": "new"', 'new'],
    ['"name": "new", "old_name": "old"', 'new'],
    ['"name": null, "old_name": "old"', 'old'],
    ['"old_name": "old", "name": null', 'old'],
    ['"old_name": null, "older": {"name": "older"}', 'older'],
    ['"older": null, "old_name": "\\u006fld"', 'old'],
    ['', 'missing_field'],
    ['"name": null', 'missing_field'],
    ['"name": null, "old_name": null', 'missing_field'],
    ['"name": 5, "old_name": "old"', 'wrong_type'],
    ['"old_name": 5', 'wrong_type'],
    ['"old_name": {"deep": [1, 2]}, "name": "new"', 'new'],
    ['"old_name": "a", "old_name": "b"', 'duplicate_key'],
    ['"name": null, "name": "b"', 'duplicate_key'],
    ['"old_name": tru, "name": "b"', 'invalid_json'],
  ])('reads %s as %s', (members, expected) => {
    expect(nameIn(RENAMED, members)).toBe(expected)
  })

  it('is NULL, or its default, where no place has a value', () => {
    expect(nameIn(RENAMED.optional(), '"old_name": null')).toBe(null)
    expect(nameIn(RENAMED.default('none'), '"name": null')).toBe('none')
    expect(nameIn(RENAMED.default('none'), '"old_name": "old"')).toBe('old')
  })

  it('names the column and the value where an alias is at fault', () => {
    const { rejections } = decodeValues(declare(RENAMED).columns, ['{"ts": 1, "old_name": 5}'])
    expect(rejections).toMatchObject([
      { field: 'name', detail: '"name" must be a string of well-formed Unicode; found 5.' },
    ])
  })

  it('reads the same in whatever order members stand, event after event', () => {
    const member = (name: string) =>
      fc.constantFrom('', `"${name}": null`, `"${name}": "${name}"`, `"${name}": 7`)
    const event = fc.tuple(member('name'), member('old_name'), member('oldest'))
    const { columns } = declare(t.string().alias('old_name').alias('oldest').optional())
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.nat(5)), { maxLength: 8 }), events => {
        const texts = events.map(([members, turn]) => {
          const turned = [...members.slice(turn % 3), ...members.slice(0, turn % 3)]
          const ordered = turn > 2 ? turned.reverse() : turned
          return `{${['"ts": 1', ...ordered.filter(text => text !== '')].join(', ')}}`
        })
        const batch = decodeValues(columns, texts)
        const accepted = events.map(([[own, old, oldest]]) => {
          if (own.endsWith('7')) return 0
          const first = [own, old, oldest].find(text => text !== '' && !text.endsWith('null'))
          return first?.endsWith('7') ? 0 : 1
        })
        expect([...batch.accepted]).toEqual(accepted)
        texts.forEach((text, row) => {
          if (accepted[row] === 0) return
          const [[own, old, oldest]] = events[row]!
          const first = [own, old, oldest].find(member => member !== '' && !member.endsWith('null'))
          const expected = first === undefined ? null : first.split('"')[1]
          expect([text, rowOf(batch, row)[1]]).toEqual([text, expected])
        })
      }),
    )
  })

  it('is another decoder; a column without is the same as ever', () => {
    const [plain, renamed] = [declare(t.string()), declare(RENAMED)]
    expect(decoderId(renamed)).not.toBe(decoderId(plain))
    expect(Object.keys(plain.columns[1]!)).not.toContain('aliases')
  })

  it('cannot stand where another column does', () => {
    expect(() => declare(t.string().alias('ts'))).toThrow('overlaps')
    expect(() => declare(t.string().alias('ts.inner'))).toThrow('overlaps')
    expect(() => declare(t.string().alias(''))).toThrow('empty part')
  })
})
