import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { getText } from '../../../../cli/output/api-client.ts'
import { freePort } from '../../../../core/io/process/free-port.ts'

/** A server on the loopback that answers everything alike. */
async function answering(status: number, body: string): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end(body))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('the HTTP API is asked', () => {
  it('and its answer handed on as it is', async () => {
    expect(await getText(await answering(200, '{"n":170141183460469231731}'), '/v1/status')).toBe(
      '{"n":170141183460469231731}',
    )
  })

  it('and its error raised as the one it is', async () => {
    const error = {
      code: 'VIEW_UNKNOWN',
      message: 'No view.',
      hint: 'Did you mean a?',
      details: { nearest: ['a'] },
    }
    const apiUrl = await answering(404, JSON.stringify({ error }))
    await expect(getText(apiUrl, '/v1/views/b')).rejects.toMatchObject(error)
  })

  it.each(['<html>Bad gateway</html>', '{"error":{"code":"NO_CODE_OF_OURS"}}', '{}'])(
    'and what else answers %s there is API_FAILED',
    async body => {
      const apiUrl = await answering(502, body)
      await expect(getText(apiUrl, '/v1/status')).rejects.toMatchObject({
        code: 'API_FAILED',
        message: `${apiUrl}/v1/status answered 502: ${body}`,
      })
    },
  )

  it('in vain where nothing listens: API_UNREACHABLE', async () => {
    await expect(getText(`http://127.0.0.1:${await freePort()}`, '/v1/status')).rejects.toMatchObject({
      code: 'API_UNREACHABLE',
      details: { reason: 'ECONNREFUSED' },
    })
  })
})
