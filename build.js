/**
 * `npm run build`: writes `dist/`, the JavaScript that `bin/twofold` and the processes it starts run. Node 20 loads no
 * TypeScript, and to compile it at each start costs every process more than a second.
 *
 * `npm install`, `npm start` and `npm test` build first. What has not changed is not written again, and no file is ever
 * half written: a platform may run from `dist/` meanwhile.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('.', import.meta.url))
const OUTPUT = join(ROOT, 'dist')

/** The command, what it starts as processes of their own (`builtProgram` names them), and what a configuration imports. */
export const ENTRY_POINTS = [
  'cli/main.ts',
  'cli/layer-main.ts',
  'batch-layer/recompute/worker.ts',
  'serving/embedded-clickhouse/child.ts',
  'core/index.ts',
]

export default async function build() {
  const esbuild = await compiler()
  if (esbuild === undefined) return
  const { outputFiles } = await esbuild.build({
    absWorkingDir: ROOT,
    entryPoints: ENTRY_POINTS,
    outdir: OUTPUT,
    outbase: '.',
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    write: false,
    logLevel: 'warning',
  })
  for (const { path, text } of outputFiles) writeChanged(path, text)
  removeAllBut(new Set(outputFiles.map(({ path }) => path)))
}

/** An installation for production has no compiler, and needs none: it is built already. */
async function compiler() {
  try {
    return await import('esbuild')
  } catch (error) {
    if (error.code === 'ERR_MODULE_NOT_FOUND' && existsSync(join(OUTPUT, 'cli/main.js'))) return undefined
    throw error
  }
}

function writeChanged(path, text) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return
  mkdirSync(dirname(path), { recursive: true })
  const partial = `${path}.${process.pid}`
  writeFileSync(partial, text)
  renameSync(partial, path)
}

function removeAllBut(kept) {
  for (const entry of readdirSync(OUTPUT, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name)
    // Another build may be writing beside this one.
    if (entry.isFile() && /\.js(\.map)?$/.test(path) && !kept.has(path)) rmSync(path, { force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build()
