import { mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { bindViews } from '../../cli/platform/bind.ts'
import { loadProject } from '../../cli/project/load.ts'
import { resolveOptions } from '../../core/io/options.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import { runTwofold } from '../support/command-line.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { CONFIGURATION_CASES, configuration, ENVIRONMENT_CASES } from './cases/configurations.ts'

const SECRET = 'hunter2'

/** What every command does with a configuration before it does anything else. */
async function open(path: string): Promise<void> {
  const project = await loadProject(path)
  resolveOptions(project.options, {})
  await bindViews(project)
}

function write(text: string): string {
  const path = join(realpathSync(temporaryFolder()), 'twofold.config.ts')
  writeFileSync(path, text)
  return path
}

async function failureOf(act: () => unknown): Promise<TwofoldError> {
  try {
    await act()
  } catch (error) {
    expect(error).toBeInstanceOf(TwofoldError)
    return error as TwofoldError
  }
  return expect.unreachable('it was taken')
}

test('the configuration that the others are made of is right', () => open(write(configuration())))

describe('a broken configuration is refused by name', () => {
  test.each(CONFIGURATION_CASES.map(each => [each.what, each] as const))(
    '%s',
    async (_, { text, code, says }) => {
      const path = write(text)
      const { code: found, message, hint, exitCode } = await failureOf(() => open(path))
      expect({ code: found, message, exitCode }).toMatchObject({ code, exitCode: 2 })
      for (const part of says) expect(`${message} ${hint}`).toContain(part)
      if (code === 'CONFIG_INVALID') expect(message).toContain(path)
      expect(message.length).toBeLessThan(800)
      expect(message).not.toMatch(/Cannot read properties|is not a function|undefined \(reading/)
    },
  )
})

describe('the environment', () => {
  test.each(ENVIRONMENT_CASES)('%s = %j is refused', async (variable, value, says) => {
    const { code, message, exitCode } = await failureOf(() => resolveOptions({}, { [variable]: value }))
    expect([code, exitCode]).toEqual(['OPTION_INVALID', 2])
    expect(message).toContain(variable)
    expect(message).toContain(says)
  })

  test('that is empty sets nothing', () => {
    expect(resolveOptions({}, { TWOFOLD_PORT: '' }).port).toBe(8080)
  })

  test('goes before the configuration, which is not looked at then', () => {
    expect(resolveOptions({ port: 8081 }, { TWOFOLD_PORT: '8082' }).port).toBe(8082)
  })
})

describe('the command line', () => {
  const errorOf = (stderr: string) => JSON.parse(stderr).error as { code: string; message: string }

  test.each([
    ['start', configuration().replace("'minute'", "'fortnight'"), 'CONFIG_INVALID', 'view("v").grain'],
    ['check', configuration().replace("{ s: 's' }", "{ s: 'lower(' }"), 'EXPRESSION_INVALID', 'dimensions.s'],
    ['status', 'export default 7', 'CONFIG_INVALID', 'defineProject()'],
  ])('%s ends with code 2 and changes nothing', async (command, text, code, says) => {
    const path = write(text)
    const folder = join(path, '..')
    const found = await runTwofold(folder, [command])
    expect({ code: found.code, stdout: found.stdout }).toEqual({ code: 2, stdout: '' })
    expect(errorOf(found.stderr)).toMatchObject({ code, message: expect.stringContaining(says) })
    expect(readdirSync(folder)).toEqual(['twofold.config.ts'])
  })

  test('says which setting of the environment is wrong, and never a secret', async () => {
    const path = write(configuration())
    const env = { TWOFOLD_QUERY_TIMEOUT_MS: 'soon', CLICKHOUSE_PASSWORD: SECRET, KAFKA_SASL_PASSWORD: SECRET }
    const { code, stderr } = await runTwofold(join(path, '..'), ['check'], { env })
    expect(code).toBe(2)
    expect(errorOf(stderr)).toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining('TWOFOLD_QUERY_TIMEOUT_MS is "soon"'),
    })
    expect(stderr).not.toContain(SECRET)
  })

  test.each([
    ['that is missing', 'other.config.ts', 'CONFIG_NOT_FOUND', 'other.config.ts does not exist'],
    ['in a folder that has none', 'empty', 'CONFIG_NOT_FOUND', 'There is no twofold.config.ts in'],
    ['that is a folder itself', 'folder', 'CONFIG_INVALID', 'folder/twofold.config.ts'],
    ['that is no program', 'notes.txt', 'CONFIG_INVALID', 'notes.txt'],
  ])('refuses a configuration %s', async (_, config, code, says) => {
    const folder = realpathSync(temporaryFolder())
    for (const path of ['empty', 'folder/twofold.config.ts'])
      mkdirSync(join(folder, path), { recursive: true })
    writeFileSync(join(folder, 'notes.txt'), 'to do')
    const found = await runTwofold(folder, ['check', '--config', config])
    expect(found.code).toBe(2)
    expect(errorOf(found.stderr)).toMatchObject({ code, message: expect.stringContaining(says) })
  })
})
