import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, openSync, readdirSync, realpathSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { reportError } from '../../cli/output/report-error.ts'
import { createProgram } from '../../cli/program.ts'
import { runTwofold, TWOFOLD } from '../support/command-line.ts'
import { goodClick } from '../support/shop-project.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { configuration } from './cases/configurations.ts'
import { testItIsWell, withRunningPlatform } from './running-platform.ts'

const platform = withRunningPlatform()

interface Failure {
  readonly code: string
  readonly message: string
  readonly hint: string
}
const errorOf = (stderr: string): Failure => JSON.parse(stderr).error

/** A folder with a configuration that is right, and nothing that runs. */
function folderWithProject(): string {
  const folder = realpathSync(temporaryFolder())
  writeFileSync(join(folder, 'twofold.config.ts'), configuration())
  return folder
}

type Row = readonly [args: readonly string[], says: string, hint?: string]

describe('what is no command', () => {
  const FLAGS_OF_LAYERS = '`twofold run --help` says which layer takes which flag.'
  const USAGE: readonly Row[] = [
    [['strat'], "unknown command 'strat'", 'Did you mean start?'],
    [['--nope'], "unknown option '--nope'"],
    [['start', 'now'], 'too many arguments'],
    [['query'], "missing required argument 'view'"],
    [['query', 'v', '--limt', '5'], "unknown option '--limt'", 'Did you mean --limit?'],
    [['query', 'v', '--limit'], 'argument missing'],
    [['query', 'v', 'w'], 'too many arguments'],
    [['query', 'v', '--api', 'localhost'], 'Expected an address like http://'],
    [['query', 'v', '--api', 'ftp://localhost'], 'Expected an address like http://'],
    [['status', '--api', 'http://'], 'Expected an address like http://'],
    [['status', '--api', 'http://ada:topsecret@127.0.0.1:8080'], 'without user and password'],
    [['ingest-file', 'clicks'], "missing required argument 'path'"],
    [['ingest-file', 'clicks', 'x.csv', '--rate', '0'], 'Expected a number above 0'],
    [['ingest-file', 'clicks', 'x.csv', '--rate', '-5'], 'Expected a number above 0'],
    [['ingest-file', 'clicks', 'x.csv', '--rate', 'fast'], 'Expected a number above 0'],
    [['ingest-file', 'clicks', 'x.csv', '--rate', '1e999'], 'Expected a number above 0'],
    [['ingest-file', 'clicks', 'x.csv', '--rate', '0x10'], 'Expected a number above 0'],
    [['batch', 'undo'], "unknown command 'undo'"],
    [['batch', 'rollback', '--to', 'x'], 'Expected a whole number'],
    [['batch', 'rollback', '--to', '-1'], 'Expected a whole number'],
    [['batch', 'rollback', '--to', '1.5'], 'Expected a whole number'],
    [['verify', 'clicks'], 'too many arguments'],
    [['verify', '--view', 'sales_by_minute'], "unknown option '--view'"],
    [['repair', 'archives'], "unknown command 'archives'", 'Did you mean archive?'],
    [['repair', 'archive', '--partition', '-1'], 'Expected a whole number'],
    [['repair', 'archive', '--partition', 'x'], 'Expected a whole number'],
    [['repair', 'archive', '--partition'], 'argument missing'],
    [['repair', 'chain'], "required option '--view <name>' not specified"],
    [['repair', 'chain', '--view'], 'argument missing'],
    [['run'], "missing required argument 'layer'"],
    [['run', 'everything'], 'Allowed choices are ingest, speed, batch, serving'],
    [['run', 'speed', '--lanes', 'a'], 'Expected numbers like 0,2'],
    [['run', 'speed', '--lanes', ''], 'Expected numbers like 0,2'],
    [['run', 'serving', '--port', '99999'], 'Expected a port up to 65535'],
    [['run', 'serving', '--port', '-1'], 'Expected a whole number'],
    [
      ['run', 'batch', '--port', '8081'],
      'The batch layer takes no --port; that is for ingest and serving',
      FLAGS_OF_LAYERS,
    ],
    [['run', 'speed', '--port', '8081'], 'The speed layer takes no --port', FLAGS_OF_LAYERS],
    [['run', 'serving', '--lanes', '0'], 'takes no --lanes; that is for the speed layer', FLAGS_OF_LAYERS],
    [['run', 'ingest', '--lanes', '0'], 'takes no --lanes', FLAGS_OF_LAYERS],
  ]

  /** What `main` does with a command line, in this process: none of these gets as far as to do anything. */
  async function run(args: readonly string[]): Promise<{ code: number; stderr: string }> {
    const written = vi.spyOn(console, 'error').mockImplementation(() => {})
    try {
      const error = await createProgram()
        .parseAsync(['node', 'twofold', ...args])
        .then(
          () => expect.unreachable('it ran'),
          (cause: unknown) => cause,
        )
      return { code: reportError(error, true), stderr: written.mock.calls.join('\n') }
    } finally {
      written.mockRestore()
    }
  }

  test.each(USAGE.map(([args, ...expected]) => [args, expected] as const))(
    '%j',
    async (args, [says, hint]) => {
      const { code, stderr } = await run(args)
      expect(code).toBe(2)
      expect(stderr).not.toContain('topsecret')
      expect(errorOf(stderr)).toMatchObject({
        code: 'USAGE_INVALID',
        message: expect.stringContaining(says),
        hint: hint ?? expect.stringMatching(/\S/),
      })
    },
  )

  test('is a lane that no stream has', async () => {
    const folder = folderWithProject()
    const { code, stderr } = await runTwofold(folder, ['run', 'speed', '--lanes', '0,1'])
    expect(code).toBe(2)
    expect(errorOf(stderr)).toMatchObject({
      code: 'USAGE_INVALID',
      message: expect.stringContaining('No stream has a lane 1: clicks has 1'),
    })
  })

  test('is nothing at all: then the help is shown, on standard error', async () => {
    for (const args of [[], ['batch'], ['repair']]) {
      const { code, stdout, stderr } = await runTwofold(temporaryFolder(), args)
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toContain('Usage: twofold')
    }
  })
})

describe('where nothing runs', () => {
  test.each([['status'], ['ingest-file', 'clicks', 'x.csv'], ['batch', 'rollback']])(
    '%s %s says so',
    async (...args) => {
      const folder = folderWithProject()
      const { code, stdout, stderr } = await runTwofold(folder, args)
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
      expect(errorOf(stderr)).toMatchObject({
        code: 'NOT_RUNNING',
        hint: expect.stringContaining('twofold start'),
      })
      expect(readdirSync(folder)).toEqual(['twofold.config.ts'])
    },
  )

  test('a ClickHouse that does not answer is named, without the password that came with its URL', async () => {
    const env = { KAFKA_BROKERS: '127.0.0.1:1', CLICKHOUSE_URL: 'http://ada:topsecret@127.0.0.1:1' }
    const { code, stdout, stderr } = await runTwofold(folderWithProject(), ['batch', 'runs'], { env })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(errorOf(stderr)).toMatchObject({
      code: 'CLICKHOUSE_UNAVAILABLE',
      message: expect.stringContaining('http://127.0.0.1:1 '),
    })
    expect(stderr).not.toContain('topsecret')
  })

  test('an address where nobody listens, or somebody else, is named', async () => {
    const deaf = createServer(socket => socket.end('hello\r\n')).listen(0, '127.0.0.1')
    await once(deaf, 'listening')
    const { port } = deaf.address() as { port: number }
    const somebodyElse = `http://127.0.0.1:${port}`
    for (const api of ['http://127.0.0.1:1', 'http://nowhere.invalid', somebodyElse]) {
      const { code, stderr } = await runTwofold(temporaryFolder(), ['status', '--api', api])
      expect([api, code]).toEqual([api, 3])
      expect(errorOf(stderr)).toMatchObject({
        code: 'API_UNREACHABLE',
        message: expect.stringContaining(api),
      })
      expect(errorOf(stderr).message).not.toContain('fetch failed')
    }
    deaf.close()
  })
})

describe('a start that cannot be', () => {
  test('for a port that is taken names it, and leaves nothing running', async () => {
    const folder = folderWithProject()
    const env = { TWOFOLD_PORT: String(platform.home.port) }
    const { code, stderr } = await runTwofold(folder, ['start'], { env })
    expect(code).toBe(3)
    expect(errorOf(stderr)).toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(String(platform.home.port)),
    })
  })

  test.each([
    ['a file', 'twofold.config.ts', 'DATA_DIR_UNUSABLE'],
    ['below a file', 'twofold.config.ts/data', 'DATA_DIR_UNUSABLE'],
    ['a device', '/dev/null', 'DATA_DIR_UNUSABLE'],
    ['the folder of something else', '.', 'DATA_DIR_FOREIGN'],
  ])('for a data directory that is %s', async (_, data, expected) => {
    const folder = folderWithProject()
    const { code, stderr } = await runTwofold(folder, ['start', '--data', data])
    expect([code, errorOf(stderr).code]).toEqual([2, expected])
    expect(readdirSync(folder)).toEqual(['twofold.config.ts'])
  })

  test('for a data directory that is in use', async () => {
    const { code, stderr } = await platform.home.command(['start'])
    expect(code).toBe(3)
    expect(errorOf(stderr)).toMatchObject({
      code: 'DATA_DIR_IN_USE',
      message: expect.stringMatching(/process \d+/),
    })
  })
})

describe('what the platform refuses', () => {
  const REFUSED: readonly (readonly [args: readonly string[], exit: number, code: string, says: string])[] = [
    [['query', 'sales_by_minutes'], 2, 'VIEW_UNKNOWN', 'Did you mean sales_by_minute?'],
    [['query', ''], 2, 'VIEW_UNKNOWN', 'There is no view ""'],
    [['query', '../../v1/status'], 2, 'VIEW_UNKNOWN', '../../v1/status'],
    [['query', 'sales_by_minute', '--measures', 'revenu'], 2, 'MEASURE_UNKNOWN', 'Did you mean revenue?'],
    [['query', 'sales_by_minute', '--limit', '-1'], 2, 'QUERY_INVALID', 'limit'],
    [['query', 'sales_by_minute', '--limit', 'ten'], 2, 'QUERY_INVALID', '"ten"'],
    [['query', 'sales_by_minute', '--filter', "country' OR 1"], 2, 'QUERY_INVALID', 'operator'],
    [['query', 'sales_by_minute', '--from', 'yesterday'], 2, 'TIME_INVALID', 'yesterday'],
    [['ingest-file', 'click', 'x.csv'], 2, 'STREAM_UNKNOWN', 'Did you mean clicks?'],
    [['ingest-file', 'clicks', 'missing.csv'], 2, 'FILE_UNREADABLE', 'missing.csv'],
    [['ingest-file', 'clicks', 'data'], 2, 'FILE_FORMAT_UNKNOWN', 'ending'],
    [['batch', 'rollback', '--to', '999999'], 3, 'ROLLBACK_IMPOSSIBLE', '999999'],
    [['repair', 'archive', '--stream', 'click'], 2, 'STREAM_UNKNOWN', 'no stream click; there are clicks'],
    [['repair', 'archive', '--partition', '99'], 1, 'PARTITION_NOT_FOUND', 'no partition 99'],
    [['repair', 'accept-loss', '--partition', '99'], 1, 'PARTITION_NOT_FOUND', 'no partition 99'],
    [['repair', 'chain', '--view', 'sales'], 2, 'VIEW_UNKNOWN', 'no view sales; there are sales_by_minute'],
    [['repair', 'chain', '--view', ''], 2, 'VIEW_UNKNOWN', 'sales_by_minute'],
    [['reset'], 3, 'DATA_DIR_IN_USE', 'in use'],
  ]

  test.each(REFUSED)('%j', async (args, exit, code, says) => {
    const { code: found, stdout, stderr } = await platform.home.command(args)
    expect({ code: found, stdout }).toEqual({ code: exit, stdout: '' })
    expect(errorOf(stderr)).toMatchObject({ code, hint: expect.stringMatching(/\S/) })
    expect(`${errorOf(stderr).message} ${errorOf(stderr).hint}`).toContain(says)
  })

  test('of a file is told row by row, and by the exit code 4', async () => {
    writeFileSync(join(platform.home.folder, 'some.ndjson'), `${goodClick()}\nbroken\n${goodClick()}\n`)
    const { code, stdout, stderr } = await platform.home.command(['ingest-file', 'clicks', 'some.ndjson'])
    expect({ code, stderr }).toEqual({ code: 4, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({
      produced: 2,
      rejected: 1,
      rejections: [{ place: 'line 2', reason: 'invalid_json' }],
    })
  })
})

describe('pipes and descriptors', () => {
  /** Runs a shell command line in which `$TWOFOLD` is the program. Answers with its exit code and what it wrote. */
  async function shell(line: string): Promise<{ code: number | null; output: string }> {
    const env = { ...process.env, TWOFOLD, API: platform.home.apiUrl }
    const child = spawn('bash', ['-c', line], {
      cwd: temporaryFolder(),
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const parts = [child.stdout, child.stderr].map(stream => stream.setEncoding('utf8').toArray())
    const [code] = (await once(child, 'exit')) as [number | null]
    return { code, output: (await Promise.all(parts)).flat().join('') }
  }

  const QUERY = '"$TWOFOLD" query sales_by_minute --api "$API"'

  test.each([
    ['whose reader has gone before', `${QUERY} | true; exit \${PIPESTATUS[0]}`, 0, /^$/],
    ['whose reader has heard enough', `${QUERY} | head -c 1 >/dev/null; exit \${PIPESTATUS[0]}`, 0, /^$/],
    ['of the help', `"$TWOFOLD" --help | true; exit \${PIPESTATUS[0]}`, 0, /^$/],
    [
      'of errors, whose reader has gone',
      `"$TWOFOLD" strat 2>&1 >/dev/null | true; exit \${PIPESTATUS[0]}`,
      2,
      /^$/,
    ],
    ['that is closed', `${QUERY} >&-`, 0, /^$/],
    ['of errors that is closed', `"$TWOFOLD" strat 2>&-`, 2, /^$/],
    ['for input that is closed', `${QUERY} <&-`, 0, /"coverage"/],
    ['for input that nobody fills', `${QUERY} < /dev/null`, 0, /"coverage"/],
  ])('a pipe %s is no failure', async (_, line, code, output) => {
    expect(await shell(line)).toEqual({ code, output: expect.stringMatching(output) })
  })

  test('a device that is full is one', async () => {
    const full = openSync('/dev/full', 'w')
    const child = spawn(TWOFOLD, ['query', 'sales_by_minute', '--api', platform.home.apiUrl], {
      cwd: temporaryFolder(),
      stdio: ['ignore', full, 'pipe'],
    })
    const stderr = child.stderr!.setEncoding('utf8').toArray()
    const [code] = (await once(child, 'exit')) as [number | null]
    expect(code).not.toBe(0)
    expect((await stderr).join('')).toContain('ENOSPC')
  })

  test('a question whether to remove everything is not answered by silence', async () => {
    const folder = folderWithProject()
    mkdirSync(join(folder, '.twofold'))
    writeFileSync(join(folder, '.twofold', 'twofold-data.json'), '{"format":1}')
    const { code, output } = await shell(`cd ${folder} && "$TWOFOLD" reset <&-`)
    expect(code).toBe(2)
    expect(output).toContain('NOT_CONFIRMED')
    expect(readdirSync(join(folder, '.twofold'))).toContain('twofold-data.json')
  })
})

testItIsWell(platform)
