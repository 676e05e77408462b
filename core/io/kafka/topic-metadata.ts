import { TwofoldError } from '../../model/errors.ts'
import type { Address } from './address.ts'
import type { ClusterLink } from './cluster-link.ts'
import type { PartitionOffsets } from './driver.ts'
import { type ClusterMetadata, metadataRequest, type PartitionMetadata } from './protocol/metadata.ts'
import { KAFKA_ERROR, KafkaProtocolError } from './protocol/request.ts'

const EARLIEST = -2
const LATEST = -1
const ISOLATION_LEVEL = { read_uncommitted: 0, read_committed: 1 } as const

/** A topic's leaders as one broker told them. */
export interface TopicLeaders {
  readonly topicId: string
  readonly partitions: readonly PartitionLeader[]
}

export interface PartitionLeader extends PartitionMetadata {
  /** `undefined` while the partition has no leader that can be reached. */
  readonly address: Address | undefined
}

/** The topic's id and leaders as any broker knows them now, or `undefined` where it knows no such topic. */
export async function leadersOf(link: ClusterLink, topic: string): Promise<TopicLeaders | undefined> {
  return leadersIn(await link.askAny(metadataRequest([topic])), topic)
}

/** Each reachable broker's own view of the topic. */
export async function viewsOf(link: ClusterLink, topic: string): Promise<(TopicLeaders | undefined)[]> {
  const request = metadataRequest([topic])
  const { brokers } = await link.askAny(request)
  const answers = await Promise.allSettled(brokers.map(broker => link.ask(broker, request)))
  const answered = answers.filter(answer => answer.status === 'fulfilled')
  return answered.map(({ value }) => leadersIn(value, topic))
}

function leadersIn(metadata: ClusterMetadata, topic: string): TopicLeaders | undefined {
  const found = metadata.topics[0]!
  if (found.errorCode === KAFKA_ERROR.UNKNOWN_TOPIC_OR_PARTITION) return undefined
  // LEADER_NOT_AVAILABLE stands beside a topic that exists; its partitions show which leaders are missing.
  if (found.partitions.length === 0)
    throw new KafkaProtocolError(found.errorCode, `Metadata of topic "${topic}"`)
  const partitions = found.partitions.map(partition => withAddress(partition, metadata))
  return { topicId: found.topicId, partitions }
}

/** The partitions in groups of one leader each. */
export function byLeader(partitions: readonly PartitionLeader[]): PartitionLeader[][] {
  const groups = new Map<number, PartitionLeader[]>()
  for (const partition of partitions) {
    const group = groups.get(partition.leader)
    if (group === undefined) groups.set(partition.leader, [partition])
    else group.push(partition)
  }
  return [...groups.values()]
}

/** Which end of the log: below open transactions, or below all that is replicated. */
export type Isolation = 'read_committed' | 'read_uncommitted'

/** Earliest and end offset of every partition. */
export async function offsetsOf(
  link: ClusterLink,
  topic: string,
  isolation: Isolation,
): Promise<Map<number, PartitionOffsets>> {
  const found = await leadersOf(link, topic)
  if (found === undefined)
    throw new TwofoldError('TOPIC_NOT_FOUND', `There is no topic "${topic}" in the cluster.`)
  const answers = await Promise.all(
    byLeader(found.partitions).map(led => offsetsAtLeader(link, topic, isolation, led)),
  )
  return new Map(answers.flat().sort(([a], [b]) => a - b))
}

async function offsetsAtLeader(
  link: ClusterLink,
  topic: string,
  isolation: Isolation,
  led: readonly PartitionLeader[],
): Promise<[number, PartitionOffsets][]> {
  const address = led[0]!.address
  if (address === undefined) throw noLeader(topic)
  const list = async (timestamp: number): Promise<Map<number, number>> => {
    const topics = [{ topic, partitions: led.map(({ partition }) => ({ partition, timestamp })) }]
    const request = { replicaId: -1, isolationLevel: ISOLATION_LEVEL[isolation], topics } as const
    const answer = await link.withBroker(address, broker => broker.listOffsets(request))
    return new Map(
      answer.responses[0]!.partitions.map(({ partition, offset }) => [partition, Number(offset)]),
    )
  }
  // The earliest is asked first: retention may move it meanwhile, and it must not pass the end.
  const earliest = await list(EARLIEST)
  const end = await list(LATEST)
  return led.map(({ partition }) => [
    partition,
    { earliest: earliest.get(partition)!, end: end.get(partition)! },
  ])
}

function withAddress(partition: PartitionMetadata, metadata: ClusterMetadata): PartitionLeader {
  const broker = metadata.brokers.find(({ nodeId }) => nodeId === partition.leader)
  return { ...partition, address: broker && { host: broker.host, port: broker.port } }
}

/** The error for a partition that none of the brokers leads just now. */
export function noLeader(topic: string): KafkaProtocolError {
  return new KafkaProtocolError(KAFKA_ERROR.LEADER_NOT_AVAILABLE, `A partition of topic "${topic}"`)
}
