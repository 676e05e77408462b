import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { KafkaConnection, KafkaDriver } from '../../../core/io/kafka/driver.ts'
import { openKafkaDriver } from '../../../core/io/kafka/open-driver.ts'
import { freePort } from '../../../core/io/process/free-port.ts'
import { formatOnce, javaOptions, prepareHome } from '../../../ingest/embedded-kafka/broker-home.ts'
import { fetchJars } from '../../../ingest/embedded-kafka/jars.ts'
import { type KafkaProcess, startProcess } from '../../../ingest/embedded-kafka/kafka-process.ts'
import { findJava } from '../../../ingest/embedded-kafka/tools.ts'
import { readTexts, textRecord } from './kafka-fixture.ts'

const PASSWORD = 's3cret-of-the-test'
const TOPIC = { partitions: 1, replicationFactor: 1, retentionMs: undefined }

/** A broker whose clients must log in with user and password. */
const SASL_SETTINGS = {
  'listener.security.protocol.map': 'PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
  'sasl.enabled.mechanisms': 'PLAIN',
  'sasl.mechanism.inter.broker.protocol': 'PLAIN',
  'listener.name.plaintext.plain.sasl.jaas.config':
    'org.apache.kafka.common.security.plain.PlainLoginModule required ' +
    `username="app" password="${PASSWORD}" user_app="${PASSWORD}";`,
}

describe('a cluster that asks for user and password', () => {
  let dataDir: string
  let broker: KafkaProcess
  let brokers: readonly string[]
  const connection = (password: string): KafkaConnection => {
    return { brokers, clientId: 'test', sasl: { mechanism: 'plain', username: 'app', password } }
  }

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'twofold-sasl-'))
    const port = await freePort()
    brokers = [`127.0.0.1:${port}`]
    const java = await findJava()
    const classpath = ['-cp', join(await fetchJars(() => {}), '*')]
    const home = await prepareHome(dataDir, port, SASL_SETTINGS)
    await formatOnce(java, classpath, home)
    const args = [...javaOptions(512, home), ...classpath, 'kafka.Kafka', home.properties]
    broker = await startProcess(java, args, home.console, () => {})
  })
  afterAll(async () => {
    await broker?.stop()
    await rm(dataDir, { recursive: true, force: true })
  })

  test.each(['kafkajs', 'node-rdkafka'] as const)('is read and written by %s', async name => {
    const driver = await openKafkaDriver(name, connection(PASSWORD))
    await expect.poll(() => driver.describeTopic('any').catch(() => 'not yet')).toBeUndefined()
    await driver.createTopic(name, TOPIC)
    const producer = await driver.openProducer()
    await producer.send(name, [textRecord('let in')])
    await producer.close()
    expect(await readTexts(driver, name)).toEqual(['let in'])
    await driver.close()
  })

  test('refuses a wrong password by name, and the error keeps it to itself', async () => {
    const driver = await openKafkaDriver('kafkajs', connection('wrong-password'))
    const failures = [
      () => driver.describeTopic('kafkajs'),
      () => driver.createTopic('other', TOPIC),
      () => sendOne(driver),
    ]
    for (const attempt of failures) {
      const error = await attempt().catch((failure: Error & { code: string; cause: unknown }) => failure)
      expect(error).toMatchObject({ code: 'KAFKA_REFUSED' })
      expect(JSON.stringify([error, String(error), String((error as Error).cause)])).not.toMatch(
        /wrong-password|s3cret/,
      )
    }
    await driver.close()
  })
})

async function sendOne(driver: KafkaDriver): Promise<unknown> {
  const producer = await driver.openProducer()
  try {
    return await producer.send('kafkajs', [textRecord('x')])
  } finally {
    await producer.close()
  }
}
