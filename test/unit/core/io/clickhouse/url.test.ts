import { describe, expect, it } from 'vitest'
import { type Setting, separateCredentials } from '../../../../../core/io/clickhouse/url.ts'
import type { TwofoldError } from '../../../../../core/model/errors.ts'

const url = (value: string): Setting => ({ value, place: 'CLICKHOUSE_URL' })
const user = (value: string): Setting => ({ value, place: 'CLICKHOUSE_USER' })
const password = (value: string): Setting => ({ value, place: 'CLICKHOUSE_PASSWORD' })

function refusal(...settings: Parameters<typeof separateCredentials>): TwofoldError {
  try {
    separateCredentials(...settings)
  } catch (error) {
    return error as TwofoldError
  }
  throw new Error('was not refused')
}

describe('the URL of ClickHouse', () => {
  it.each([
    ['http://ch:8123', { clickhouseUrl: 'http://ch:8123' }],
    ['https://ch.example/', { clickhouseUrl: 'https://ch.example' }],
    ['http://[::1]:8123', { clickhouseUrl: 'http://[::1]:8123' }],
    ['http://ada@ch:8123', { clickhouseUrl: 'http://ch:8123', clickhouseUser: 'ada' }],
    ['http://:s3@ch:8123', { clickhouseUrl: 'http://ch:8123', clickhousePassword: 's3' }],
    [
      'https://ada:a%20%40%25@ch:8443',
      { clickhouseUrl: 'https://ch:8443', clickhouseUser: 'ada', clickhousePassword: 'a @%' },
    ],
  ])('%s is taken apart', (value, parts) => {
    expect(separateCredentials(url(value), undefined, undefined)).toEqual(parts)
  })

  it('goes together with a user and a password that say the same, or what it does not say', () => {
    const parts = { clickhouseUrl: 'http://ch:8123', clickhouseUser: 'ada' }
    expect(separateCredentials(url('http://ada@ch:8123'), user('ada'), password('s3'))).toEqual(parts)
  })

  it('is refused where a user or a password beside it differs, and neither password is shown', () => {
    const twoUsers = refusal(url('http://ada:topsecret@ch:8123'), user('grace'), undefined)
    expect(twoUsers).toMatchObject({
      code: 'OPTION_INVALID',
      message: 'CLICKHOUSE_URL and CLICKHOUSE_USER name different users.',
    })
    const twoPasswords = refusal(url('http://ada:topsecret@ch:8123'), undefined, password('hushhush'))
    expect(twoPasswords.message).toBe('CLICKHOUSE_URL and CLICKHOUSE_PASSWORD name different passwords.')
    expect(JSON.stringify([twoPasswords, twoPasswords.message, twoPasswords.hint])).not.toMatch(/secret|hush/)
  })

  it.each([
    'localhost:8123',
    'localhost',
    '127.0.0.1:8123',
    'tcp://ch:9000',
    'http://',
    'http://ch:port',
    'http://ch:8123/events',
    'http://ch:8123/?database=events',
    'http://ada:%zz@ch:8123',
    'ada:topsecret@ch:8123',
    'http://ada:top/secret@ch:8123',
    'http://ch:8123/?password=topsecret',
  ])('%s is refused, with the form that is expected', value => {
    const error = refusal(url(value), undefined, undefined)
    expect(error).toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringMatching(/^CLICKHOUSE_URL is .*; expected http:\/\/host:8123\.$/),
      hint: expect.stringContaining('CLICKHOUSE_PASSWORD'),
    })
    expect(error.message).not.toContain('secret')
    if (!/[@?]/.test(value)) expect(error.message).toContain(JSON.stringify(value))
  })
})
