import { describe, expect, it } from 'vitest'
import { compileDecoder } from '../../../../core/decode/compile.ts'
import type { ColumnType } from '../../../../core/model/column-type.ts'
import { TwofoldError } from '../../../../core/model/errors.ts'
import type { ColumnDefinition } from '../../../../core/model/stream.ts'
import { type Cell, columnOf, decodeValues, outcomeOf, recordOf, rowOf, streamOf } from './support.ts'

const STRING: ColumnType = { kind: 'string' }
const INT64: ColumnType = { kind: 'int64' }
const A = [columnOf('a', STRING)]

/** The outcome of `{"a":VALUE}` for a required column of the type. */
function outcomeOfValue(type: ColumnType, value: string): Cell | string {
  const outcome = outcomeOf([columnOf('a', type)], `{"a":${value}}`)
  return typeof outcome === 'string' ? outcome : outcome[0]!
}

describe('an event as JSON', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
  const cases: readonly [what: string, event: string | Uint8Array | null, outcome: Cell[] | string][] = [
    ['an object', '{"a":"x"}', ['x']],
    ['white space everywhere', ' \t\r\n{ "a" \n:\t"x" , "b" : [ 1 , { } ] } \n', ['x']],
    ['unknown members before and behind', '{"z":{"a":[1,2,{"a":"y"}]},"a":"x","y":null,"":0}', ['x']],
    ['an unknown member twice', '{"b":1,"a":"x","b":2}', ['x']],
    ['a name spelt with escapes', '{"\\u0061":"x"}', ['x']],
    ['a name with a surrogate alone, unknown', '{"\\ud800":1,"a":"x"}', ['x']],
    ['an empty string', '{"a":""}', ['']],
    [
      'escapes of every kind',
      '{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20ac\\ud83d\\ude00\\uD83D\\uDE00"}',
      ['"\\/\b\f\n\r\té€😀😀'],
    ],
    ['characters of two to four bytes', '{"a":"é€😀\u007f"}', ['é€😀\u007f']],
    ['U+0000 as an escape', '{"a":"a\\u0000b"}', ['a\0b']],
    ['64 levels', `{"a":"x","b":${nested(63)}}`, ['x']],
    ['65 levels', `{"a":"x","b":${nested(64)}}`, 'too_deep'],
    ['10,000 levels', `{"a":"x","b":${nested(10_000)}}`, 'too_deep'],
    ['10,000 levels never closed', `{"b":${'['.repeat(10_000)}`, 'too_deep'],
    ['10,000 levels of objects', '{"b":'.repeat(10_000), 'too_deep'],
    ['a tombstone', null, 'tombstone'],
    ['nothing', '', 'invalid_json'],
    ['white space alone', ' ', 'invalid_json'],
    ['an event over the limit', `{"a":"${'x'.repeat(100_000)}"}`, 'too_large'],
    ['text', 'hello', 'invalid_json'],
    ['an array', '[{"a":"x"}]', 'invalid_json'],
    ['null', 'null', 'invalid_json'],
    ['a string', '"a"', 'invalid_json'],
    ['two objects', '{"a":"x"}{"a":"x"}', 'invalid_json'],
    ['a byte behind the end', '{"a":"x"}\0', 'invalid_json'],
    ['a brace too many', '{"a":"x"}}', 'invalid_json'],
    ['a brace too few', '{"a":"x","b":{}', 'invalid_json'],
    ['a byte-order mark', '\ufeff{"a":"x"}', 'invalid_json'],
    ['a trailing comma', '{"a":"x",}', 'invalid_json'],
    ['a comma missing', '{"a":"x" "b":1}', 'invalid_json'],
    ['a colon missing', '{"a" "x"}', 'invalid_json'],
    ['a name without quotes', '{a:"x"}', 'invalid_json'],
    ['single quotes', "{'a':'x'}", 'invalid_json'],
    ['a comment', '{"a":"x"/**/}', 'invalid_json'],
    ['a zero byte in a string', '{"a":"x\0"}', 'invalid_json'],
    ['a line feed in a string', '{"a":"x\n"}', 'invalid_json'],
    ['an escape that is none', '{"a":"\\x"}', 'invalid_json'],
    ['an escape cut short', '{"a":"\\u00g0"}', 'invalid_json'],
    ['a string that does not end', '{"a":"x}', 'invalid_json'],
    ['a name that does not end', '{"a', 'invalid_json'],
    ['a wrong literal', '{"a":"x","b":nul}', 'invalid_json'],
    ['NaN', '{"a":"x","b":NaN}', 'invalid_json'],
    ['Infinity', '{"a":"x","b":-Infinity}', 'invalid_json'],
    ['a number with a leading zero', '{"a":"x","b":01}', 'invalid_json'],
    ['a number with a plus', '{"a":"x","b":+1}', 'invalid_json'],
    ['a number that ends in a point', '{"a":"x","b":1.}', 'invalid_json'],
    ['a number without an exponent', '{"a":"x","b":1e}', 'invalid_json'],
    ['an array with a hole', '{"a":"x","b":[1,,2]}', 'invalid_json'],
    ['an array closed by a brace', '{"a":"x","b":[1}}', 'invalid_json'],
    ['a stray byte in a string', Buffer.from('{"a":"\xff"}', 'latin1'), 'invalid_utf8'],
    ['a stray byte in a name', Buffer.from('{"a":"x","\xc0\xaf":1}', 'latin1'), 'invalid_utf8'],
    ['a stray byte outside of strings', Buffer.from('{"a":"x"\xff}', 'latin1'), 'invalid_utf8'],
    ['a surrogate in UTF-8', Buffer.from('{"a":"\xed\xa0\x80"}', 'latin1'), 'invalid_utf8'],
    ['a character beyond U+10FFFF', Buffer.from('{"a":"\xf4\x90\x80\x80"}', 'latin1'), 'invalid_utf8'],
    ['a character cut short', Buffer.from('{"a":"\xe2\x82"}', 'latin1'), 'invalid_utf8'],
    ['a surrogate alone', '{"a":"\\ud800"}', 'invalid_value'],
    ['a low surrogate alone', '{"a":"\\ude00x"}', 'invalid_value'],
    ['two low surrogates', '{"a":"\\ude00\\ude00"}', 'invalid_value'],
    ['two high surrogates', '{"a":"\\ud83d\\ud83d"}', 'invalid_value'],
    ['a known member twice', '{"a":"x","a":"x"}', 'duplicate_key'],
    ['a known member twice, one of them null', '{"a":"x","a":null}', 'duplicate_key'],
    ['a known member twice, spelt differently', '{"a":"x","\\u0061":"x"}', 'duplicate_key'],
    ['no member', '{}', 'missing_field'],
    ['null', '{"a":null}', 'missing_field'],
    ['a number for a string', '{"a":1}', 'wrong_type'],
    ['an object for a string', '{"a":{"b":1}}', 'wrong_type'],
  ]
  it.each(cases)('%s', (_, event, outcome) => {
    expect(outcomeOf(A, event)).toEqual(outcome)
  })

  it('takes __proto__ and constructor for ordinary names', () => {
    const columns = [
      columnOf('p', INT64, { path: ['__proto__', 'constructor'] }),
      columnOf('constructor', INT64),
    ]
    expect(outcomeOf(columns, '{"__proto__":{"constructor":1},"constructor":2}')).toEqual([1n, 2n])
    expect(outcomeOf(A, '{"__proto__":{"a":"y"},"toString":1,"a":"x"}')).toEqual(['x'])
  })

  it('takes names with quotes, backslashes and control characters', () => {
    for (const key of ['a"b', 'a\\b', '\n', '', '"', '\\', 'é😀']) {
      const columns = [columnOf('x', INT64, { path: [key] })]
      expect(outcomeOf(columns, JSON.stringify({ [key]: 7 }))).toEqual([7n])
      const escaped = [...Buffer.from(key, 'utf16le').swap16().toString('hex').matchAll(/.{4}/g)]
      expect(outcomeOf(columns, `{"${escaped.map(unit => `\\u${unit}`).join('')}":7}`)).toEqual([7n])
      expect(outcomeOf(columns, `{"${key}":7}`)).toEqual(/["\\\n]/.test(key) ? expect.any(String) : [7n])
    }
  })
})

describe('an event that ends too soon', () => {
  const columns = [
    columnOf('text', STRING),
    columnOf('time', { kind: 'timestamp', format: 'rfc3339' }),
    columnOf('ms', { kind: 'timestamp', format: 'ms' }),
    columnOf('day', { kind: 'date' }),
    columnOf('uuid', { kind: 'uuid' }),
    columnOf('price', { kind: 'decimal', precision: 18, scale: 2 }),
    columnOf('ratio', { kind: 'float64' }),
    columnOf('flag', { kind: 'bool' }),
    columnOf('inner', STRING, { path: ['in', 'side'] }),
  ]
  const event =
    '{"text":"a\\u00e9é😀","time":"2025-06-15T15:06:40.5Z","ms":1750000000123,"day":"2025-06-15",' +
    '"uuid":"123e4567-e89b-12d3-a456-426614174000","price":12.34,"ratio":1.5e3,"flag":true,"in":{"side":"x"}}'

  it.each([0, 4096, 5000, 9000])(
    'is refused at each of its bytes, in a buffer of any size (%d)',
    sizeBytes => {
      const whole = Buffer.from(event)
      const accepted: number[] = []
      for (let end = 0; end <= whole.length; end++) {
        // Filled up in front, so that the cut meets the end of the decoder's buffer.
        const cut = Buffer.concat([Buffer.alloc(Math.max(0, sizeBytes - end), ' '), whole.subarray(0, end)])
        if (typeof outcomeOf(columns, cut) !== 'string') accepted.push(end)
      }
      expect(accepted).toEqual([whole.length])
    },
  )
})

describe('paths', () => {
  const columns = [
    columnOf('country', STRING, { path: ['geo', 'country'], optional: true }),
    columnOf('city', STRING, { path: ['geo', 'place', 'city'], optional: true }),
    columnOf('id', INT64),
  ]
  const cases: readonly [event: string, outcome: Cell[] | string][] = [
    ['{"geo":{"country":"DE","place":{"city":"Ulm"}},"id":1}', ['DE', 'Ulm', 1n]],
    ['{"id":1,"geo":{"place":{"zip":[89073],"city":"Ulm"},"country":"DE"}}', ['DE', 'Ulm', 1n]],
    ['{"id":1,"geo":{}}', [null, null, 1n]],
    ['{"id":1,"geo":null}', [null, null, 1n]],
    ['{"id":1,"country":"DE","city":"Ulm"}', [null, null, 1n]],
    ['{"id":1,"geo":{"place":null,"country":null}}', [null, null, 1n]],
    ['{"id":1,"geo":"DE"}', 'wrong_type'],
    ['{"id":1,"geo":[]}', 'wrong_type'],
    ['{"geo":{},"id":1,"geo":{}}', 'duplicate_key'],
    ['{"geo":{"place":{},"place":{}},"id":1}', 'duplicate_key'],
  ]
  it.each(cases)('%s', (event, outcome) => {
    expect(outcomeOf(columns, event)).toEqual(outcome)
  })

  it('reach 64 levels', () => {
    const path = Array.from({ length: 64 }, () => 'k')
    const event = `${'{"k":'.repeat(64)}5${'}'.repeat(64)}`
    expect(outcomeOf([columnOf('deep', INT64, { path })], event)).toEqual([5n])
  })
})

describe('values of each type', () => {
  const decimal = (precision: number, scale: number): ColumnType => ({ kind: 'decimal', precision, scale })
  const epoch = (format: 's' | 'ms' | 'us'): ColumnType => ({ kind: 'timestamp', format })
  const cases: readonly [type: ColumnType, value: string, outcome: Cell | string][] = [
    [{ kind: 'bool' }, 'true', true],
    [{ kind: 'bool' }, 'false', false],
    [{ kind: 'bool' }, '1', 'wrong_type'],
    [{ kind: 'bool' }, '"true"', 'wrong_type'],
    [{ kind: 'bool' }, 'tru', 'invalid_json'],
    [{ kind: 'int32' }, '2147483647', 2147483647n],
    [{ kind: 'int32' }, '-2147483648', -2147483648n],
    [{ kind: 'int32' }, '2147483648', 'out_of_range'],
    [{ kind: 'int32' }, '-2147483649', 'out_of_range'],
    [{ kind: 'int32' }, '-0', 0n],
    [{ kind: 'int32' }, '1.5', 'out_of_range'],
    [{ kind: 'int32' }, '"1"', 'wrong_type'],
    [{ kind: 'int32' }, '01', 'invalid_json'],
    [{ kind: 'int32' }, '-', 'invalid_json'],
    [INT64, '9223372036854775807', 9223372036854775807n],
    [INT64, '-9223372036854775808', -9223372036854775808n],
    [INT64, '9223372036854775808', 'out_of_range'],
    [INT64, '-9223372036854775809', 'out_of_range'],
    [INT64, '9007199254740993', 9007199254740993n],
    [INT64, '-9007199254740993', -9007199254740993n],
    [INT64, '-4294967296', -4294967296n],
    [INT64, '99999999999999999999999', 'out_of_range'],
    [INT64, '1e18', 10n ** 18n],
    [INT64, '5.0', 5n],
    [INT64, '50e-1', 5n],
    [INT64, '0.005E+3', 5n],
    [INT64, '0e999999999999', 0n],
    [INT64, '1e999999999999', 'out_of_range'],
    [INT64, '1e-999999999999', 'out_of_range'],
    [INT64, '"-123"', -123n],
    [INT64, '"1\\u0032"', 12n],
    [INT64, '""', 'invalid_value'],
    [INT64, '" 1"', 'invalid_value'],
    [INT64, '"1 "', 'invalid_value'],
    [INT64, '"+1"', 'invalid_value'],
    [INT64, '"0x10"', 'invalid_value'],
    [INT64, '"1\\""', 'invalid_value'],
    [INT64, '"NaN"', 'invalid_value'],
    [INT64, '[1]', 'wrong_type'],
    [INT64, '12:4', 'invalid_json'],
    [INT64, '1234567:', 'invalid_json'],
    [INT64, '123/5678', 'invalid_json'],
    [INT64, 'true', 'wrong_type'],
    [{ kind: 'uint64' }, '18446744073709551615', 18446744073709551615n],
    [{ kind: 'uint64' }, '18446744073709551616', 'out_of_range'],
    [{ kind: 'uint64' }, '-1', 'out_of_range'],
    [{ kind: 'uint64' }, '-0', 0n],
    [{ kind: 'uint64' }, '"18446744073709551615"', 18446744073709551615n],
    [{ kind: 'float64' }, '0.1', 0.1],
    [{ kind: 'float64' }, '-0', -0],
    [{ kind: 'float64' }, '0123456789.5', 'invalid_json'],
    [{ kind: 'float64' }, '0.12345678901', 0.12345678901],
    [{ kind: 'float64' }, '12345678901.', 'invalid_json'],
    [{ kind: 'float64' }, '-1.5e-7', -1.5e-7],
    [{ kind: 'float64' }, '9007199254740993', 9007199254740992],
    [{ kind: 'float64' }, '1.7976931348623157e308', Number.MAX_VALUE],
    [{ kind: 'float64' }, '1e999', 'not_finite'],
    [{ kind: 'float64' }, '-1.8e308', 'not_finite'],
    [{ kind: 'float64' }, '1e-999', 0],
    [{ kind: 'float64' }, '"1"', 'wrong_type'],
    [decimal(4, 2), '12.34', 1234n],
    [decimal(4, 2), '-12.3', -1230n],
    [decimal(4, 2), '99.99', 9999n],
    [decimal(4, 2), '100', 'out_of_range'],
    [decimal(4, 2), '1.234', 'out_of_range'],
    [decimal(4, 2), '1.2300', 123n],
    [decimal(9, 0), '-999999999', -999999999n],
    [decimal(9, 0), '1e9', 'out_of_range'],
    [decimal(18, 2), '9999999999999999.99', 999999999999999999n],
    [decimal(18, 2), '-9999999999999999.99', -999999999999999999n],
    [decimal(18, 2), '10000000000000000', 'out_of_range'],
    [decimal(18, 2), '1.5e3', 150000n],
    [decimal(18, 2), '"12.50"', 1250n],
    [decimal(18, 2), '"1e2"', 10000n],
    [decimal(18, 2), '"12,5"', 'invalid_value'],
    [decimal(38, 10), '-1234567890123456789012345678.0123456789', -12345678901234567890123456780123456789n],
    [decimal(38, 10), '-1.5', -15000000000n],
    [decimal(38, 38), '0.1', 10n ** 37n],
    [decimal(38, 38), '1', 'out_of_range'],
    [decimal(38, 0), '99999999999999999999999999999999999999', 10n ** 38n - 1n],
    [decimal(38, 0), '1e38', 'out_of_range'],
    [epoch('s'), '1700000000', 1700000000000000n],
    [epoch('s'), '1700000000.123456', 1700000000123456n],
    [epoch('s'), '1700000000.1234567', 'out_of_range'],
    [epoch('s'), '-0.000001', -1n],
    [epoch('s'), '-2208988800', -2208988800000000n],
    [epoch('s'), '-2208988801', 'out_of_range'],
    [epoch('s'), '10413791999.999999', 10413791999999999n],
    [epoch('s'), '10413792000', 'out_of_range'],
    [epoch('ms'), '1700000000123', 1700000000123000n],
    [epoch('ms'), '-1', -1000n],
    [epoch('ms'), '1.7e12', 1700000000000000n],
    [epoch('ms'), '1700000000123.4', 1700000000123400n],
    [epoch('us'), '1700000000123456', 1700000000123456n],
    [epoch('us'), '10413791999999999', 10413791999999999n],
    [epoch('us'), '10413792000000000', 'out_of_range'],
    [epoch('us'), '0.5', 'out_of_range'],
    [epoch('us'), '1e999', 'out_of_range'],
    [epoch('ms'), '"1700000000123"', 'wrong_type'],
    [{ kind: 'date' }, '"1970-01-01"', 0n],
    [{ kind: 'date' }, '"1969-12-31"', -1n],
    [{ kind: 'date' }, '"2024-02-29"', 19782n],
    [{ kind: 'date' }, '"2023-02-29"', 'invalid_value'],
    [{ kind: 'date' }, '"1900-02-29"', 'invalid_value'],
    [{ kind: 'date' }, '"2024-13-01"', 'invalid_value'],
    [{ kind: 'date' }, '"2024-1-01"', 'invalid_value'],
    [{ kind: 'date' }, '"2024-01-01T00:00:00Z"', 'invalid_value'],
    [{ kind: 'date' }, '"1900-01-01"', -25567n],
    [{ kind: 'date' }, '"1899-12-31"', 'out_of_range'],
    [{ kind: 'date' }, '"2299-12-31"', 120529n],
    [{ kind: 'date' }, '"2300-01-01"', 'out_of_range'],
    [{ kind: 'date' }, '19782', 'wrong_type'],
    [{ kind: 'uuid' }, '"123e4567-e89b-12d3-a456-426614174000"', '123e4567-e89b-12d3-a456-426614174000'],
    [{ kind: 'uuid' }, '"FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
    [{ kind: 'uuid' }, '"123e4567e89b12d3a456426614174000"', 'invalid_value'],
    [{ kind: 'uuid' }, '"123e4567-e89b-12d3-a456-42661417400g"', 'invalid_value'],
    [{ kind: 'uuid' }, '"123e4567-e89b-12d3-a456-4266141740g0"', 'invalid_value'],
    [{ kind: 'uuid' }, '"123e4567-e89b-12d3-a456-4266141740001"', 'invalid_value'],
    [{ kind: 'uuid' }, '"é23e4567-e89b-12d3-a456-42661417400"', 'invalid_value'],
    [{ kind: 'enum', values: ['click', 'view', ''] }, '"view"', 'view'],
    [{ kind: 'enum', values: ['click', 'view', ''] }, '"vi\\u0065w"', 'view'],
    [{ kind: 'enum', values: ['click', 'view', ''] }, '""', ''],
    [{ kind: 'enum', values: ['click', 'view', ''] }, '"View"', 'invalid_value'],
    [{ kind: 'enum', values: ['click', 'view', ''] }, '5', 'wrong_type'],
  ]
  it.each(cases)('%j %s', (type, value, outcome) => {
    expect(outcomeOfValue(type, value)).toEqual(outcome)
  })
})

describe('RFC 3339 timestamps', () => {
  const cases: readonly [value: string, outcome: string | bigint][] = [
    ['2025-06-15T15:06:40Z', 1750000000000000n],
    ['2025-06-15t15:06:40z', 1750000000000000n],
    ['2025-06-15 15:06:40+00:00', 1750000000000000n],
    ['2025-06-15T17:06:40.5+02:00', 1750000000500000n],
    ['2025-06-15T05:36:40.123456789-09:30', 1750000000123456n],
    ['1969-12-31T23:59:59.999999999Z', -1n],
    ['1900-01-01T00:00:00Z', -2208988800000000n],
    ['1899-12-31T23:00:00-01:00', -2208988800000000n],
    ['1899-12-31T23:59:59.999999Z', 'out_of_range'],
    ['2299-12-31T23:59:59.999999Z', 10413791999999999n],
    ['2300-01-01T00:59:59.999999+01:00', 10413791999999999n],
    ['2300-01-01T00:00:00Z', 'out_of_range'],
    ['9999-12-31T23:59:59Z', 'out_of_range'],
    ['0000-01-01T00:00:00Z', 'out_of_range'],
    ['2016-12-31T23:59:60Z', 'out_of_range'],
    ['2016-12-31T23:59:61Z', 'invalid_value'],
    ['2024-02-29T24:00:00Z', 'invalid_value'],
    ['2023-02-29T00:00:00Z', 'invalid_value'],
    ['2024-04-31T00:00:00Z', 'invalid_value'],
    ['2024-02-29T00:60:00Z', 'invalid_value'],
    ['2024-02-29T00:00:00', 'invalid_value'],
    ['2024-02-29', 'invalid_value'],
    ['2024-02-29T00:00:00.Z', 'invalid_value'],
    ['2024-02-29T00:00:00.1234567890Z', 'invalid_value'],
    ['2024-02-29T00:00:00+0100', 'invalid_value'],
    ['2024-02-29T00:00:00+24:00', 'invalid_value'],
    ['2024-02-29T00:00:00ZZ', 'invalid_value'],
    ['2024-02-29_00:00:00Z', 'invalid_value'],
    ['-2024-02-29T00:00:00Z', 'invalid_value'],
    ['+002024-02-29T00:00:00Z', 'invalid_value'],
    ['Thu, 29 Feb 2024 00:00:00 GMT', 'invalid_value'],
    ['', 'invalid_value'],
  ]
  it.each(cases)('%s', (value, outcome) => {
    const type: ColumnType = { kind: 'timestamp', format: 'rfc3339' }
    expect(outcomeOfValue(type, JSON.stringify(value))).toEqual(outcome)
    expect(outcomeOfValue(type, JSON.stringify(value).replace('0', '\\u0030'))).toEqual(outcome)
  })

  it('are told apart when they follow one another', () => {
    const type: ColumnType = { kind: 'timestamp', format: 'rfc3339' }
    const days = [
      '2025-06-15',
      '2025-06-15',
      '2025-06-16',
      '2025-07-16',
      '2024-07-16',
      '2024-07-99',
      '2024-07-99',
      '2024-07-16',
    ]
    const batch = decodeValues(
      [columnOf('a', type)],
      days.map(day => `{"a":"${day}T00:00:00Z"}`),
    )
    const expected = days.map(day => (day.endsWith('99') ? null : BigInt(Date.parse(day)) * 1000n))
    expect(days.map((_, row) => rowOf(batch, row)[0])).toEqual(expected)
  })

  it('are not numbers', () => {
    expect(outcomeOfValue({ kind: 'timestamp', format: 'rfc3339' }, '1750000000')).toBe('wrong_type')
  })
})

describe('absent values', () => {
  const columns = [
    columnOf('a', STRING, { optional: true }),
    columnOf('b', INT64, { default: 7 }),
    columnOf('c', { kind: 'decimal', precision: 4, scale: 2 }, { default: '1.5', optional: true }),
  ]
  it.each(['{}', '{"a":null,"b":null,"c":null}', '{"c":null}'])('%s', event => {
    expect(outcomeOf(columns, event)).toEqual([null, 7n, 150n])
  })

  it('name the first of the schema, where several are missing', () => {
    const required = [columnOf('a', INT64), columnOf('b', INT64), columnOf('c', INT64)]
    expect(decodeValues(required, ['{"b":1}']).rejections[0]).toMatchObject({
      reason: 'missing_field',
      field: 'a',
    })
  })
})

describe('a batch', () => {
  const columns = [columnOf('a', STRING), columnOf('b', INT64, { optional: true })]

  it('keeps rows apart, whatever is refused between them', () => {
    const batch = decodeValues(columns, [
      '{"a":"x","b":1}',
      '{"a":"lost","b":"?"}',
      null,
      '{"a":"y"}',
      '{"a":"z","b":3}',
    ])
    expect([...batch.accepted]).toEqual([1, 0, 0, 1, 1])
    expect([0, 1, 2, 3, 4].map(row => rowOf(batch, row))).toEqual([
      ['x', 1n],
      [null, null],
      [null, null],
      ['y', null],
      ['z', 3n],
    ])
    expect(batch.rejections.map(({ row, reason, field }) => [row, reason, field])).toEqual([
      [1, 'invalid_value', 'b'],
      [2, 'tombstone', undefined],
    ])
  })

  it('leaves nothing of refused rows in the values', () => {
    const batch = decodeValues(
      [columnOf('b', INT64), columnOf('a', STRING)],
      ['{"b":77,"a":1}', '{"a":"kept","b":1}'],
    )
    const [numbers, strings] = batch.columns.map(column => column.values)
    expect(numbers).toMatchObject({
      layout: 'fixed',
      data: Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]),
    })
    expect(strings).toMatchObject({ layout: 'bytes', offsets: Uint32Array.from([0, 0, 4]) })
  })

  it('has no validity where nothing is NULL', () => {
    expect(decodeValues(columns, ['{"a":"x","b":1}']).columns.map(column => column.valid)).toEqual([
      undefined,
      undefined,
    ])
  })

  it('stays as it is while the next is decoded', () => {
    const decoder = compileDecoder(streamOf(columns))
    const first = decoder.decode(['{"a":"first","b":1}'].map(value => recordOf(value)))
    decoder.decode(['{"a":"other","b":2}'].map(value => recordOf(value)))
    expect(rowOf(first, 0)).toEqual(['first', 1n])
  })

  it('may be empty', () => {
    const batch = decodeValues(columns, [])
    expect([batch.rows, batch.rejections.length, batch.columns.length]).toEqual([0, 0, 2])
  })

  it('grows with its strings', () => {
    const long = Array.from({ length: 50 }, (_, k) => String.fromCharCode(97 + (k % 26)).repeat(k * 200))
    const batch = decodeValues(
      [columnOf('a', STRING)],
      long.map(a => JSON.stringify({ a })),
    )
    expect(long.map((_, row) => rowOf(batch, row)[0])).toEqual(long)
  })

  it('reads an event the same behind a longer one', () => {
    const long = JSON.stringify({ a: 'x'.repeat(9000), b: 1234 })
    for (const cut of ['{"a":"x","b":12', '{"a":"x', '{"a":"x","b":1', '{"a":"x","b":null']) {
      const batch = decodeValues(columns, [long, cut, long.slice(0, -1)])
      expect(batch.rejections.map(({ row, reason }) => [row, reason])).toEqual([
        [1, 'invalid_json'],
        [2, 'invalid_json'],
      ])
    }
  })
})

describe('the graver fault is named', () => {
  const columns = [columnOf('a', INT64), columnOf('b', INT64)]
  const cases: readonly [event: string | Uint8Array, reason: string, field: string | undefined][] = [
    ['{"a":"?"', 'invalid_json', undefined],
    [Buffer.from('{"a":"?"}}\xff', 'latin1'), 'invalid_utf8', undefined],
    ['{"b":true,"a":1e30}', 'wrong_type', 'b'],
    ['{"a":1e30}', 'out_of_range', 'a'],
    ['{"b":1,"b":1}', 'duplicate_key', 'b'],
  ]
  it.each(cases)('%s: %s', (event, reason, field) => {
    const rejection = decodeValues(columns, [event]).rejections[0]
    expect(rejection).toMatchObject({ reason, field })
    expect(rejection!.detail.length).toBeLessThanOrEqual(300)
  })

  it.each([
    ['{"a":"nine","b":1}', '"a" must be an integer of 64 bits; found "nine".'],
    ['{"a":1}', '"b" is required, and is missing.'],
    ['{"b":null}', '"b" is required, and is null.'],
    ['{"a":1,"b":2', 'The event is not one JSON object: byte 12 is not expected: the end of the event.'],
    ['{"a":1,"b":2}, {}', 'The event is not one JSON object: byte 13 is not expected: ", {}".'],
  ])('%s is told as: %s', (event, detail) => {
    expect(decodeValues(columns, [event]).rejections[0]!.detail).toBe(detail)
  })

  it('shortens what it found, at whole characters', () => {
    const { detail } = decodeValues(columns, [JSON.stringify({ a: '😀'.repeat(10_000) })]).rejections[0]!
    expect(detail.length).toBeLessThan(120)
    expect(detail).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])|\ufffd/)
  })
})

describe('a schema that makes no sense', () => {
  const cases: readonly [what: string, columns: ColumnDefinition[]][] = [
    ['no columns', []],
    ['an empty path', [columnOf('a', STRING, { path: [] })]],
    ['a path beyond 64 levels', [columnOf('a', STRING, { path: Array.from({ length: 65 }, () => 'k') })]],
    ['a path that UTF-8 cannot hold', [columnOf('a', STRING, { path: ['\ud800'] })]],
    ['one place for two columns', [columnOf('a', STRING), columnOf('b', STRING, { path: ['a'] })]],
    ['a column inside a column', [columnOf('a', STRING), columnOf('b', STRING, { path: ['a', 'b'] })]],
    ['a column around a column', [columnOf('b', STRING, { path: ['a', 'b'] }), columnOf('a', STRING)]],
    ['a default of another type', [columnOf('a', INT64, { default: 'many' })]],
    ['a default out of range', [columnOf('a', { kind: 'int32' }, { default: 2 ** 31 })]],
    ['a default that is not finite', [columnOf('a', { kind: 'float64' }, { default: Number.NaN })]],
    ['an enum without values', [columnOf('a', { kind: 'enum', values: [] })]],
    ['a decimal of 39 digits', [columnOf('a', { kind: 'decimal', precision: 39, scale: 0 })]],
    ['a scale beyond the precision', [columnOf('a', { kind: 'decimal', precision: 4, scale: 5 })]],
  ]
  it.each(cases)('%s', (_, columns) => {
    expect(() => compileDecoder(streamOf(columns))).toThrow(
      expect.objectContaining({ code: 'SCHEMA_INVALID' }),
    )
    expect(() => compileDecoder(streamOf(columns))).toThrow(TwofoldError)
  })
})
