import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { type NodeChild, type SpawnOptions, spawnNode } from '../../core/io/process/child.ts'

/** The argument by which Node loads TypeScript. */
export const TYPESCRIPT_LOADER = `--import=${pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm')).href}`

/** As `spawnNode`, for a program of the test tree: these are not built. */
export function spawnTypeScript(modulePath: string, options: SpawnOptions): NodeChild {
  return spawnNode(modulePath, { ...options, env: { ...options.env, NODE_OPTIONS: TYPESCRIPT_LOADER } })
}
