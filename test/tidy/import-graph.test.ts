import { describe, expect, it } from 'vitest'
import { type SourceFile, sourceFiles } from './source-files.ts'

const LAYERS = ['ingest', 'speed-layer', 'batch-layer', 'serving']

/** Clients of the parts: only the adapters in core/io may know them, so that the middle stays pure. */
const CLIENTS = [
  /^kafkajs/,
  /^node-rdkafka/,
  /^@clickhouse\//,
  /^@duckdb\//,
  /^fastify/,
  /^@fastify\//,
  /^chdb/,
  /^ffi-rs/,
]

const room = (path: string) => path.split('/')[0]!
const isFile = (name: string) => name.endsWith('.ts')

function violations(isForbidden: (file: SourceFile, imported: string) => boolean): string[] {
  return sourceFiles().flatMap(file =>
    file.imports
      .filter(imported => isForbidden(file, imported))
      .map(imported => `${file.path} imports ${imported}`),
  )
}

describe('imports run strictly downward', () => {
  it('finds the files and their imports', () => {
    const files = sourceFiles()
    expect(files.length).toBeGreaterThan(100)
    expect(files.flatMap(file => file.imports.filter(isFile)).length).toBeGreaterThan(300)
  })

  it('core imports nothing of the layers', () => {
    expect(
      violations(
        (file, imported) => room(file.path) === 'core' && isFile(imported) && room(imported) !== 'core',
      ),
    ).toEqual([])
  })

  it('a layer imports core and itself, never another layer or the command line', () => {
    const forbidden = (file: SourceFile, imported: string) =>
      LAYERS.includes(room(file.path)) &&
      isFile(imported) &&
      !['core', room(file.path)].includes(room(imported))
    expect(violations(forbidden)).toEqual([])
  })

  it('core/model imports core/model alone', () => {
    const forbidden = (file: SourceFile, imported: string) =>
      file.path.startsWith('core/model/') && !imported.startsWith('core/model/')
    expect(violations(forbidden)).toEqual([])
  })

  it.each(['core/model', 'core/decode', 'core/sql', 'core/define'])('%s does no input or output', folder => {
    const forbidden = (file: SourceFile, imported: string) =>
      file.path.startsWith(`${folder}/`) &&
      (imported.startsWith('core/io/') ||
        CLIENTS.some(client => client.test(imported)) ||
        (imported.startsWith('node:') && imported !== 'node:buffer'))
    expect(violations(forbidden)).toEqual([])
  })

  it('no import goes round in a circle', () => {
    const files = new Map(sourceFiles().map(file => [file.path, file.imports.filter(isFile)]))
    const done = new Set<string>()
    const circles: string[] = []
    const visit = (path: string, way: readonly string[]) => {
      if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(' → '))
      if (done.has(path) || way.includes(path)) return
      for (const imported of files.get(path) ?? []) visit(imported, [...way, path])
      done.add(path)
    }
    for (const path of files.keys()) visit(path, [])
    expect(circles).toEqual([])
  })
})
