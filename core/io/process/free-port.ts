import { createServer } from 'node:net'
import { TwofoldError } from '../../model/errors.ts'

/** A TCP port of the loopback that nobody listens on at this moment, chosen by the operating system. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  return listenOnce(0, host)
}

/**
 * Makes sure that `port` can be listened on.
 *
 * @param what what wants the port, for the message: 'The HTTP API'
 * @throws PORT_IN_USE if it cannot, with the operating system's reason
 */
export async function assertPortFree(port: number, host: string, what: string): Promise<void> {
  try {
    await listenOnce(port, host)
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause)
    throw new TwofoldError('PORT_IN_USE', `${what} cannot listen on ${host}:${port}: ${reason}.`, {
      details: { host, port, reason },
      cause,
    })
  }
}

/** Listens and stops again; answers with the port. */
function listenOnce(port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address() as { port: number }
      server.close(() => resolve(address.port))
    })
  })
}
