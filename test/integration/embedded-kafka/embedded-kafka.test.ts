import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { reset } from '../../../cli/commands/reset.ts'
import { prepareDataDir } from '../../../cli/platform/data-dir.ts'
import { openKafkaDriver } from '../../../core/io/kafka/open-driver.ts'
import { freePort } from '../../../core/io/process/free-port.ts'
import { startEmbeddedKafka } from '../../../ingest/embedded-kafka/start-embedded-kafka.ts'
import { isAlive, logLine, startProgram, until } from '../../support/processes.ts'

const CREATE = { partitions: 1, replicationFactor: 1, retentionMs: undefined }

let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'twofold-embedded-'))
})
afterAll(() => rm(home, { recursive: true, force: true }))

const start = (folder: string, port: number) =>
  startEmbeddedKafka({ dataDir: join(home, folder), port, onProgress: () => {} })

/** A broker in the folder whose parent was killed, and that lies still: it lives until somebody kills it. */
async function orphan(folder: string): Promise<number> {
  const log = `${folder}-parent.log`
  const parent = startProgram('kafka-parent', log, [folder, String(await freePort())])
  const javaPid = Number((await logLine(log, /pid (\d+)/))[1])
  process.kill(javaPid, 'SIGSTOP')
  parent.kill()
  await parent.exited
  expect(isAlive(javaPid)).toBe(true)
  return javaPid
}

/** The process group of a process: the second number behind the letter for its state. */
function groupOf(pid: number): number {
  return Number(/\) \w \d+ (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))![1])
}

describe('the embedded broker', () => {
  test('keeps its data over a clean stop, also when its port changes', async () => {
    const first = await start('kept', await freePort())
    const driver = await openKafkaDriver('kafkajs', { brokers: first.brokers, clientId: 'test' })
    await driver.createTopic('kept', CREATE)
    const producer = await driver.openProducer()
    await producer.send('kept', [{ key: null, value: Buffer.from('x') }])
    const { topicId } = (await driver.describeTopic('kept'))!
    await producer.close()
    await driver.close()
    await first.stop()
    await first.exited
    expect(isAlive(first.pid)).toBe(false)
    expect(await readdir(join(home, 'kept', 'data'))).toContain('.kafka_cleanshutdown')

    const second = await start('kept', await freePort())
    const again = await openKafkaDriver('kafkajs', { brokers: second.brokers, clientId: 'test' })
    expect(await again.describeTopic('kept')).toMatchObject({ topicId })
    expect((await again.offsets('kept')).get(0)).toEqual({ earliest: 0, end: 1 })
    await again.close()
    await second.stop()
  })

  test('refuses a port that another program uses, by name', async () => {
    const port = await freePort()
    const other = createServer().listen(port, '127.0.0.1')
    await once(other, 'listening')
    await expect(start('refused', port)).rejects.toMatchObject({
      code: 'KAFKA_PORT_IN_USE',
      message: expect.stringContaining(String(port)),
    })
    other.close()
  })

  test('says what Kafka complains about when it does not start', async () => {
    const dataDir = join(home, 'broken')
    const settings = { 'log.retention.ms': 'soon' }
    const starting = startEmbeddedKafka({ dataDir, port: await freePort(), settings, onProgress: () => {} })
    await expect(starting).rejects.toMatchObject({
      code: 'KAFKA_START_FAILED',
      message: expect.stringContaining('log.retention.ms'),
    })
  })

  test('refuses a data folder that another broker uses, and leaves that one alone', async () => {
    const first = await start('shared', await freePort())
    await expect(start('shared', await freePort())).rejects.toMatchObject({
      code: 'DATA_DIR_IN_USE',
      message: expect.stringContaining(join(home, 'shared')),
    })
    expect(isAlive(first.pid)).toBe(true)
    await first.stop()
    const second = await start('shared', await freePort())
    await second.stop()
  })

  test('ends within seconds when its parent is killed, and starts again on the same port', async () => {
    const port = await freePort()
    const log = join(home, 'parent.log')
    const parent = startProgram('kafka-parent', log, [join(home, 'orphan'), String(port)])
    const javaPid = Number((await logLine(log, /pid (\d+)/))[1])
    expect(isAlive(javaPid)).toBe(true)
    parent.kill()
    await until('Java has ended', () => !isAlive(javaPid))
    const again = await start('orphan', port)
    await again.stop()
  })

  test('that is slow to end after its parent was killed is waited for, also by a start on another port', async () => {
    const folder = join(home, 'slow')
    const javaPid = await orphan(folder)
    // With what would kill it after 8 s: so it lives until the start has had enough of it.
    const group = groupOf(javaPid)
    process.kill(-group, 'SIGSTOP')
    onTestFinished(() => void process.kill(-group, 'SIGKILL'))
    const again = await start('slow', await freePort())
    expect(isAlive(javaPid)).toBe(false)
    expect(again.pid).not.toBe(javaPid)
    await again.stop()
  })

  test('that is slow to end is waited for by a reset, too', async () => {
    const folder = join(home, 'reset')
    prepareDataDir(folder)
    const javaPid = await orphan(join(folder, 'kafka'))
    const written = vi.spyOn(console, 'log').mockImplementation(() => {})
    await reset({ data: folder, yes: true, json: true })
    written.mockRestore()
    expect(isAlive(javaPid)).toBe(false)
    expect(existsSync(folder)).toBe(false)
  })
})
