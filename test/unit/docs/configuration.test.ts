import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { OPTIONS, type OptionDefinition, type OptionName } from '../../../core/io/options.ts'
import { PACKAGE_ROOT } from '../../../core/io/package-root.ts'

/** Defaults that depend on the machine: what the table says of them. */
const OF_THE_MACHINE: Partial<Record<OptionName, string>> = {
  clickhouseMemoryMb: 'a third of the machine’s memory',
  batchThreads: 'the machine’s cores less one',
}

function row(name: string, option: OptionDefinition): string {
  const { min, max, choices } = option
  const takes = { text: 'text', secret: 'text, secret', flag: '`true`, `false`' }[option.kind as 'text']
  const range = choices?.map(choice => `\`${choice}\``).join(', ') ?? takes ?? `${min} – ${max}`
  const byDefault =
    OF_THE_MACHINE[name as OptionName] ?? (option.default === '' ? '' : `\`${option.default}\``)
  const secretFile = option.kind === 'secret' ? `, \`${option.env}_FILE\`` : ''
  return `| \`${name}\` | \`${option.env}\`${secretFile} | ${byDefault} | ${range} | ${option.doc} |`
}

it('docs/configuration.md lists every option as it is', () => {
  const rows = Object.entries(OPTIONS).map(([name, option]) => row(name, option))
  const listed = readFileSync(join(PACKAGE_ROOT, 'docs', 'configuration.md'), 'utf8')
    .split('\n')
    .filter(line => line.startsWith('| `'))
  expect(listed).toEqual(rows)
})
