import { expect, test } from 'vitest'
import { brokersIn, parseAddress } from '../../../../../core/io/kafka/address.ts'

test.each([
  ['kafka.example:9092', { host: 'kafka.example', port: 9092 }],
  ['127.0.0.1:19092', { host: '127.0.0.1', port: 19092 }],
  ['[::1]:9092', { host: '::1', port: 9092 }],
  ['::1:9092', { host: '::1', port: 9092 }],
])('the broker %s is read as host and port', (text, address) => {
  expect(parseAddress(text)).toEqual(address)
})

test.each(['kafka.example', 'kafka.example:', ':9092', 'kafka.example:ninety'])('"%s" is no broker', text => {
  expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
})

test('a list of brokers is read with or without blanks; the one that is none is named', () => {
  expect(brokersIn('a:9092, b:9092 ,')).toEqual(['a:9092', 'b:9092'])
  expect(brokersIn('')).toEqual([])
  expect(() => brokersIn('a:9092, b')).toThrow(
    expect.objectContaining({ message: expect.stringContaining('"b"') }),
  )
})

test.each(['ada:topsecret@kafka:9092', 'sasl://ada:topsecret@kafka:9092'])(
  'a password before a broker is refused, and not shown: %s',
  text => {
    const refused = expect.objectContaining({
      code: 'OPTION_INVALID',
      message: expect.not.stringContaining('topsecret'),
      hint: expect.stringContaining('KAFKA_SASL_PASSWORD'),
    })
    expect(() => brokersIn(`kafka-1:9092,${text}`)).toThrow(refused)
  },
)
