import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findConfig } from '../../../../cli/project/find-config.ts'
import { loadProject } from '../../../../cli/project/load.ts'
import { PACKAGE_ROOT } from '../../../../core/io/package-root.ts'
import type { TwofoldError } from '../../../../core/model/errors.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const HEAD = "import { defineProject, m, stream, t, view } from 'twofold-analytics'\n"
const CLICKS = `const clicks = stream({ topic: 'clicks', time: 'ts', schema: { ts: t.timestamp() } })\n`
const VALID = `${HEAD}${CLICKS}export default defineProject({ streams: [clicks], views: [] })\n`

/** Writes files into a fresh folder that has no `node_modules` above it. Answers the path of the first. */
function projectOf(files: Record<string, string>): string {
  const folder = realpathSync(temporaryFolder())
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return join(folder, Object.keys(files)[0]!)
}

async function failureOf(files: Record<string, string>): Promise<{ error: TwofoldError; path: string }> {
  const path = projectOf(files)
  const error = await loadProject(path).then(
    () => expect.unreachable('the project loaded'),
    error => error as TwofoldError,
  )
  return { error, path }
}

describe('a project is loaded', () => {
  it('from an empty folder without any node_modules', async () => {
    const { streams } = await loadProject(projectOf({ 'twofold.config.ts': VALID }))
    expect(streams.map(({ topic }) => topic)).toEqual(['clicks'])
  })

  it('where node_modules links to this package', async () => {
    const path = projectOf({ 'twofold.config.ts': VALID, 'node_modules/.keep': '' })
    symlinkSync(PACKAGE_ROOT, join(dirname(path), 'node_modules', 'twofold-analytics'))
    expect((await loadProject(path)).streams).toHaveLength(1)
  })

  it('with this very package, also where another version is installed', async () => {
    const path = projectOf({
      'twofold.config.ts': VALID,
      'node_modules/twofold-analytics/package.json': '{ "name": "twofold-analytics", "main": "index.js" }',
      'node_modules/twofold-analytics/index.js': 'throw new Error("the other version")',
    })
    expect((await loadProject(path)).streams).toHaveLength(1)
  })

  it.each(['flights', 'shop'])('that is the example %s', async example => {
    const project = await loadProject(join(PACKAGE_ROOT, 'examples', example, 'twofold.config.ts'))
    expect(project.views.length).toBeGreaterThan(0)
  })

  it('as JavaScript, in a package of CommonJS, and from several files', async () => {
    const path = projectOf({
      'twofold.config.js': `import { clicks } from './streams.ts'\n${HEAD}export default defineProject({ streams: [clicks], views: [] })\n`,
      'streams.ts': `${HEAD}export ${CLICKS}`,
      'package.json': '{ "type": "commonjs" }',
    })
    expect((await loadProject(path)).streams).toHaveLength(1)
  })

  it('anew each time', async () => {
    const path = projectOf({ 'twofold.config.ts': VALID })
    await loadProject(path)
    writeFileSync(path, VALID.replaceAll('clicks', 'sales'))
    expect((await loadProject(path)).streams[0]!.topic).toBe('sales')
  })
})

describe('a project that is broken', () => {
  it('names file and line of a syntax error', async () => {
    const { error, path } = await failureOf({ 'twofold.config.ts': `${HEAD}const x: = 1\n` })
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', exitCode: 2 })
    expect(error.message).toContain(`${path}:2`)
    expect(error.message).toContain('syntax error')
  })

  it('names the file that has no default export', async () => {
    const { error, path } = await failureOf({ 'twofold.config.ts': 'export const project = 1\n' })
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: `${path} has no default export.` })
  })

  it.each([['{ streams: [], views: [] }'], ['null'], ["'text'"], ['() => 1']])(
    'refuses %s, which defineProject did not make',
    async text => {
      const { error } = await failureOf({ 'twofold.config.ts': `export default ${text}\n` })
      expect(error).toMatchObject({ code: 'CONFIG_INVALID' })
      expect(error.message).toContain('defineProject() did not make')
    },
  )

  it('names line and path of a definition that is not valid', async () => {
    const { error, path } = await failureOf({
      'twofold.config.ts': `${HEAD}\nstream({ topic: 'a b', time: 'ts', schema: { ts: t.timestamp() } })\n`,
    })
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toContain(`${path}:3: stream("a b").topic:`)
  })

  it('names the line of an imported file that fails', async () => {
    const { error, path } = await failureOf({
      'twofold.config.ts': `import './helper.ts'\n${VALID}`,
      'helper.ts': 'export const a = 1\n\nthrow new Error("no")\n',
    })
    expect(error.code).toBe('CONFIG_INVALID')
    expect(error.message).toBe(`${join(dirname(path), 'helper.ts')}:3: no`)
  })

  it.each(['./missing.ts', 'missing-package', 'twofold'])(
    'names the import %s that is not there',
    async name => {
      const { error } = await failureOf({ 'twofold.config.ts': `import '${name}'\n${VALID}` })
      expect(error.code).toBe('CONFIG_INVALID')
      expect(error.message).toContain(`Cannot find module '${name}'`)
    },
  )
})

describe('the configuration is found', () => {
  it('by its path, by its folder, and in the folder where the user is', () => {
    const path = projectOf({ 'twofold.config.ts': VALID })
    const folder = dirname(path)
    expect(findConfig('twofold.config.ts', folder)).toBe(path)
    expect(findConfig(path, '/')).toBe(path)
    expect(findConfig(folder, '/')).toBe(path)
    expect(findConfig(undefined, folder)).toBe(path)
    expect(findConfig(undefined, folder, '/other')).toBe(path)
  })

  it('as the fallback where the folder has none', () => {
    expect(findConfig(undefined, temporaryFolder(), '/other')).toBe('/other')
  })

  it('or named as missing', () => {
    const folder = temporaryFolder()
    expect(() => findConfig(undefined, folder)).toThrow(`There is no twofold.config.ts in ${folder}.`)
    expect(() => findConfig('a.ts', folder, '/other')).toThrow(join(folder, 'a.ts'))
  })
})
