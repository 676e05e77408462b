import { relative, sep } from 'node:path'
import { createJiti } from 'jiti'
import * as twofold from '../../core/index.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { ProjectDefinition } from '../../core/model/project.ts'

/**
 * Loads the project that a configuration exports by default. The file is TypeScript or JavaScript, as an ES module,
 * and may import others.
 *
 * `twofold-analytics` is always this very package, whatever is installed where the project lies: a definition is
 * written for the engine that runs it, and no name is ever looked for in a registry's folder by mistake.
 *
 * @throws CONFIG_INVALID naming file and line where it has one; also other codes that a definition raises
 */
export async function loadProject(path: string): Promise<ProjectDefinition> {
  // Nothing is cached on disk or between loads: what is there is what is read.
  const jiti = createJiti(import.meta.url, {
    fsCache: false,
    moduleCache: false,
    sourceMaps: true,
    interopDefault: false,
    virtualModules: { 'twofold-analytics': twofold },
  })
  let loaded: { readonly default?: unknown }
  try {
    loaded = await jiti.import(path)
  } catch (cause) {
    throw located(path, cause)
  }
  if (!isProject(loaded?.default)) throw notAProject(path, loaded?.default)
  return loaded.default
}

/** What `defineProject` answers, told from anything else by the parts that it alone fills in. */
function isProject(value: unknown): value is ProjectDefinition {
  const project = value as Partial<ProjectDefinition> | undefined
  return (
    Array.isArray(project?.streams) &&
    Array.isArray(project.views) &&
    typeof project.batch?.everyMs === 'number' &&
    typeof project.options === 'object'
  )
}

function notAProject(path: string, found: unknown): TwofoldError {
  const what =
    found === undefined
      ? 'has no default export'
      : 'exports by default something that defineProject() did not make'
  return new TwofoldError('CONFIG_INVALID', `${path} ${what}.`, {
    hint: 'End the file with `export default defineProject({ streams: […], views: […] })`.',
    details: { path },
  })
}

/** The error of a configuration that could not be evaluated, with the place in the user's files. */
function located(path: string, cause: unknown): TwofoldError {
  const error = cause instanceof Error ? cause : new Error(String(cause))
  const syntax = /ParseError: (.*?)\s*\n\s*(\S.*?:\d+:\d+)/.exec(error.message)
  if (syntax) {
    return new TwofoldError('CONFIG_INVALID', `${syntax[2]}: syntax error: ${syntax[1]}`, {
      details: { path },
      cause,
    })
  }
  const place = placeIn(path, error.stack ?? '') ?? path
  const [message] = error.message.split('\nRequire stack')
  const { code, hint, details } =
    error instanceof TwofoldError ? error : { code: 'CONFIG_INVALID' as const, hint: undefined, details: {} }
  return new TwofoldError(code, `${place}: ${message}`, {
    details: { path, ...details },
    ...(hint === undefined ? {} : { hint }),
    cause,
  })
}

/** `file:line` of the topmost frame of a stack that lies in the configuration's folder. */
function placeIn(path: string, stack: string): string | undefined {
  const folder = path.slice(0, path.lastIndexOf(sep) + 1)
  const frames = [...stack.matchAll(/(?:\(|at |file:\/\/)(\/[^():\n]+):(\d+):\d+/g)]
  const frame = frames.find(
    ([, file]) => file!.startsWith(folder) && !relative(folder, file!).includes('node_modules'),
  )
  return frame && `${frame[1]}:${frame[2]}`
}
