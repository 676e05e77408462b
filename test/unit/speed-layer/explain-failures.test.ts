import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EventBatch } from '../../../core/decode/event-batch.ts'
import { m, stream, t, view } from '../../../core/index.ts'
import { bindView } from '../../../core/io/duckdb/bind-view.ts'
import { type DuckDB, type DuckDBSession, openDuckDB } from '../../../core/io/duckdb/session.ts'
import { compileView } from '../../../core/sql/compiled-view.ts'
import { failedSql, judgeSql } from '../../../core/sql/fold.ts'
import { explainFailures } from '../../../speed-layer/explain-failures.ts'
import type { FoldedView } from '../../../speed-layer/micro-batch.ts'

let duckdb: DuckDB
let session: DuckDBSession
beforeAll(async () => {
  duckdb = await openDuckDB({ threads: 1, memoryLimitMb: 256, tempDirectory: tmpdir() })
  session = await duckdb.session()
})
afterAll(() => duckdb?.close())

const payments = stream({
  topic: 'payments',
  time: 'ts',
  schema: { ts: t.timestamp(), amount: t.decimal(38, 2), ratio: t.float64(), note: t.string() },
})

/** What the quarantine says of an event. */
async function detailOf(
  measures: Parameters<typeof view>[0]['measures'],
  event: { amount?: string; ratio?: string; note?: string },
): Promise<{ field: string; detail: string }> {
  const definition = view({ name: 'by_day', from: payments, grain: 'day', measures })
  const compiled = compileView(await bindView(session, payments, definition))
  await session.run(
    `CREATE OR REPLACE TEMP TABLE events AS SELECT 0::INTEGER AS __partition, 7::BIGINT AS __offset, 1::UBIGINT AS __hash,
     true AS __accepted, TIMESTAMP '2024-01-01' AS ts, CAST('${event.amount ?? '1'}' AS DECIMAL(38,2)) AS amount,
     CAST('${event.ratio ?? '1'}' AS DOUBLE) AS ratio, '${event.note ?? ''}' AS note`,
  )
  await session.run(judgeSql(compiled, 'events', 'judged'))
  expect(await session.rows(failedSql(compiled, 'judged'))).toHaveLength(1)
  const folded = { cursor: { compiled }, failed: [{ partition: 0, offset: 7 }] } as unknown as FoldedView
  const batch = { records: [{ offset: 7 }], partitions: [0] } as unknown as EventBatch
  const [record] = await explainFailures(session, payments, [batch], folded)
  return { field: record!.field ?? '', detail: record!.detail ?? '' }
}

test('a decimal of more digits than a sum takes is told, with its digits, the limit and what to do', async () => {
  const amount = '123456789012345678901234567890.12'
  const told = await detailOf({ events: m.count(), revenue: m.sum('amount') }, { amount })
  expect(told).toEqual({
    field: 'measures.revenue',
    detail:
      `measures.revenue of view by_day fails on this event of stream payments: the value ${amount}, of 32 digits, is too large, ` +
      'for sum takes decimals of up to 31 digits, those behind the point included; cast the expression to a DECIMAL of fewer digits behind the point, or to DOUBLE',
  })
})

test('and so is one that a variance cannot square', async () => {
  const amount = '-12345678901234567890123456789.01'
  const { detail } = await detailOf({ spread: m.stddev('amount') }, { amount })
  expect(detail).toContain(
    `the value ${amount}, of 31 digits, is too large, for stddev takes decimals of up to 30 digits`,
  )
  const double = await detailOf({ spread: m.variance('ratio') }, { ratio: '-1e200' })
  expect(double.detail).toContain('the value -1e+200 is too large, for variance takes doubles below 1e140')
})

test('what fails for another reason is told without one', async () => {
  expect(await detailOf({ total: m.sum('CAST(note AS DECIMAL(38,2))') }, { note: 'many' })).toEqual({
    field: 'measures.total',
    detail: 'measures.total of view by_day fails on this event of stream payments',
  })
})
