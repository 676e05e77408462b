import { setTimeout as sleep } from 'node:timers/promises'
import { TwofoldError } from '../../model/errors.ts'
import type { ClusterLink } from './cluster-link.ts'
import type { PartitionOffsets } from './driver.ts'
import { leadersOf, offsetsOf, type TopicLeaders, viewsOf } from './topic-metadata.ts'

/** For so long a broker that just started may not know a topic that exists. */
const METADATA_LAG_MS = 2_000
const ASK_AGAIN_MS = 100

/**
 * The leaders of the topic, if it is still the incarnation with this id.
 *
 * @throws TOPIC_RECREATED where it is gone or another one stands in its place
 */
export async function requireSameTopic(
  link: ClusterLink,
  topic: string,
  topicId: string,
): Promise<TopicLeaders> {
  const deadline = performance.now() + METADATA_LAG_MS
  let found = await leadersOf(link, topic)
  while (found === undefined && performance.now() < deadline) {
    await sleep(ASK_AGAIN_MS)
    found = await leadersOf(link, topic)
  }
  if (found?.topicId === topicId) return found
  throw topicRecreated(topic, topicId, found?.topicId)
}

/**
 * Asks every broker, so also those from which records were just read: a broker knows of a new incarnation
 * before it serves records of it.
 *
 * @throws TOPIC_RECREATED where any of them knows another incarnation, or none knows this one
 */
export async function requireSameTopicEverywhere(
  link: ClusterLink,
  topic: string,
  topicId: string,
): Promise<void> {
  const views = await viewsOf(link, topic)
  const other = views.find(view => view !== undefined && view.topicId !== topicId)
  if (other !== undefined) throw topicRecreated(topic, topicId, other.topicId)
  if (views.every(view => view === undefined)) await requireSameTopic(link, topic, topicId)
}

/**
 * The offsets that this incarnation of the topic holds, up to the newest that is replicated.
 *
 * @throws TOPIC_RECREATED
 */
export async function offsetsOfSameTopic(
  link: ClusterLink,
  topic: string,
  topicId: string,
): Promise<Map<number, PartitionOffsets>> {
  const [offsets] = await Promise.allSettled([offsetsOf(link, topic, 'read_uncommitted')])
  // Asked afterwards, so that the offsets, or their absence, are not those of another incarnation.
  await requireSameTopicEverywhere(link, topic, topicId)
  if (offsets.status === 'rejected') throw offsets.reason
  return offsets.value
}

/** The error for a position that the log does not hold, naming what is lost where anything is. */
export function outOfRange(
  topic: string,
  partition: number,
  position: number,
  offsets: PartitionOffsets | undefined,
): TwofoldError {
  const { earliest, end } = offsets ?? { earliest: undefined, end: undefined }
  const where = `Offset ${position} of topic "${topic}", partition ${partition}, cannot be read`
  const lost = earliest !== undefined && position < earliest
  const why = lost
    ? `the log now starts at ${earliest}, so offsets ${position} to ${earliest - 1} are lost`
    : `the log ends at ${end}, so it was cut or the position belongs to another topic`
  return new TwofoldError('OFFSET_OUT_OF_RANGE', `${where}: ${why}.`, {
    details: { topic, partition, position, earliest, end },
  })
}

function topicRecreated(topic: string, topicId: string, foundTopicId: string | undefined): TwofoldError {
  const now =
    foundTopicId === undefined ? 'it no longer exists' : `that name now belongs to the id ${foundTopicId}`
  const message = `Topic "${topic}" was opened with the id ${topicId}, but ${now}.`
  return new TwofoldError('TOPIC_RECREATED', message, {
    details: { topic, topicId, foundTopicId: foundTopicId ?? null },
  })
}
