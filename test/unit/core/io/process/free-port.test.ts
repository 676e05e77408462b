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
    })
  } finally {
    await new Promise(resolve => server.close(resolve))
  }
})
