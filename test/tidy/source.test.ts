import { describe, expect, it } from 'vitest'
import { ENTRY_POINTS } from '../../build.js'
import { sourceFiles } from './source-files.ts'

describe('the source', () => {
  const files = sourceFiles()

  it('has no file longer than 400 lines', () => {
    expect(
      files
        .filter(file => file.text.split('\n').length > 400 && !file.path.endsWith('errors.ts'))
        .map(file => file.path),
    ).toEqual([])
  })

  it('has no file that nothing imports and nothing starts', () => {
    const imported = new Set(files.flatMap(file => file.imports))
    const started = files.flatMap(file =>
      [...file.text.matchAll(/['"]\.?\/?([\w/.-]+\.ts)['"]/g)].map(match => match[1]!.split('/').at(-1)!),
    )
    const dead = files.filter(
      file =>
        !imported.has(file.path) &&
        !ENTRY_POINTS.includes(file.path) &&
        !file.path.endsWith('.d.ts') &&
        !started.includes(file.path.split('/').at(-1)!),
    )
    expect(dead.map(file => file.path)).toEqual([])
  })

  it('starts no program that is not built, and builds none that nothing starts', () => {
    const started = files.flatMap(file =>
      [...file.text.matchAll(/builtProgram\('(.+?)'\)/g)].map(match => `${match[1]}.ts`),
    )
    const others = ['core/index.ts', 'cli/main.ts']
    expect([...started, ...others].sort()).toEqual([...ENTRY_POINTS].sort())
  })

  it('reads the environment in one place', () => {
    // Children are started with a chosen environment, and tools are found by PATH: these are not options.
    const allowed = /^core\/io\/process\/|^ingest\/embedded-kafka\/tools\.ts$|^cli\//
    expect(
      files
        .filter(file => /process\.env\b/.test(file.text) && !allowed.test(file.path))
        .map(file => file.path),
    ).toEqual([])
  })

  it('holds no promises for later', () => {
    expect(files.filter(file => /\b(TODO|FIXME|XXX)\b/.test(file.text)).map(file => file.path)).toEqual([])
  })

  it('names units last', () => {
    const unitFirst = /\b(?:ms|seconds|bytes|mb)(?:Timeout|Limit|Size|Wait|Delay|Max|Min)\w*\s*[:=]/
    expect(
      files
        .filter(file => unitFirst.test(file.text))
        .map(file => `${file.path}: ${unitFirst.exec(file.text)?.[0]}`),
    ).toEqual([])
  })
})
