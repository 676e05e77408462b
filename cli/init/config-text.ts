import { DuckDBInstance } from '@duckdb/node-api'
import { quoted } from './column-proposal.ts'
import type { ProjectProposal, ProposedColumn } from './propose-project.ts'

/** The text of a configuration that declares what was proposed for a file. */
export async function configText(proposal: ProjectProposal, fileName: string): Promise<string> {
  const { topic, time, columns, leftOut, view, grain, dimensions, sums } = proposal
  const keywords = await reservedWords()
  const expression = (column: string) => quoted(keywords.has(column.toLowerCase()) ? `"${column}"` : column)
  const entries = (fields: Readonly<Record<string, string>>, write: (column: string) => string) =>
    Object.entries(fields).map(([name, column]) => `    ${name}: ${write(column)},`)
  const named = entries(dimensions, expression)
  return `${[
    `import { defineProject, m, stream, t, view } from 'twofold-analytics'`,
    '',
    `/** Proposed for ${fileName.replaceAll('*/', '* /')}: types are those that all rows have which were looked at. */`,
    'const events = stream({',
    `  topic: ${quoted(topic)},`,
    `  time: ${quoted(time)},`,
    '  schema: {',
    ...columns.map(column => `    ${column.name}: ${columnText(column)},`),
    ...leftOut.map(
      name =>
        `    // Not declared, for its values are of several kinds, lists or null: ${JSON.stringify(name)}`,
    ),
    '  },',
    '})',
    '',
    '/** A first view: change it as you like. Expressions are DuckDB SQL over the columns of the stream. */',
    'const overview = view({',
    `  name: ${quoted(view)},`,
    '  from: events,',
    `  grain: ${quoted(grain)},`,
    ...(named.length > 0 ? ['  dimensions: {', ...named, '  },'] : []),
    '  measures: {',
    '    events: m.count(),',
    ...entries(sums, column => `m.sum(${expression(column)})`),
    '  },',
    '})',
    '',
    'export default defineProject({',
    '  streams: [events],',
    '  views: [overview],',
    "  batch: { every: '1 minute', full: '03:00' },",
    '})',
  ].join('\n')}\n`
}

function columnText({ name, path, type, isOptional }: ProposedColumn): string {
  const isSame = path.length === 1 && path[0] === name
  const hasDots = path.some(part => part.includes('.') || part === '')
  const shown = hasDots ? `[${path.map(quoted).join(', ')}]` : quoted(path.join('.'))
  return `${type.source}${isSame ? '' : `.path(${shown})`}${isOptional ? '.optional()' : ''}`
}

/** The words that stand for a column only in quotes. */
async function reservedWords(): Promise<ReadonlySet<string>> {
  const instance = await DuckDBInstance.create(':memory:')
  try {
    const connection = await instance.connect()
    const reader = await connection.runAndReadAll(
      `SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category <> 'unreserved'`,
    )
    return new Set(reader.getRows().map(row => String(row[0])))
  } finally {
    instance.closeSync()
  }
}
