import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { type Endpoint, listenFailure } from '../listen-failure.ts'

/**
 * Lets a server listen, and answers with its address as `http://host:port`. Port 0 takes a free one. A server that
 * cannot listen is closed.
 *
 * @throws PORT_IN_USE, ADDRESS_UNUSABLE naming host and port
 */
export async function listen(server: FastifyInstance, endpoint: Endpoint): Promise<string> {
  const { host, port } = endpoint
  try {
    await server.listen({ host, port })
  } catch (cause) {
    await server.close()
    throw listenFailure(cause, endpoint)
  }
  const bound = server.server.address() as AddressInfo
  return `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`
}
