import { describe, expect, test, vi } from 'vitest'
import type { TopicDescription } from '../../../../../core/io/kafka/driver.ts'
import { assertCodecReadable, warnOfUnreadableCodecs } from '../../../../../core/io/kafka/readable-codecs.ts'

const WITHOUT_ZSTD = { name: 'node-rdkafka', codecs: ['gzip', 'snappy', 'lz4'] } as const
const ALL = { name: 'kafkajs', codecs: ['gzip', 'snappy', 'lz4', 'zstd'] } as const

function topicOf(compressionType: string): TopicDescription {
  return { topic: 'clicks', topicId: 'A', partitions: [0], cleanupPolicy: 'delete', compressionType }
}

describe('what a driver cannot read', () => {
  test('is named when a layer starts', () => {
    const warn = vi.fn()
    warnOfUnreadableCodecs(WITHOUT_ZSTD, { warn })
    expect(warn.mock.calls).toEqual([
      [
        'the Kafka driver node-rdkafka cannot read batches compressed with zstd; a layer stops at the first one',
        { driver: 'node-rdkafka', codecs: ['zstd'] },
      ],
    ])
  })

  test('is not spoken of where there is nothing', () => {
    const warn = vi.fn()
    warnOfUnreadableCodecs(ALL, { warn })
    expect(warn).not.toHaveBeenCalled()
  })

  test('is refused as the compression of a topic, by name', () => {
    expect(() => assertCodecReadable(WITHOUT_ZSTD, topicOf('zstd'))).toThrow(
      expect.objectContaining({
        code: 'CODEC_UNREADABLE',
        message:
          'The topic clicks has compression.type=zstd, which the Kafka driver node-rdkafka cannot read.',
        details: { topic: 'clicks', codec: 'zstd', driver: 'node-rdkafka' },
      }),
    )
  })

  test.each(['producer', 'uncompressed', 'gzip', 'lz4'])('compression.type=%s is none of that', type => {
    expect(() => assertCodecReadable(WITHOUT_ZSTD, topicOf(type))).not.toThrow()
    expect(() => assertCodecReadable(ALL, topicOf('zstd'))).not.toThrow()
  })
})
