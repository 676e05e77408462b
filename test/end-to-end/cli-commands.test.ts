import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { prepareDataDir } from '../../cli/platform/data-dir.ts'
import { VERSION } from '../../cli/version.ts'
import { PACKAGE_ROOT } from '../../core/io/package-root.ts'
import { acquireInstanceLock } from '../../core/io/process/instance-lock.ts'
import { runOnTerminal, runTwofold, TWOFOLD } from '../support/command-line.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const folder = () => realpathSync(temporaryFolder())
const errorOf = (stderr: string) =>
  JSON.parse(stderr).error as { code: string; message: string; hint: string }

const COMMANDS = [
  'start',
  'init',
  'check',
  'ingest-file',
  'query',
  'status',
  'verify',
  'reset',
  'run',
  'batch',
  'batch run',
  'batch runs',
  'batch rollback',
  'batch resume',
  'repair',
  'repair archive',
  'repair chain',
]

describe('help', () => {
  it('shows the commands and the exit codes, at once', async () => {
    const { code, stdout } = await runTwofold(folder(), ['--help'])
    expect(code).toBe(0)
    for (const command of COMMANDS) expect(stdout).toContain(`  ${command.split(' ')[0]}`)
    expect(stdout).toMatch(/Exit codes:\n {2}0 {2}done/)
  })

  it.each(COMMANDS)('of %s holds an example and the flags of all commands', async command => {
    const { code, stdout } = await runTwofold(folder(), [...command.split(' '), '--help'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Examples?:\n.*twofold /m)
    expect(stdout).toContain('--config <path>')
  })

  it('is there through a symbolic link, from anywhere', async () => {
    const cwd = folder()
    symlinkSync(TWOFOLD, join(cwd, 'tf'))
    expect(await runTwofold('/', ['--version'], { command: join(cwd, 'tf') })).toMatchObject({
      code: 0,
      stdout: `${VERSION}\n`,
    })
  })
})

describe('errors', () => {
  it('are JSON on standard error where that is no terminal, and the exit code says what kind', async () => {
    const cwd = folder()
    const { code, stdout, stderr } = await runTwofold(cwd, ['check'])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(errorOf(stderr)).toEqual({
      code: 'CONFIG_NOT_FOUND',
      message: `There is no twofold.config.ts in ${cwd}.`,
      hint: expect.any(String),
      details: { folder: cwd },
    })
  })

  it('are a line and a hint on a terminal', async () => {
    const cwd = folder()
    const output = await runOnTerminal(cwd, 'status')
    expect(output).toMatch(/^error NOT_RUNNING: No platform runs in .*\.twofold\.\nhint: Start one with /)
  })

  it.each([
    [['strat'], "unknown command 'strat'", 'Did you mean start?'],
    [['query', 'v', '--limt', '5'], "unknown option '--limt'", 'Did you mean --limit?'],
    [['query'], "missing required argument 'view'", expect.any(String)],
    [['run', 'everything'], 'Allowed choices are ingest, speed, batch, serving', expect.any(String)],
    [['batch', 'rollback', '--to', 'x'], 'Expected a whole number', expect.any(String)],
    [['run', 'speed', '--lanes', 'a'], 'Expected numbers like 0,2', expect.any(String)],
  ])('of usage: %j', async (args, message, hint) => {
    const { code, stderr } = await runTwofold(folder(), args)
    expect(code).toBe(2)
    expect(errorOf(stderr)).toMatchObject({
      code: 'USAGE_INVALID',
      message: expect.stringContaining(message),
      hint,
    })
  })

  it.each([[['verify']], [['batch', 'runs']], [['run', 'speed']], [['query', 'clicks_by_minute']]])(
    'of %j where nothing runs',
    async args => {
      const cwd = folder()
      await runTwofold(cwd, ['init'])
      const { code, stderr } = await runTwofold(cwd, args)
      expect(code).toBe(3)
      expect(errorOf(stderr).code).toBe('NOT_RUNNING')
    },
  )

  it('name a setting that is wrong', async () => {
    const cwd = folder()
    await runTwofold(cwd, ['init'])
    const { code, stderr } = await runTwofold(cwd, ['check'], { env: { TWOFOLD_PORT: '99999' } })
    expect(code).toBe(2)
    expect(errorOf(stderr)).toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining('TWOFOLD_PORT'),
    })
  })

  it('name view and field of an expression that is wrong', async () => {
    const cwd = folder()
    await runTwofold(cwd, ['init'])
    const path = join(cwd, 'twofold.config.ts')
    writeFileSync(path, readFileSync(path, 'utf8').replace("m.sum('amount')", "m.sum('amonut')"))
    const { code, stderr } = await runTwofold(cwd, ['check'])
    expect(code).toBe(2)
    expect(errorOf(stderr).message).toMatch(/clicks_by_minute.*measures\.revenue/)
  })
})

/** What the TypeScript compiler finds wrong in a folder's project, by its own tsconfig.json. */
async function typeErrors(cwd: string): Promise<string[]> {
  const command = join(PACKAGE_ROOT, 'node_modules', '.bin', 'tsc')
  const { stdout } = await runTwofold(cwd, ['--pretty', 'false'], { command })
  return stdout.split('\n').filter(line => line.includes(': error TS'))
}

describe('init', () => {
  it('writes a project that is valid where it stands, and shows its SQL', async () => {
    const cwd = folder()
    const { code, stdout } = await runTwofold(cwd, ['init', 'My Shop'])
    expect(code).toBe(0)
    const project = join(cwd, 'My Shop')
    expect(readdirSync(project).sort()).toEqual([
      '.gitignore',
      'README.md',
      'package.json',
      'tsconfig.json',
      'twofold.config.ts',
    ])
    expect(JSON.parse(stdout).files).toHaveLength(5)
    expect(JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))).toMatchObject({ name: 'my-shop' })
    const checked = await runTwofold('/', ['check', '--config', project])
    expect(checked.code).toBe(0)
    const [view] = JSON.parse(checked.stdout).views
    expect(view).toMatchObject({ name: 'clicks_by_minute', stream: 'clicks' })
    expect(view.sql.tables).toHaveLength(2)
    expect(view.sql.merge).toContain('uniqCombined64Merge')
  })

  it('proposes a project for a file, which is valid and would take all rows of it', async () => {
    const cwd = folder()
    const rows = Array.from(
      { length: 40 },
      (_, n) => `2026-01-05 10:00:${10 + n};${n},50;${n % 2 ? 'A' : 'B'}\n`,
    )
    writeFileSync(join(cwd, 'sales.csv'), `Sold At;Amount;Shop\n${rows.join('')}`)
    const { code, stdout } = await runTwofold(cwd, ['init', '--from', 'sales.csv', 'project'])
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      expect.objectContaining({ stream: 'sales', view: 'sales_by_hour', time: 'Sold_At', rows: 40 }),
    ])
    const project = join(cwd, 'project')
    expect((await runTwofold(cwd, ['check', '--config', project])).code).toBe(0)
    expect(readFileSync(join(project, 'README.md'), 'utf8')).toContain('npx twofold ingest-file sales ')
    const dryRun = ['ingest-file', 'sales', 'sales.csv', '--dry-run', '--config', project]
    const preview = JSON.parse((await runTwofold(cwd, dryRun)).stdout)
    expect(preview).toMatchObject({ rows: 40, rejected: 0, reading: { delimiter: ';', decimal: ',' } })
    expect(preview.events[0]).toEqual({
      place: 'line 2',
      event: '{"Sold At":"2026-01-05T10:00:10Z","Amount":0.50,"Shop":"B"}',
    })
    const wrong = await runTwofold(cwd, [...dryRun, '--delimiter', ',', '--map', 'x'])
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('FILE_OPTION_INVALID')])
    const refused = await runTwofold(cwd, [...dryRun, '--decimal', '.', '--thousands', 'none'])
    expect([refused.code, JSON.parse(refused.stdout).rejections[0]]).toEqual([
      4,
      expect.objectContaining({
        place: 'line 2',
        field: 'Amount',
        hint: expect.stringContaining('--decimal ","'),
      }),
    ])
  })

  it('writes a project that is checked strictly, with the types of the package', async () => {
    const cwd = folder()
    await runTwofold(cwd, ['init'])
    // As `npm install` does with the link in package.json.
    mkdirSync(join(cwd, 'node_modules'))
    symlinkSync(PACKAGE_ROOT, join(cwd, 'node_modules', 'twofold-analytics'))
    const path = join(cwd, 'twofold.config.ts')
    expect(await typeErrors(cwd)).toEqual([])
    writeFileSync(path, readFileSync(path, 'utf8').replace("grain: 'minute'", "grain: 'minutes'"))
    expect(await typeErrors(cwd)).toEqual([expect.stringMatching(/^twofold\.config\.ts.* TS2820: /)])
  })

  it('names nothing outside of itself and the package', async () => {
    const cwd = folder()
    await runTwofold(cwd, ['init'])
    const texts = readdirSync(cwd).map(file => readFileSync(join(cwd, file), 'utf8'))
    const addresses = texts.flatMap(text => text.match(/https?:\/\/[\w.]+/g) ?? [])
    expect([...new Set(addresses)].sort()).toEqual(['http://127.0.0.1', 'https://example.com'])
  })

  it('overwrites nothing', async () => {
    const cwd = folder()
    writeFileSync(join(cwd, 'README.md'), 'mine')
    const { code, stderr } = await runTwofold(cwd, ['init'])
    expect(code).toBe(2)
    expect(errorOf(stderr).code).toBe('FILE_EXISTS')
    expect(readdirSync(cwd)).toEqual(['README.md'])
  })
})

describe('start', () => {
  it('refuses a data directory that another platform is using', async () => {
    const cwd = folder()
    await runTwofold(cwd, ['init'])
    prepareDataDir(join(cwd, '.twofold'))
    const lock = await acquireInstanceLock(join(cwd, '.twofold'), 'platform')
    const { code, stderr } = await runTwofold(cwd, ['start'])
    lock.release()
    expect(code).toBe(3)
    expect(errorOf(stderr)).toMatchObject({
      code: 'DATA_DIR_IN_USE',
      message: expect.stringContaining(`process ${process.pid}`),
    })
  })

  it('refuses a folder that holds something else', async () => {
    const cwd = folder()
    await runTwofold(cwd, ['init'])
    const { code, stderr } = await runTwofold(cwd, ['start', '--data', '.'])
    expect(code).toBe(2)
    expect(errorOf(stderr).code).toBe('DATA_DIR_FOREIGN')
  })
})

describe('reset', () => {
  it('asks where somebody can answer, else wants --yes', async () => {
    const cwd = folder()
    prepareDataDir(join(cwd, '.twofold'))
    const { code, stderr } = await runTwofold(cwd, ['reset'])
    expect(code).toBe(2)
    expect(errorOf(stderr).code).toBe('NOT_CONFIRMED')
    expect(existsSync(join(cwd, '.twofold'))).toBe(true)
    expect((await runTwofold(cwd, ['reset', '--yes'])).code).toBe(0)
    expect(existsSync(join(cwd, '.twofold'))).toBe(false)
    expect(JSON.parse((await runTwofold(cwd, ['reset', '--yes'])).stdout)).toMatchObject({ removed: false })
  })

  it('leaves what is not a data directory, and one that is in use', async () => {
    const cwd = folder()
    mkdirSync(join(cwd, 'photos'))
    writeFileSync(join(cwd, 'photos', 'a.jpg'), '')
    const refused = await runTwofold(cwd, ['reset', '--yes', '--data', 'photos'])
    expect(errorOf(refused.stderr).code).toBe('DATA_DIR_FOREIGN')
    expect(existsSync(join(cwd, 'photos', 'a.jpg'))).toBe(true)

    prepareDataDir(join(cwd, '.twofold'))
    const lock = await acquireInstanceLock(join(cwd, '.twofold'), 'platform')
    const busy = await runTwofold(cwd, ['reset', '--yes'])
    lock.release()
    expect(busy.code).toBe(3)
    expect(existsSync(join(cwd, '.twofold'))).toBe(true)
  })
})
