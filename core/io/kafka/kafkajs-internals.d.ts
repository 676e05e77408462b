/**
 * The parts of kafkajs 2.2.4 below its public API that the driver builds on: connections with TLS and SASL,
 * and requests by hand. The version is pinned, and kafkajs is no longer developed, so they do not move.
 */
declare module 'kafkajs/src/broker/index.js' {
  import type ConnectionPool from 'kafkajs/src/network/connectionPool.js'

  interface ListedOffset {
    readonly partition: number
    readonly offset: string
  }

  export default class Broker {
    constructor(options: {
      connectionPool: ConnectionPool
      logger: object
      allowAutoTopicCreation: boolean
      authenticationTimeout: number
    })
    readonly connectionPool: ConnectionPool
    isConnected(): boolean
    connect(): Promise<void>
    disconnect(): Promise<void>
    listOffsets(request: {
      replicaId: -1
      isolationLevel: 0 | 1
      topics: { topic: string; partitions: { partition: number; timestamp: number }[] }[]
    }): Promise<{ responses: { topic: string; partitions: ListedOffset[] }[] }>
    describeConfigs(request: {
      resources: { type: number; name: string; configNames: string[] }[]
    }): Promise<{ resources: { configEntries: { configName: string; configValue: string }[] }[] }>
  }
}

declare module 'kafkajs/src/network/connectionPool.js' {
  interface Connection {
    rejectRequests(error: Error): void
  }

  export default class ConnectionPool {
    constructor(options: {
      host: string
      port: number
      rack: null
      ssl: object | undefined
      sasl: object | undefined
      clientId: string
      logger: object
      socketFactory: object
      connectionTimeout: number
      requestTimeout: number
      enforceRequestTimeout: boolean
      maxInFlightRequests: null
      reauthenticationThreshold: number
    })
    readonly pool: readonly Connection[]
    send<T>(request: {
      request: { apiKey: number; apiVersion: number; apiName: string; encode(): Promise<object> }
      response: { decode(payload: Buffer): Promise<object>; parse(decoded: object): Promise<T> }
      requestTimeout?: number
      logResponseError?: boolean
    }): Promise<T>
  }
}

declare module 'kafkajs/src/network/socketFactory.js' {
  export default function createSocketFactory(): object
}

declare module 'kafkajs/src/loggers/index.js' {
  const loggers: {
    createLogger(options: { level: number; logCreator: () => () => void }): object
  }
  export default loggers
}

declare module 'kafkajs/src/protocol/encoder.js' {
  export default class Encoder {
    writeBuffer(buffer: Buffer): this
  }
}

declare module 'kafkajs/src/protocol/error.js' {
  const errors: { createErrorFromCode(code: number): Error }
  export default errors
}

declare module 'kafkajs/src/protocol/recordBatch/crc32C/index.js' {
  export default function crc32C(bytes: Buffer): number
}

declare module 'kafkajs-snappy' {
  export default function createSnappy(): {
    compress(encoder: { buffer: Buffer }): Promise<Buffer>
    decompress(bytes: Buffer): Promise<Buffer>
  }
}
