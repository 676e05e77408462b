import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What becomes of bytes: they pass, they pass late, or answers are swallowed while requests still pass. */
export type TcpMode = 'pass' | 'delay' | 'swallow' | 'refuse'

const DELAY_MS = 300

/** A TCP proxy on the loopback that a test can turn against its clients while it runs. */
export class TcpProxy {
  readonly port: number
  mode: TcpMode = 'pass'
  readonly #server: Server
  readonly #sockets: Set<Socket>

  private constructor(server: Server, port: number, sockets: Set<Socket>) {
    this.#server = server
    this.port = port
    this.#sockets = sockets
  }

  static async open(targetPort: number, port = 0): Promise<TcpProxy> {
    const sockets = new Set<Socket>()
    const server = createServer()
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    const proxy = new TcpProxy(server, (server.address() as { port: number }).port, sockets)
    server.on('connection', client => proxy.#accept(client, targetPort))
    return proxy
  }

  /** Breaks every connection off with a reset, at both ends. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  async close(): Promise<void> {
    this.#server.close()
    this.cut()
    await once(this.#server, 'close')
  }

  #accept(client: Socket, targetPort: number): void {
    if (this.mode === 'refuse') {
      client.resetAndDestroy()
      return
    }
    const target = connect(targetPort, '127.0.0.1')
    this.#pipe(client, target, () => false)
    this.#pipe(target, client, () => this.mode === 'swallow')
  }

  #pipe(from: Socket, to: Socket, swallows: () => boolean): void {
    this.#sockets.add(from)
    // What comes later, and is not delayed any more, must not overtake what is.
    let written = Promise.resolve()
    from.on('data', bytes => {
      if (swallows()) return
      const passed = this.mode === 'delay' ? sleep(DELAY_MS) : undefined
      written = written.then(() => passed).then(() => void to.write(bytes))
    })
    from.on('end', () => void written.then(() => to.end()))
    from.on('error', () => to.destroy())
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroy()
    })
  }
}
