import { TwofoldError } from '../../model/errors.ts'
import type { Log } from '../log.ts'
import type { Codec, KafkaDriver, TopicDescription } from './driver.ts'

const CODECS: readonly Codec[] = ['gzip', 'snappy', 'lz4', 'zstd']

type Driver = Pick<KafkaDriver, 'name' | 'codecs'>

/** Says, once, which codecs the driver cannot read: any producer may use one in a topic that leaves the choice to it. */
export function warnOfUnreadableCodecs(driver: Driver, log: Pick<Log, 'warn'>): void {
  const codecs = CODECS.filter(codec => !driver.codecs.includes(codec))
  if (codecs.length === 0) return
  const message = `the Kafka driver ${driver.name} cannot read batches compressed with ${codecs.join(', ')}; a layer stops at the first one`
  log.warn(message, { driver: driver.name, codecs })
}

/**
 * Makes sure that the driver reads what the broker itself compresses the topic with.
 *
 * @throws CODEC_UNREADABLE naming topic, codec and driver
 */
export function assertCodecReadable(driver: Driver, { topic, compressionType }: TopicDescription): void {
  const codec = CODECS.find(candidate => candidate === compressionType)
  if (codec === undefined || driver.codecs.includes(codec)) return
  throw new TwofoldError(
    'CODEC_UNREADABLE',
    `The topic ${topic} has compression.type=${codec}, which the Kafka driver ${driver.name} cannot read.`,
    { details: { topic, codec, driver: driver.name } },
  )
}
