import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { assertPortFree, freePort } from '../../../../../core/io/process/free-port.ts'

test('a free port can be listened on', async () => {
  await assertPortFree(await freePort(), '127.0.0.1', 'The test')
})

test('a port that is taken is named, with who wanted it', async () => {
  const server = createServer()
  const port = await freePort()
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  try {
    await expect(assertPortFree(port, '127.0.0.1', 'The HTTP API')).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: `The HTTP API cannot listen on 127.0.0.1:${port}: EADDRINUSE.`,
      hint: expect.stringMatching(/TWOFOLD_PORT.*`port`/),
      exitCode: 3,
    })
  } finally {
    await new Promise(resolve => server.close(resolve))
  }
})

test.each(['9.9.9.9', 'no.such.host.invalid'])(
  'an address that is not this machine is told apart from a port: %s',
  async host => {
    const refused = {
      code: 'ADDRESS_UNUSABLE',
      message: expect.stringContaining(`The HTTP API cannot listen on ${host}:`),
      hint: expect.stringMatching(/TWOFOLD_HOST.*`host`/),
      exitCode: 2,
    }
    await expect(assertPortFree(8080, host, 'The HTTP API')).rejects.toMatchObject(refused)
    await expect(freePort(host)).rejects.toMatchObject({ code: 'ADDRESS_UNUSABLE' })
  },
)
