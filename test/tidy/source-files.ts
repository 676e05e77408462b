import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A source file of the product: its path from the root, its text and what it imports. */
export interface SourceFile {
  readonly path: string
  readonly text: string
  /** Paths from the root for files of the product, names for packages. */
  readonly imports: readonly string[]
}

export const ROOMS = ['core', 'ingest', 'speed-layer', 'batch-layer', 'serving', 'cli'] as const

/** Every TypeScript file of the product's rooms. */
export function sourceFiles(): SourceFile[] {
  return ROOMS.flatMap(room => filesBelow(join(ROOT, room))).map(path => {
    const text = readFileSync(path, 'utf8')
    return { path: relative(ROOT, path), text, imports: importsOf(path, text) }
  })
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return filesBelow(path)
    return entry.name.endsWith('.ts') ? [path] : []
  })
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)[^'";]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]/g

function importsOf(path: string, text: string): string[] {
  return [...text.matchAll(IMPORT)].map(match => {
    const name = (match[1] ?? match[2] ?? match[3])!
    return name.startsWith('.') ? relative(ROOT, join(dirname(path), name)) : name
  })
}
