import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createProgram } from '../../../cli/program.ts'
import { PACKAGE_ROOT } from '../../../core/io/package-root.ts'

const read = (path: string) => readFileSync(join(PACKAGE_ROOT, path), 'utf8')
const documents = [
  'README.md',
  'CHANGELOG.md',
  'examples/README.md',
  ...readdirSync(join(PACKAGE_ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.md'))
    .map(path => `docs/${path}`),
]

describe('the documents', () => {
  it.each(documents)('%s links to files that are there', document => {
    const links = [...read(document).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path]) => path!)
    const missing = links.filter(path => !existsSync(join(PACKAGE_ROOT, dirname(document), path)))
    expect(missing).toEqual([])
  })

  it('list every command in README.md', () => {
    const rows = [...read('README.md').matchAll(/^\| `twofold (\S+?)[ `]/gm)].map(([, name]) => name!)
    expect(rows.sort()).toEqual(
      createProgram()
        .commands.map(command => command.name())
        .sort(),
    )
  })
})
