/**
 * Where a stream begins in one partition, decided once, by whoever sees the partition first: archive and chains
 * all start there, and a topic with another id is not this stream.
 */
export interface PartitionOrigin {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly begin: number
}
