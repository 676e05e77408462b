import Broker from 'kafkajs/src/broker/index.js'
import loggers from 'kafkajs/src/loggers/index.js'
import ConnectionPool from 'kafkajs/src/network/connectionPool.js'
import createSocketFactory from 'kafkajs/src/network/socketFactory.js'
import Encoder from 'kafkajs/src/protocol/encoder.js'
import { TwofoldError } from '../../model/errors.ts'
import { type Address, parseAddress } from './address.ts'
import type { KafkaConnection } from './driver.ts'
import { isConnectionError } from './kafka-error.ts'
import { ByteReader } from './protocol/byte-reader.ts'
import type { KafkaRequest } from './protocol/request.ts'

const CONNECTION_TIMEOUT_MS = 3_000
const REQUEST_TIMEOUT_MS = 10_000
const REAUTHENTICATE_BEFORE_MS = 10_000

/**
 * Connections to the brokers of a cluster, made and authenticated by kafkajs. Each link has connections of its
 * own, so that one reader's long poll never holds up another's requests; within a link, kafkajs keeps fetches
 * and all other requests on separate ones. A connection that failed is dropped and made anew on the next request.
 */
export class ClusterLink {
  readonly #connection: KafkaConnection
  readonly #bootstrap: readonly Address[]
  readonly #brokers = new Map<string, Broker>()
  #closed = false

  constructor(connection: KafkaConnection) {
    this.#connection = connection
    this.#bootstrap = connection.brokers.map(parseAddress)
  }

  /** Asks whichever broker answers: first those already connected, then the ones named in the configuration. */
  async askAny<T>(request: KafkaRequest<T>): Promise<T> {
    const connected = [...this.#brokers.keys()].map(parseAddress)
    let failure: unknown
    for (const address of [...connected, ...this.#bootstrap]) {
      try {
        return await this.ask(address, request)
      } catch (error) {
        if (!isConnectionError(error)) throw error
        failure = error
      }
    }
    throw failure
  }

  ask<T>(address: Address, request: KafkaRequest<T>): Promise<T> {
    return this.withBroker(address, broker => broker.connectionPool.send(asKafkajsRequest(request)))
  }

  /** Runs one of kafkajs's own requests on the broker at an address. */
  async withBroker<T>(address: Address, use: (broker: Broker) => Promise<T>): Promise<T> {
    this.#requireOpen()
    const key = `${address.host}:${address.port}`
    const broker = this.#brokers.get(key) ?? this.#open(key, address)
    try {
      if (!broker.isConnected()) await broker.connect()
      // Closed meanwhile, kafkajs would connect once more, and nobody would end that connection.
      this.#requireOpen()
      return await use(broker)
    } catch (error) {
      if (isConnectionError(error)) this.#drop(key, broker)
      throw error
    }
  }

  /** Ends at once: requests under way are rejected. */
  async close(): Promise<void> {
    this.#closed = true
    const brokers = [...this.#brokers.values()]
    this.#brokers.clear()
    await Promise.all(brokers.map(end))
  }

  #requireOpen(): void {
    if (this.#closed) throw new TwofoldError('KAFKA_UNAVAILABLE', 'The connection to Kafka was closed.')
  }

  #open(key: string, { host, port }: Address): Broker {
    const { ssl, sasl, clientId } = this.#connection
    const logger = silentLogger()
    const connectionPool = new ConnectionPool({
      host,
      port,
      rack: null,
      ssl: ssl ? {} : undefined,
      sasl,
      clientId,
      logger,
      socketFactory: createSocketFactory(),
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      enforceRequestTimeout: true,
      maxInFlightRequests: null,
      reauthenticationThreshold: REAUTHENTICATE_BEFORE_MS,
    })
    const options = { connectionPool, logger, allowAutoTopicCreation: false }
    const broker = new Broker({ ...options, authenticationTimeout: REQUEST_TIMEOUT_MS })
    this.#brokers.set(key, broker)
    return broker
  }

  #drop(key: string, broker: Broker): void {
    if (this.#brokers.get(key) === broker) this.#brokers.delete(key)
    void end(broker)
  }
}

function asKafkajsRequest<T>(request: KafkaRequest<T>) {
  const { name, apiKey, apiVersion, body, brokerWaitMs } = request
  return {
    // kafkajs writes request header v1; v2 is the same with tagged fields at its end: here, none.
    request: {
      apiKey,
      apiVersion,
      apiName: name,
      encode: async () => new Encoder().writeBuffer(Buffer.concat([Buffer.of(0), body])),
    },
    response: {
      decode: async (payload: Buffer) => {
        const reader = new ByteReader(payload)
        reader.skipTags()
        return { answer: request.decode(reader) }
      },
      parse: async (decoded: object) => (decoded as { answer: T }).answer,
    },
    requestTimeout: REQUEST_TIMEOUT_MS + brokerWaitMs,
    logResponseError: false,
  }
}

async function end(broker: Broker): Promise<void> {
  const closed = Object.assign(new Error('The connection to Kafka was closed.'), {
    name: 'KafkaJSConnectionClosedError',
  })
  // kafkajs would wait for requests under way, such as a long poll.
  for (const connection of broker.connectionPool.pool) connection.rejectRequests(closed)
  await broker.disconnect().catch(() => {})
}

/** kafkajs logs to the console by default; what matters reaches the caller as an error. */
export function silentLogger(): object {
  return loggers.createLogger({ level: 0, logCreator: () => () => {} })
}
