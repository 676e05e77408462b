import { dirname, join, resolve } from 'node:path'
import { defaultsOf, type Options, resolveOptions } from '../../core/io/options.ts'
import { PACKAGE_ROOT } from '../../core/io/package-root.ts'
import type { ProjectDefinition } from '../../core/model/project.ts'
import { readConnectionFile } from '../platform/connection-file.ts'
import { findConfig } from './find-config.ts'
import { loadProject } from './load.ts'

/** The flags that every command takes. */
export interface GlobalFlags {
  readonly config?: string
  readonly data?: string
  readonly json?: boolean
}

/** A project with its settings resolved: what a command works on. */
export interface Workspace {
  readonly configPath: string
  readonly project: ProjectDefinition
  readonly options: Options
  /** Absolute path. */
  readonly dataDir: string
}

const EXAMPLE = join(PACKAGE_ROOT, 'examples', 'flights', 'twofold.config.ts')

/**
 * The project that a command is about: the one of `--config`, else of the current folder, else the one that the
 * platform in the data directory runs.
 *
 * @throws CONFIG_NOT_FOUND, CONFIG_INVALID, OPTION_INVALID
 */
export async function openWorkspace(flags: GlobalFlags): Promise<Workspace> {
  const running = readConnectionFile(dataDirWithoutProject(flags))
  return load(findConfig(flags.config, process.cwd(), running?.configPath), flags)
}

/** As `openWorkspace`, with the example of the package where there is no other: for a first `start`. */
export async function openWorkspaceOrExample(
  flags: GlobalFlags,
): Promise<Workspace & { readonly isExample: boolean }> {
  const path = findConfig(flags.config, process.cwd(), EXAMPLE)
  return { ...(await load(path, flags)), isExample: path === EXAMPLE }
}

async function load(configPath: string, flags: GlobalFlags): Promise<Workspace> {
  const project = await loadProject(configPath)
  const options = resolveOptions(project.options, process.env, defaultsOf(project.batch))
  return { configPath, project, options, dataDir: dataDirOf(configPath, options, flags) }
}

/**
 * What the user types is relative to where they are; what the configuration says, to the configuration. The example
 * of the package keeps its data where the user is, too: the package's folder need not be theirs to write.
 */
function dataDirOf(configPath: string, options: Options, flags: GlobalFlags): string {
  const isTyped = typed(flags) !== undefined || configPath === EXAMPLE
  return isTyped
    ? dataDirWithoutProject(flags, options.dataDir)
    : resolve(dirname(configPath), options.dataDir)
}

/** The data directory where no project says otherwise. */
export function dataDirWithoutProject(flags: GlobalFlags, fallback = '.twofold'): string {
  return resolve(typed(flags) ?? fallback)
}

function typed(flags: GlobalFlags): string | undefined {
  return flags.data ?? (process.env['TWOFOLD_DATA_DIR'] || undefined)
}
