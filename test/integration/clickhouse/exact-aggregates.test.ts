import { expect, test } from 'vitest'
import { withClickHouse } from '../../support/clickhouse.ts'

const context = withClickHouse()

const EXTREMES = `SELECT 1 AS k, toInt64(min(at)) AS least, toInt64(max(at)) AS greatest
  FROM (SELECT arrayJoin([toDateTime64(-60, 6, 'UTC'), toDateTime64(60, 6, 'UTC')]) AS at) GROUP BY k`

test('min and max know instants before 1970, however often they are asked for', async () => {
  for (let times = 0; times < 6; times++)
    expect(await context.clickHouse.rows(EXTREMES)).toEqual([{ k: 1, least: '-60', greatest: '60' }])
})

test('and so do the users who come with settings of their own', async () => {
  const { url, user, password } = context.server
  const answers: string[] = []
  for (let times = 0; times < 6; times++) {
    const headers = { 'x-clickhouse-user': user, 'x-clickhouse-key': password }
    answers.push(await (await fetch(url, { method: 'POST', headers, body: EXTREMES })).text())
  }
  expect(new Set(answers)).toEqual(new Set(['1\t-60\t60\n']))
})
