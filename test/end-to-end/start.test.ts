import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { Api } from '../support/api.ts'
import { until } from '../support/processes.ts'
import { shopConfig } from '../support/shop-project.ts'
import { type RunOptions, TwofoldHome } from '../support/twofold-home.ts'

let home: TwofoldHome

afterEach(async () => {
  await home?.remove()
})

/** Runs `twofold start`, which must end by itself, and leave nothing; answers with the error it wrote. */
async function failedStart(options: RunOptions = {}): Promise<{ code: number | null; error: unknown }> {
  const { code, stderr } = await home.command(['start'], options)
  expect(await home.survivors()).toEqual([])
  expect(home.temporaryFiles()).toEqual([])
  return { code, error: JSON.parse(stderr.trim().split('\n').at(-1)!).error }
}

async function listenOn(port: number): Promise<Server> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  return server
}

describe('start says what is in its way', () => {
  test.each([
    ['the port of the HTTP API', 'port', { code: 3, error: 'PORT_IN_USE' }],
    ["Kafka's port", 'kafkaPort', { code: 3, error: 'KAFKA_PORT_IN_USE' }],
  ] as const)('%s is taken', async (_, which, expected) => {
    home = await TwofoldHome.create(shopConfig())
    const server = await listenOn(home[which])
    const { code, error } = await failedStart()
    server.close()
    expect({ code, error }).toMatchObject({ code: expected.code, error: { code: expected.error } })
    expect(JSON.stringify(error)).toContain(String(home[which]))
  })

  test('there is no Java', async () => {
    home = await TwofoldHome.create(shopConfig())
    const tools = join(home.folder, 'tools')
    mkdirSync(tools)
    symlinkSync(process.execPath, join(tools, 'node'))
    const found = await failedStart({ env: { PATH: tools, JAVA_HOME: '' } })
    expect(found).toMatchObject({
      code: 2,
      error: { code: 'JAVA_MISSING', hint: expect.stringContaining('KAFKA_BROKERS') },
    })
  })

  const BROKEN: readonly [string, string, string, RegExp][] = [
    ['no TypeScript', 'export default {\n  views: [', 'CONFIG_INVALID', /twofold\.config\.ts:\d/],
    ['nothing by default', 'export const project = 1', 'CONFIG_INVALID', /no default export/],
    [
      'a wrong expression',
      shopConfig().replace(
        '...example,',
        `...example, views: [{ ...example.views[0], where: 'amunt > 0' }],`,
      ),
      'EXPRESSION_INVALID',
      /sales_by_minute.*amunt/,
    ],
    [
      'a sample file that is not there',
      shopConfig().replace(
        '...example,',
        `...example, sample: { topic: 'clicks', file: 'no.parquet', historyRows: 1, ratePerSecond: 1 },`,
      ),
      'FILE_UNREADABLE',
      /no\.parquet/,
    ],
    [
      'an option that does not exist',
      shopConfig().replace('archiveFlushMs', 'archiveFlush'),
      'OPTION_INVALID',
      /"archiveFlush"/,
    ],
  ]
  test.each(BROKEN)('the configuration has %s', async (_, config, expected, says) => {
    home = await TwofoldHome.create(config)
    const { code, error } = await failedStart()
    // Noticed before anything is written or started.
    expect(existsSync(home.dataDir)).toBe(false)
    expect({ code, error }).toMatchObject({ code: 2, error: { code: expected } })
    expect((error as Error).message).toMatch(says)
  })
})

describe('a platform that runs', () => {
  test('needs no standard input, refuses a second one, and ends with Ctrl-C', async () => {
    home = await TwofoldHome.create(shopConfig())
    const twofold = home.start({ stdin: 'closed' })
    await twofold.ready()

    const { code, stderr } = await home.command(['start'])
    expect(code).toBe(3)
    expect(JSON.parse(stderr).error).toMatchObject({ code: 'DATA_DIR_IN_USE', details: { pid: twofold.pid } })
    const reset = await home.command(['reset', '--yes'])
    expect(JSON.parse(reset.stderr).error.code).toBe('DATA_DIR_IN_USE')
    expect(await new Api(home.apiUrl).send('/readyz')).toMatchObject({ status: 200 })

    twofold.interrupt()
    expect(await twofold.exited).toEqual({ code: 0, signal: null })
    expect(twofold.output).toContain('Stopped')
    expect(await home.survivors()).toEqual([])
    expect(home.temporaryFiles()).toEqual([])
  })

  test('ends with Ctrl-C while it starts, too, and starts again after', async () => {
    home = await TwofoldHome.create(shopConfig())
    for (const step of ['Starting Apache Kafka', 'Starting the api process']) {
      const twofold = home.start()
      await until(step, () => twofold.output.includes(step))
      twofold.interrupt()
      expect(await twofold.exited, step).toEqual({ code: 0, signal: null })
      expect(await home.survivors(), step).toEqual([])
    }
    const twofold = home.start()
    await twofold.ready()
    expect(await twofold.stop()).toEqual({ code: 0, signal: null })
  })
})
