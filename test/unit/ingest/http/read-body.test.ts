import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { readBody } from '../../../../ingest/http/read-body.ts'

const body = Buffer.from('{"a":1}'.repeat(1000))
const zipped = gzipSync(body)

test.each([undefined, '', 'identity', 'Identity'])(
  'leaves a body with content-encoding %j as it is',
  async encoding => {
    expect(await readBody(body, encoding, 10)).toBe(body)
  },
)

test.each(['gzip', 'x-gzip', ' GZIP '])('inflates a body with content-encoding %j', async encoding => {
  expect(await readBody(zipped, encoding, body.length)).toEqual(body)
})

test('stops inflating at the limit', async () => {
  const bomb = gzipSync(Buffer.alloc(20 << 20))
  await expect(readBody(bomb, 'gzip', 1 << 20)).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' })
})

test('refuses gzip data that is cut off, damaged or none', async () => {
  const damaged = Buffer.from(zipped)
  damaged[damaged.length - 6] = damaged[damaged.length - 6]! ^ 0xff
  for (const bad of [zipped.subarray(0, -9), zipped.subarray(0, 5), damaged, body]) {
    await expect(readBody(bad, 'gzip', 1 << 20)).rejects.toMatchObject({ code: 'BODY_INVALID' })
  }
})

test.each(['br', 'deflate', 'gzip, gzip', 'zstd'])('refuses the content-encoding %s', async encoding => {
  await expect(readBody(body, encoding, 10)).rejects.toMatchObject({
    code: 'ENCODING_UNSUPPORTED',
    status: 415,
  })
})
