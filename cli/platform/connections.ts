import { brokersIn } from '../../core/io/kafka/address.ts'
import type { KafkaConnection } from '../../core/io/kafka/driver.ts'
import type { Options } from '../../core/io/options.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import { type ClickHouseAccess, readConnectionFile } from './connection-file.ts'

/** How to reach the two servers that everything else meets at. */
export interface Connections {
  readonly kafka: KafkaConnection
  readonly clickhouse: ClickHouseAccess
}

/** The external broker that the settings name, or `undefined`: then the embedded one is meant. */
export function externalKafka(options: Options): KafkaConnection | undefined {
  const brokers = brokersIn(options.kafkaBrokers)
  if (brokers.length === 0) return undefined
  const mechanism = options.kafkaSaslMechanism
  return {
    brokers,
    clientId: 'twofold',
    ssl: options.kafkaSsl,
    ...(mechanism !== 'none' && {
      sasl: {
        mechanism: mechanism as NonNullable<KafkaConnection['sasl']>['mechanism'],
        username: options.kafkaSaslUsername,
        password: options.kafkaSaslPassword,
      },
    }),
  }
}

/** The external ClickHouse that the settings name, or `undefined`: then the embedded one is meant. */
export function externalClickHouse(options: Options): ClickHouseAccess | undefined {
  if (options.clickhouseUrl === '') return undefined
  return { url: options.clickhouseUrl, user: options.clickhouseUser, password: options.clickhousePassword }
}

export function embeddedKafka(brokers: readonly string[]): KafkaConnection {
  return { brokers, clientId: 'twofold' }
}

/**
 * Where Kafka and ClickHouse are: the settings go before the embedded servers of a platform that runs in `dataDir`.
 * @throws NOT_RUNNING where one of them is neither set nor running
 */
export function findConnections(options: Options, dataDir: string): Connections {
  const running = readConnectionFile(dataDir)
  const kafka = externalKafka(options) ?? (running?.kafka && embeddedKafka(running.kafka.brokers))
  const clickhouse = externalClickHouse(options) ?? running?.clickhouse
  if (kafka === undefined) throw notRunning('Kafka', 'KAFKA_BROKERS', dataDir)
  if (clickhouse === undefined) throw notRunning('ClickHouse', 'CLICKHOUSE_URL', dataDir)
  return { kafka, clickhouse }
}

function notRunning(server: string, variable: string, dataDir: string): TwofoldError {
  return new TwofoldError(
    'NOT_RUNNING',
    `There is no ${server} to speak to: no platform runs in ${dataDir}, and ${variable} is not set.`,
    { details: { dataDir } },
  )
}
