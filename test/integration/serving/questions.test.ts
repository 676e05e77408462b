import { describe, expect, test } from 'vitest'
import { json, question, VIEW, withServedView } from '../../support/served-view.ts'

const served = withServedView()

test('before the first publication a question is answered by the speed layer alone, all of it', async () => {
  const early = await served().serve(await served().unpublished())
  try {
    const response = await fetch(`${early.address}${VIEW}?measures=events`)
    expect(response.status).toBe(200)
    const { data, coverage } = await json(response)
    expect(coverage).toMatchObject({ generation: 0, cut: {}, complete: true, records: { batch: 0 } })
    expect(coverage.records.speed).toBeGreaterThan(0)
    expect(data[0].events).toBe(coverage.records.speed)
    expect((await json(fetch(`${early.address}/v1/status`))).generation).toBeNull()
  } finally {
    await early.close()
  }
})

describe('a question', () => {
  test('is answered with meta, data, rows, statistics and coverage', async () => {
    const response = await served().post(question)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    const answer = await json(response)
    expect(answer).toEqual({
      meta: [
        { name: 'word', type: 'text' },
        { name: 'events', type: 'integer' },
        { name: 'sum_price', type: 'decimal' },
      ],
      data: expect.arrayContaining([
        { word: null, events: expect.any(Number), sum_price: expect.any(Number) },
      ]),
      rows: 6,
      statistics: {
        elapsedMs: expect.any(Number),
        rowsRead: expect.any(Number),
        bytesRead: expect.any(Number),
      },
      coverage: expect.objectContaining({ generation: 1, complete: true }),
    })
    expect(answer.statistics.rowsRead).toBeGreaterThan(0)
    expect(answer.data).toHaveLength(6)
  })

  test('may stand in the URL', async () => {
    const path = `${VIEW}?measures=events,sum_price&dimensions=word&filter=word:in:red,${encodeURIComponent('it\'s "x"\\, \\\\')}&order=-events&limit=1`
    const byUrl = await json(served().get(path))
    const byBody = await json(
      served().post({
        ...question,
        filters: [{ dimension: 'word', op: 'in', values: ['red', 'it\'s "x", \\'] }],
        order: [{ by: 'events', desc: true }],
        limit: 1,
      }),
    )
    expect(byUrl.data).toHaveLength(1)
    expect(byUrl.data).toEqual(byBody.data)
  })

  test('is answered in lines of JSON, with the coverage in a header', async () => {
    const response = await served().post(question, { accept: 'application/x-ndjson' })
    expect(response.headers.get('content-type')).toMatch('application/x-ndjson')
    expect(JSON.parse(response.headers.get('twofold-coverage')!)).toMatchObject({ complete: true })
    const lines = (await response.text()).split('\n')
    expect(lines.pop()).toBe('')
    expect(lines.map(line => JSON.parse(line))).toEqual((await json(served().post(question))).data)
  })

  test('is answered in CSV, with all digits', async () => {
    const wide = {
      ...question,
      dimensions: ['word', 'u', 'flag', 'x'],
      measures: ['events', 'x_at'],
      limit: 1000,
    }
    const response = await served().post(wide, { accept: 'text/csv;q=0.9, application/json;q=0.5' })
    expect(response.headers.get('content-type')).toMatch('text/csv')
    const [header, ...lines] = (await response.text()).split('\r\n')
    expect(header).toBe('word,u,flag,x,events,x_at')
    expect(lines.filter(line => line.startsWith('blue,184467440737095516')).length).toBeGreaterThan(0)
    expect(
      lines.filter(line => line.startsWith('"it\'s ""x"", \\",184467440737095516')).length,
    ).toBeGreaterThan(0)
    expect(lines.some(line => /^blue,18446744073709551610,(true|false),-?\d+,\d+,"\[.*\]"$/.test(line))).toBe(
      true,
    )
  })

  test.each([
    ['an unknown view', { view: 'all_kind' }, 404, 'VIEW_UNKNOWN', /all_kinds/],
    ['an unknown measure', { ...question, measures: ['event'] }, 400, 'MEASURE_UNKNOWN', /events/],
    ['an unknown field', { ...question, filter: [] }, 400, 'QUERY_INVALID', /filters/],
    ['no object', '[1, 2]', 400, 'QUERY_INVALID', /http-api/],
    ['no JSON', '{"view": ', 400, 'BODY_INVALID', /JSON/],
    ['nothing', '', 400, 'BODY_INVALID', /JSON/],
    ['a prototype', '{"view":"x","__proto__":{}}', 400, 'BODY_INVALID', /JSON/],
    ['too much', JSON.stringify({ view: 'x'.repeat(2 ** 20) }), 413, 'BODY_TOO_LARGE', /less/],
  ])('that is %s is refused', async (_what, body, status, code, hint) => {
    const response = await served().post(body)
    expect(response.status).toBe(status)
    const { error } = await json(response)
    expect(error).toEqual({
      code,
      message: expect.any(String),
      hint: expect.stringMatching(hint),
      details: expect.any(Object),
    })
  })
})
