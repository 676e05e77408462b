import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, request, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** A request as the client sent it, whole. */
export interface ProxiedRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface ProxiedAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** One request that a test deals with as it likes. */
export interface Exchange {
  readonly request: ProxiedRequest
  /** Sends the request to the server and answers what it says. May come long after the client has given up. */
  forward(): Promise<ProxiedAnswer>
  /** Sends all but the last bytes of the request, and holds these back; the statement runs while it waits for them. */
  forwardHeld(): HeldRequest
  /** Answers the client. */
  reply(answer: ProxiedAnswer): void
  /** Begins an answer to the client and breaks it off behind `body`. */
  replyCutOff(answer: ProxiedAnswer): void
  /** Breaks the client's connection off, as a network does. */
  cut(): void
}

/** A request of which the server has all but the end. */
export interface HeldRequest {
  /** Sends the rest, and answers what the server says. */
  finish(): Promise<ProxiedAnswer>
  /** Breaks the connection to the server off. */
  abandon(): void
}

interface Rule {
  readonly statement: RegExp
  readonly treat: (exchange: Exchange) => Promise<void>
}

const HELD_BYTES = 8

/** A reverse proxy before ClickHouse's HTTP interface, which passes everything but what a test picks out. */
export class HttpProxy {
  readonly url: string
  readonly #server: Server
  readonly #targetPort: number
  readonly #sockets = new Set<Socket>()
  readonly #rules: Rule[] = []
  readonly #failures: unknown[] = []

  private constructor(server: Server, targetPort: number) {
    this.#server = server
    this.#targetPort = targetPort
    this.url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
    server.on('connection', socket => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    server.on('request', async (incoming, outgoing) => {
      // A client that goes away while it sends is no matter of ours.
      const chunks: Buffer[] | undefined = await incoming.toArray().catch(() => undefined)
      if (chunks === undefined) return
      const { method, url, headers } = incoming
      const whole = { method: method!, path: url!, headers, body: Buffer.concat(chunks) }
      await this.#deal(whole, outgoing).catch(error => this.#failures.push(error))
    })
  }

  static async open(targetUrl: string): Promise<HttpProxy> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new HttpProxy(server, Number(new URL(targetUrl).port))
  }

  /** Deals with the next request whose statement matches, once. Answers what `treat` did, when it has. */
  next<T>(statement: RegExp, treat: (exchange: Exchange) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#rules.push({ statement, treat: exchange => treat(exchange).then(resolve, reject) })
    })
  }

  async close(): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await once(this.#server, 'close')
    if (this.#failures.length > 0) throw this.#failures[0]
  }

  async #deal(incoming: ProxiedRequest, outgoing: ServerResponse): Promise<void> {
    const exchange = this.#exchange(incoming, outgoing)
    const text = statementOf(incoming)
    const index = this.#rules.findIndex(({ statement }) => statement.test(text))
    const [rule] = index < 0 ? [] : this.#rules.splice(index, 1)
    if (rule !== undefined) await rule.treat(exchange)
    // Where the server is away, so is its proxy.
    else await exchange.forward().then(exchange.reply, exchange.cut)
  }

  #exchange(incoming: ProxiedRequest, outgoing: ServerResponse): Exchange {
    const begin = ({ status, headers }: ProxiedAnswer) => {
      const { 'transfer-encoding': _, 'content-length': __, connection: ___, ...rest } = headers
      outgoing.writeHead(status, rest)
    }
    return {
      request: incoming,
      forward: () => this.#send(incoming, 0).finish(),
      forwardHeld: () => this.#send(runningEarly(incoming), HELD_BYTES),
      reply(answer) {
        begin(answer)
        outgoing.end(answer.body)
      },
      replyCutOff(answer) {
        begin(answer)
        outgoing.write(answer.body, () => outgoing.destroy())
      },
      cut: () => void outgoing.socket?.resetAndDestroy(),
    }
  }

  #send({ method, path, headers, body }: ProxiedRequest, heldBytes: number): HeldRequest {
    const { 'transfer-encoding': _, ...rest } = headers
    const target = { host: '127.0.0.1', port: this.#targetPort, method, path, agent: false as const }
    const sending = request({ ...target, headers: { ...rest, 'content-length': body.length } })
    const answered = once(sending, 'response')
    answered.catch(() => undefined)
    const sent = body.subarray(0, Math.max(0, body.length - heldBytes))
    if (sent.length > 0) sending.write(sent)
    else sending.flushHeaders()
    return {
      async finish() {
        sending.end(body.subarray(sent.length))
        const [response] = await answered
        const chunks: Buffer[] = await response.toArray()
        return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }
      },
      abandon: () => void sending.destroy(),
    }
  }
}

/**
 * ClickHouse begins with a statement once it has 256 KiB of it and its data; with this, as early for a small insert as
 * for a large one. It puts a line end behind a statement from the URL.
 */
function runningEarly(request: ProxiedRequest): ProxiedRequest {
  const sizeBytes = Buffer.byteLength(`${statementOf(request)}\n`) + 1
  return withSettings(request, { max_query_size: String(sizeBytes) })
}

function withSettings(request: ProxiedRequest, settings: Readonly<Record<string, string>>): ProxiedRequest {
  return { ...request, path: `${request.path}&${new URLSearchParams(settings)}` }
}

/** The statement of a request to ClickHouse: in the URL beside a body of data, else the body itself. */
function statementOf({ path, body }: ProxiedRequest): string {
  return new URL(path, 'http://localhost').searchParams.get('query') ?? body.toString('utf8')
}
