import { randomUUID } from 'node:crypto'
import { listen } from '../core/io/http/listen.ts'
import { writeHeartbeat } from '../core/io/store/heartbeats.ts'
import { buildServer, type ServerOptions } from './http/server.ts'

export interface ServingOptions extends ServerOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
}

export interface Serving {
  /** `http://host:port` */
  readonly address: string
  /** Stops taking requests, finishes those that run, and goes. */
  close(): Promise<void>
}

const HEARTBEAT_EVERY_MS = 1_000

/** Starts the serving layer. @throws PORT_IN_USE, ADDRESS_UNUSABLE */
export async function startServing(options: ServingOptions): Promise<Serving> {
  const server = await buildServer(options)
  const { host, port } = options
  const url = await listen(server, { what: 'The HTTP API', host, port })
  const stopBeating = beat(options, url)
  return {
    address: url,
    async close() {
      await stopBeating()
      await server.close()
    },
  }
}

/** Writes the layer's heartbeat, one at a time; answers what ends it. */
function beat({ clickhouse, reportFault }: ServingOptions, address: string): () => Promise<void> {
  const instance = randomUUID()
  let writing: Promise<void> | undefined
  const write = () => {
    writing ??= writeHeartbeat(clickhouse, { layer: 'serving', instance, body: { address } })
      .catch(error => reportFault(error, 'the heartbeat of the serving layer'))
      .finally(() => (writing = undefined))
  }
  write()
  const timer = setInterval(write, HEARTBEAT_EVERY_MS)
  return async () => {
    clearInterval(timer)
    await writing
  }
}
