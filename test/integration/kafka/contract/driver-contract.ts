import { afterAll, beforeAll } from 'vitest'
import type { KafkaDriver, TopicReader } from '../../../../core/io/kafka/driver.ts'
import { openKafkaDriver } from '../../../../core/io/kafka/open-driver.ts'
import { freePort } from '../../../../core/io/process/free-port.ts'
import { type KafkaFixture, startKafkaFixture } from '../kafka-fixture.ts'
import { describeBrokerRestarts } from './broker-restarts.ts'
import { describeCodecs } from './codecs.ts'
import { describePositions } from './positions.ts'
import { describeRecords } from './records.ts'
import { describeRecreation } from './recreation.ts'
import { describeTopics } from './topics.ts'
import { describeTransactions } from './transactions.ts'

/** What is particular to a driver, as its documentation says. */
export interface DriverTraits {
  /** Whether a header without a value reads as such, and not as an empty one. */
  readonly nullHeaders: boolean
}

/** What the parts of the contract test, and with what. The fixture and the driver are there once tests run. */
export interface DriverContract {
  readonly traits: DriverTraits
  readonly kafka: KafkaFixture
  readonly driver: KafkaDriver
  /** The error of a first call to a cluster whose only broker is not there. */
  readonly unreachable: Promise<unknown>
  /** Opens a reader that is closed after all tests. */
  openReader(topic: { readonly topic: string; readonly topicId: string }): Promise<TopicReader>
}

/** The contract of the Kafka port, as tests against one real broker. Every driver passes all of it. */
export function describeDriverContract(name: KafkaDriver['name'], traits: DriverTraits): void {
  let kafka: KafkaFixture
  let unreachable: Promise<unknown>
  const opened: TopicReader[] = []
  const contract: DriverContract = {
    traits,
    get kafka() {
      return kafka
    },
    get driver() {
      return kafka.driver
    },
    get unreachable() {
      return unreachable
    },
    openReader: async ({ topic, topicId }) => {
      const reader = await kafka.driver.openReader(topic, topicId)
      opened.push(reader)
      return reader
    },
  }

  beforeAll(async () => {
    unreachable = describeOnDeadPort(name)
    kafka = await startKafkaFixture(name)
  })
  afterAll(async () => {
    await Promise.all(opened.map(reader => reader.close()))
    await kafka?.close()
  })

  describeTopics(contract)
  describeRecords(contract)
  describeCodecs(contract)
  describeTransactions(contract)
  describePositions(contract)
  describeRecreation(contract)
  describeBrokerRestarts(contract)
}

/** The error of a first call to a cluster whose only broker is not there. */
async function describeOnDeadPort(name: KafkaDriver['name']): Promise<unknown> {
  const sasl = { mechanism: 'plain', username: 'user', password: 's3cret' } as const
  const connection = { brokers: [`127.0.0.1:${await freePort()}`], clientId: 'contract', sasl }
  const driver = await openKafkaDriver(name, connection)
  const error = await driver.describeTopic('any').catch(failure => failure)
  await driver.close()
  return error
}
