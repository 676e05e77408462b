import type { KafkaDriver } from '../../core/io/kafka/driver.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { duckdbStatements } from './breaks.ts'
import type { Mutant } from './mutant.ts'
import { repeatedIds } from './scenarios/repeated-ids.ts'

/** Breaks of what tells repeated ids. */
export const DEDUPLICATION_MUTANTS: readonly Mutant[] = [
  {
    name: 'a worker does not read from Kafka the ids before its position',
    breaks: { driver: forgetful },
    scenario: repeatedIds,
    foundBy: /coverage counts \d+ accepted, the oracle \d+/,
  },
  {
    name: 'the ids before a position are not read from the archive',
    breaks: {
      session: duckdbStatements(sql => sql.replace('AND "k" IS NOT NULL)', 'AND false)')),
    },
    scenario: repeatedIds,
    foundBy: /coverage counts \d+ accepted, the oracle \d+/,
  },
  {
    name: 'the speed layer’s window is short by one offset',
    breaks: { speedStream: within(-1) },
    scenario: repeatedIds,
    foundBy: /coverage counts \d+ accepted, the oracle \d+/,
  },
  {
    name: 'the speed layer’s window is long by one offset',
    breaks: { speedStream: within(1) },
    scenario: repeatedIds,
    foundBy: /coverage counts \d+ accepted, the oracle \d+/,
  },
  {
    name: 'runs do not count what is left out as repeated',
    breaks: {
      session: duckdbStatements(sql =>
        sql.includes('__first')
          ? sql
          : sql.replace(/(__verdict IN \(4\))(\) AS UBIGINT\) AS __skipped)/, '$1 AND false$2'),
      ),
    },
    scenario: repeatedIds,
    foundBy: /does not match the archive: records should be \d+, ClickHouse has \d+/,
  },
]

function within(more: number) {
  return (stream: StreamDefinition): StreamDefinition => {
    const { column, within } = stream.deduplication!
    return { ...stream, deduplication: { column, within: within + more } }
  }
}

/** A lane of several partitions asks for one of them alone only where it reads what lies before its position. */
function forgetful(inner: KafkaDriver): KafkaDriver {
  return {
    ...inner,
    openReader: async (...parameters) => {
      const reader = await inner.openReader(...parameters)
      return {
        ...reader,
        fetch: async (positions, limits) => {
          const batches = await reader.fetch(positions, limits)
          return positions.size > 1 ? batches : batches.map(batch => ({ ...batch, records: [] }))
        },
      }
    },
  }
}
