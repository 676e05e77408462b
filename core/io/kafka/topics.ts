import { Kafka } from 'kafkajs'
import { TwofoldError } from '../../model/errors.ts'
import type { TopicSettings } from '../../model/stream.ts'
import { ClusterLink } from './cluster-link.ts'
import type { KafkaConnection, PartitionOffsets, TopicDescription } from './driver.ts'
import { failureOf, reasonOf } from './kafka-error.ts'
import { KAFKA_ERROR, KafkaProtocolError } from './protocol/request.ts'
import { retry } from './retry.ts'
import { requireSameTopic } from './topic-guard.ts'
import { leadersOf, noLeader, offsetsOf, type TopicLeaders } from './topic-metadata.ts'

const GIVE_UP_AFTER_MS = 15_000
const LEADERS_WITHIN_MS = 15_000
const TOPIC_RESOURCE = 2

/** What both drivers ask about topics, over kafkajs's connections. Never creates a topic unless told to. */
export class Topics {
  readonly #link: ClusterLink
  readonly #kafka: Kafka

  constructor(connection: KafkaConnection) {
    this.#link = new ClusterLink(connection)
    this.#kafka = openKafkajs(connection)
  }

  async describe(topic: string): Promise<TopicDescription | undefined> {
    return this.#retry(`Describing topic "${topic}"`, async () => {
      const found = await leadersOf(this.#link, topic)
      if (found === undefined) return undefined
      const configs = await this.#configs(topic, found, ['cleanup.policy', 'compression.type'])
      const partitions = found.partitions.map(({ partition }) => partition)
      return {
        topic,
        topicId: found.topicId,
        partitions,
        cleanupPolicy: configs.get('cleanup.policy')!,
        compressionType: configs.get('compression.type')!,
      }
    })
  }

  async create(topic: string, settings: TopicSettings): Promise<void> {
    const { partitions, replicationFactor } = settings
    const configEntries = configEntriesOf(settings)
    const admin = this.#kafka.admin()
    try {
      await admin.connect()
      const wanted = { topic, numPartitions: partitions, replicationFactor, configEntries }
      await admin.createTopics({ topics: [wanted], waitForLeaders: false })
    } catch (error) {
      throw failureOf(`Creating topic "${topic}"`, creationError(topic, error))
    } finally {
      await admin.disconnect().catch(() => {})
    }
    await this.#awaitLeaders(topic)
  }

  async offsets(topic: string): Promise<Map<number, PartitionOffsets>> {
    return this.#retry(`Listing the offsets of topic "${topic}"`, () =>
      offsetsOf(this.#link, topic, 'read_committed'),
    )
  }

  /** @throws TOPIC_RECREATED where the topic is gone or has another id */
  async requireSame(topic: string, topicId: string): Promise<TopicLeaders> {
    return this.#retry(`Opening topic "${topic}"`, () => requireSameTopic(this.#link, topic, topicId))
  }

  async close(): Promise<void> {
    await this.#link.close()
  }

  /** A new topic's leaders reach the brokers' metadata a moment after its creation was answered. */
  async #awaitLeaders(topic: string): Promise<void> {
    const limits = { giveUpAfterMs: LEADERS_WITHIN_MS }
    await retry(`Waiting for the leaders of the new topic "${topic}"`, limits, async () => {
      const leaders = await leadersOf(this.#link, topic)
      if (leaders === undefined || leaders.partitions.some(({ address }) => address === undefined)) {
        throw new KafkaProtocolError(KAFKA_ERROR.UNKNOWN_TOPIC_OR_PARTITION, `Metadata of topic "${topic}"`)
      }
    })
  }

  async #configs(
    topic: string,
    { partitions }: TopicLeaders,
    configNames: string[],
  ): Promise<ReadonlyMap<string, string>> {
    const resources = [{ type: TOPIC_RESOURCE, name: topic, configNames }]
    const address = partitions.find(partition => partition.address !== undefined)?.address
    if (address === undefined) throw noLeader(topic)
    const answer = await this.#link.withBroker(address, broker => broker.describeConfigs({ resources }))
    const entries = answer.resources[0]!.configEntries
    return new Map(entries.map(({ configName, configValue }) => [configName, configValue]))
  }

  #retry<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    return retry(what, { giveUpAfterMs: GIVE_UP_AFTER_MS }, attempt)
  }
}

/** The client of kafkajs, for what its public API does well. Logs nothing. */
export function openKafkajs(connection: KafkaConnection): Kafka {
  const { brokers, clientId, ssl, sasl } = connection
  return new Kafka({
    brokers: [...brokers],
    clientId,
    ssl: ssl ?? false,
    ...(sasl === undefined ? {} : { sasl: sasl as never }),
    logCreator: () => () => {},
    connectionTimeout: 3_000,
    retry: { initialRetryTime: 100, multiplier: 1.5, maxRetryTime: 1_000, retries: 15 },
  })
}

function configEntriesOf({ retentionMs, maxMessageBytes }: TopicSettings): { name: string; value: string }[] {
  const configs = { 'retention.ms': retentionMs, 'max.message.bytes': maxMessageBytes }
  return Object.entries(configs)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ({ name, value: String(value) }))
}

/** What the controller answers about a topic it will not create sits inside an aggregate of kafkajs. */
function creationError(topic: string, error: unknown): unknown {
  const inner = (error as { errors?: readonly Error[] }).errors?.[0]
  if (inner === undefined) return error
  const message = `Creating topic "${topic}" failed: ${reasonOf(inner)}`
  return new TwofoldError('TOPIC_NOT_CREATED', message, { details: { topic }, cause: error })
}
