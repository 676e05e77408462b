import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { functionsTable } from '../../support/functions-table.ts'

it('docs/definition.md lists exactly the functions that an expression may call', () => {
  const document = readFileSync(new URL('../../../docs/definition.md', import.meta.url), 'utf8')
  expect(document).toContain(`<!-- functions:begin -->\n${functionsTable()}\n<!-- functions:end -->`)
})
