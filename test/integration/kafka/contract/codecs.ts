import { describe, expect, test } from 'vitest'
import type { WritableCodec } from '../../../../core/io/kafka/driver.ts'
import { assertCodecReadable } from '../../../../core/io/kafka/readable-codecs.ts'
import { numbered, readTexts, textRecord } from '../kafka-fixture.ts'
import type { DriverContract } from './driver-contract.ts'

const ALL_CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const
const WRITABLE_CODECS: readonly WritableCodec[] = ['gzip', 'snappy', 'lz4']

/** The contract's part on compression. */
export function describeCodecs(contract: DriverContract): void {
  describe('codecs', () => {
    test.each(ALL_CODECS)(
      'batches that Java compressed with %s are read, or refused by name',
      async codec => {
        // The broker compresses what arrives uncompressed, with the same Java code as Kafka's own producer.
        const { topic } = await contract.kafka.topic(1, { 'compression.type': codec })
        const values = numbered(3_000, 'some text that compresses well')
        await contract.kafka.produce(topic, values)
        const description = (await contract.driver.describeTopic(topic))!
        expect(description.compressionType).toBe(codec)
        const atStart = () => assertCodecReadable(contract.driver, description)
        if (contract.driver.codecs.includes(codec)) {
          expect(atStart).not.toThrow()
          expect(await readTexts(contract.driver, topic)).toEqual(values)
          return
        }
        expect(atStart).toThrow(expect.objectContaining({ code: 'CODEC_UNREADABLE' }))
        await expect(readTexts(contract.driver, topic)).rejects.toMatchObject({
          code: 'CODEC_UNREADABLE',
          message: expect.stringContaining(codec),
        })
      },
    )

    test.each(WRITABLE_CODECS)(
      'batches that the producer compresses with %s are taken by Kafka and read',
      async codec => {
        // A topic with a codec of its own makes the broker decompress what arrives: Java reads ours.
        const { topic } = await contract.kafka.topic(1, {
          'compression.type': codec === 'gzip' ? 'lz4' : 'gzip',
        })
        const { topic: asSent } = await contract.kafka.topic(1)
        const producer = await contract.driver.openProducer({ compression: codec })
        const values = numbered(2_000, 'some text that compresses well')
        await producer.send(topic, values.map(textRecord))
        await producer.send(asSent, values.map(textRecord))
        await producer.close()
        expect(await readTexts(contract.driver, topic)).toEqual(values)
        expect(await readTexts(contract.driver, asSent)).toEqual(values)
      },
    )
  })
}
