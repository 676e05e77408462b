import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { openDuckDB } from '../../../../core/io/duckdb/session.ts'
import { ALLOWED_FUNCTION_NAMES, ALLOWED_FUNCTIONS } from '../../../../core/sql/allowed-functions.ts'

interface CatalogEntry {
  readonly kinds: readonly string[]
  readonly stabilities: readonly (string | null)[]
}

async function duckdbFunctions(): Promise<Map<string, CatalogEntry>> {
  const duckdb = await openDuckDB({ threads: 1, memoryLimitMb: 100, tempDirectory: tmpdir() })
  const session = await duckdb.session()
  const rows = await session.rows<CatalogEntry & { name: string }>(`
    SELECT function_name AS name, list(DISTINCT function_type) AS kinds, list(DISTINCT stability) AS stabilities
    -- An expression cannot call a table function, even where one has the name of a scalar.
    FROM duckdb_functions() WHERE internal AND database_name = 'system' AND function_type <> 'table' GROUP BY ALL`)
  await duckdb.close()
  return new Map(rows.map(row => [row.name, row]))
}

test('each name is a function of this DuckDB that computes one value from its arguments alone', async () => {
  const catalog = await duckdbFunctions()
  const faults = [...ALLOWED_FUNCTION_NAMES].filter(name => {
    const entry = catalog.get(name)
    const scalar = entry?.kinds.every(kind => kind === 'scalar' || kind === 'macro')
    // A macro has no stability of its own.
    return !scalar || !entry?.stabilities.every(stability => stability === 'CONSISTENT' || stability === null)
  })
  expect(faults).toEqual([])
})

test('no name stands on the list twice', () => {
  const names = Object.values(ALLOWED_FUNCTIONS).flat()
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
})

test('none whose value depends on more than its arguments is on it', () => {
  const forbidden =
    /^(now|today|random|uuid.*|gen_random_uuid|get_?current.*|current.*|getenv|getvariable|nextval|currval|version|hash|setseed|stats|sleep_ms|error|read_.*|age|txid.*|transaction_timestamp|query|list_(transform|filter|reduce|apply).*)$/
  expect([...ALLOWED_FUNCTION_NAMES].filter(name => forbidden.test(name))).toEqual([])
})
