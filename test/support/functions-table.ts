import { ALLOWED_FUNCTIONS } from '../../core/sql/allowed-functions.ts'

/** The allow-list as the table that docs/definition.md holds. */
export function functionsTable(): string {
  const cell = (name: string) => `\`${name.replaceAll('|', '\\|')}\``
  const rows = Object.entries(ALLOWED_FUNCTIONS).map(
    ([group, names]) => `| ${group} | ${names.map(cell).join(' ')} |`,
  )
  return ['', '| group | functions and operators |', '|---|---|', ...rows, ''].join('\n')
}
