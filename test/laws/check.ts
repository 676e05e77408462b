import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import type { Grain } from '../../core/model/grain.ts'
import type { BoundView } from '../../core/model/view.ts'
import type { Coverage } from '../../serving/query/coverage.ts'
import { QueryRunner } from '../../serving/query/run.ts'
import { ServedViews } from '../../serving/query/served-views.ts'
import { isSameGroup, valueDifference } from './compare.ts'
import { type OracleAnswer, type OracleLog, type OracleQuestion, oracleAnswer } from './oracle.ts'
import type { TwinView } from './twin-view.ts'

/** Raised where an answer is not what the oracle says: the law is broken. */
export class LawBroken extends Error {
  override readonly name = 'LawBroken'
}

/** One who asks questions as users do. It remembers what it was told, as the serving layer does. */
export function openRunner(clickhouse: ClickHouse, views: readonly BoundView[]): QueryRunner {
  return new QueryRunner({ clickhouse, views: new ServedViews(clickhouse, views), timeoutMs: 60_000 })
}

/** The questions that each check asks of a view: its own groups, coarser ones, and the total. */
export function questionsOf(view: TwinView): OracleQuestion[] {
  const dimensions = Object.keys(view.dimensions)
  const coarser: Grain = view.grain === 'week' ? 'week' : 'year'
  return [
    { grain: view.grain, dimensions },
    { grain: coarser, dimensions: dimensions.slice(0, 1) },
    { grain: undefined, dimensions: [] },
  ]
}

/**
 * Asks a question and holds the answer against the oracle over the very prefix that its coverage names.
 * @returns that coverage
 * @throws LawBroken
 */
export async function checkAnswer(
  runner: QueryRunner,
  log: OracleLog,
  view: TwinView,
  question: OracleQuestion,
): Promise<Coverage> {
  const answer = await runner.ask(
    {
      view: view.name,
      dimensions: [...question.dimensions],
      ...(question.grain !== undefined && { grain: question.grain }),
    },
    { quoteNumbers: true },
  )
  const expected = oracleAnswer(view, log.below(answer.coverage.through), question)
  const rows = answer.rows.map(row => JSON.parse(row) as Record<string, unknown>)
  const differences = answerDifferences(answer.coverage, rows, expected)
  if (differences.length === 0) return answer.coverage
  const asked = JSON.stringify({ view: view.name, ...question, coverage: answer.coverage })
  throw new LawBroken(`${differences.slice(0, 5).join('\n')}\nasked and covered: ${asked}`)
}

/** How an answer differs from what it must be over the prefix that it covers, in words. */
export function answerDifferences(
  coverage: Coverage,
  rows: readonly Readonly<Record<string, unknown>>[],
  expected: OracleAnswer,
): string[] {
  return [...countDifferences(coverage, expected), ...rowDifferences(rows, expected)]
}

function countDifferences(
  { records, quarantined, skipped, lost }: Coverage,
  { counts }: OracleAnswer,
): string[] {
  const found = { accepted: records.batch + records.speed, quarantined, skipped, lost }
  const expected = {
    accepted: counts.accepted,
    quarantined: counts.quarantined,
    skipped: counts.skipped,
    lost: 0,
  }
  return (Object.keys(found) as (keyof typeof found)[]).flatMap(key =>
    found[key] === expected[key] ? [] : [`coverage counts ${found[key]} ${key}, the oracle ${expected[key]}`],
  )
}

function rowDifferences(
  rows: readonly Readonly<Record<string, unknown>>[],
  expected: OracleAnswer,
): string[] {
  const differences: string[] = []
  if (rows.length !== expected.groups.length)
    differences.push(`${rows.length} rows, the oracle has ${expected.groups.length}`)
  const rowsAt = byTime(rows)
  for (const group of expected.groups) {
    const row = rowsAt.get(group.time)?.find(candidate => isSameGroup(group, candidate))
    if (row === undefined) {
      differences.push(`no row for the group ${show({ time: group.time, dimensions: group.dimensions })}`)
      continue
    }
    for (const [name, value] of Object.entries(group.measures)) {
      const difference = valueDifference(value, row[name])
      if (difference !== undefined) differences.push(`${name} of ${JSON.stringify(row)}: ${difference}`)
    }
  }
  return differences
}

/** By the start of their bucket, in seconds since 1970; `undefined` where there was no grain. */
function byTime<Row extends Readonly<Record<string, unknown>>>(
  rows: readonly Row[],
): Map<number | undefined, Row[]> {
  const found = new Map<number | undefined, Row[]>()
  for (const row of rows) {
    const time = row['time'] === undefined ? undefined : Date.parse(String(row['time'])) / 1000
    const others = found.get(time)
    if (others === undefined) found.set(time, [row])
    else others.push(row)
  }
  return found
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? item.toString() : item))
}
