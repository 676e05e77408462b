import { expect, test } from 'vitest'
import { parseAddress } from '../../../../../core/io/kafka/cluster-link.ts'

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
