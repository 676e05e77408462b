import { createServer } from 'node:net'
import { type Endpoint, listenFailure } from '../listen-failure.ts'

/**
 * A TCP port of the loopback that nobody listens on at this moment, chosen by the operating system.
 * @throws ADDRESS_UNUSABLE for a host that is not this machine's
 */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  return listenOnce({ what: 'A server', host, port: 0 })
}

/**
 * Makes sure that `port` can be listened on.
 *
 * @param what what wants the port, for the message: 'The HTTP API'
 * @throws PORT_IN_USE, ADDRESS_UNUSABLE if it cannot, with the operating system's reason
 */
export async function assertPortFree(port: number, host: string, what: string): Promise<void> {
  await listenOnce({ what, host, port })
}

/** Listens and stops again; answers with the port. */
function listenOnce(endpoint: Endpoint): Promise<number> {
  const { host, port } = endpoint
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', cause => reject(listenFailure(cause, endpoint)))
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address() as { port: number }
      server.close(() => resolve(address.port))
    })
  })
}
