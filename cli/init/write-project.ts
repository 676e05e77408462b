import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join, relative, resolve, sep } from 'node:path'
import { PACKAGE_ROOT } from '../../core/io/package-root.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import { VERSION } from '../version.ts'

const TEMPLATE = join(PACKAGE_ROOT, 'cli', 'init', 'template')

/** File of the template → its name in the project. npm leaves a `.gitignore` out of packages. */
const COPIED = {
  'twofold.config.ts': 'twofold.config.ts',
  'tsconfig.json': 'tsconfig.json',
  gitignore: '.gitignore',
} as const

/** What a project says of itself where it was proposed for a file, and not taken from the template. */
export interface ProposedFiles {
  /** The text of `twofold.config.ts`. */
  readonly config: string
  /** How the file is imported, and a question to ask: commands for the README. */
  readonly commands: string
}

/**
 * Writes a small project into `folder`, which is created if need be. Answers the paths written.
 * @throws FILE_EXISTS where one of its files is there already; then nothing is written
 */
export function writeProject(folder: string, proposed?: ProposedFiles): string[] {
  const root = resolve(folder)
  const name = projectName(root)
  const files = new Map<string, string>([
    ...Object.entries(COPIED).map(([from, to]) => [to, template(from)] as const),
    ['README.md', readme(name, proposed)],
    ['package.json', `${JSON.stringify(packageJson(name, root), null, 2)}\n`],
    ...(proposed === undefined ? [] : [['twofold.config.ts', proposed.config] as const]),
  ])
  const existing = [...files.keys()].find(file => existsSync(join(root, file)))
  if (existing !== undefined) {
    throw new TwofoldError('FILE_EXISTS', `${join(root, existing)} exists already.`, {
      details: { path: join(root, existing) },
    })
  }
  mkdirSync(root, { recursive: true })
  return [...files].map(([file, text]) => {
    const path = join(root, file)
    writeFileSync(path, text, { flag: 'wx' })
    return path
  })
}

function readme(name: string, proposed: ProposedFiles | undefined): string {
  const text = template('README.md').replaceAll('{{name}}', name)
  if (proposed === undefined) return text
  const head = text.slice(0, text.indexOf('Send an event, and ask:'))
  return `${head}Import the file that it was proposed for, and ask:\n\n\`\`\`sh\n${proposed.commands}\n\`\`\`\n`
}

function template(file: string): string {
  return readFileSync(join(TEMPLATE, file), 'utf8')
}

function packageJson(name: string, root: string): object {
  return {
    name,
    private: true,
    type: 'module',
    scripts: { start: 'twofold start', check: 'twofold check' },
    dependencies: { 'twofold-analytics': dependency(root) },
  }
}

/** A version where Twofold is an installed package; a link where it is a checkout, which no registry knows. */
function dependency(root: string): string {
  const isInstalled = PACKAGE_ROOT.split(sep).includes('node_modules')
  return isInstalled ? `^${VERSION}` : `file:${relative(root, PACKAGE_ROOT).split(sep).join('/')}`
}

/** A name that npm takes. */
function projectName(root: string): string {
  const name = basename(root)
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return name === '' ? 'my-project' : name
}
