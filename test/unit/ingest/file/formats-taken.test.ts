import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stream, t } from '../../../../core/index.ts'
import { FormatsSample } from '../../../../ingest/file/formats-taken.ts'
import { previewFile } from '../../../../ingest/file/preview-file.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const events = stream({
  topic: 'events',
  time: 'ts',
  schema: {
    ts: t.timestamp({ format: 'auto', zone: 'UTC' }),
    paid: t
      .timestamp({ format: ['%d.%m.%Y', 's'], zone: 'UTC' })
      .path('order.paid')
      .alias('paid_at')
      .optional(),
    shipped: t.timestamp('ms').optional(),
  },
})

const event = (members: object) => ({ value: Buffer.from(JSON.stringify(members)) })

test('auto, and a list of formats, say what they took', () => {
  const sample = new FormatsSample(events)
  sample.see([
    event({ ts: '2026-01-05 10:00:00', order: { paid: '05.01.2026' }, shipped: 5 }),
    event({ ts: 1_767_607_200_000, order: null, paid_at: 1_767_607_200 }),
    event({ ts: 1_767_607_200, order: { paid: null } }),
    event({ ts: '1767607200000' }),
    event({ ts: { $date: '2026-01-05T10:00:00Z' } }),
  ])
  expect(sample.taken).toEqual([
    { column: 'ts', formats: { iso: 1, ms: 2, s: 1, mongo: 1 } },
    { column: 'paid', formats: { '%d.%m.%Y': 1, s: 1 } },
  ])
})

test('only the first events of a file are looked at', () => {
  const sample = new FormatsSample(events)
  const some = Array.from({ length: 900 }, () => event({ ts: 1_767_607_200 }))
  sample.see(some)
  sample.see(some)
  expect(sample.taken[0]!.formats).toEqual({ s: 1000 })
})

test('a stream whose columns have one format each has nothing to say', () => {
  const plain = stream({ topic: 'events', time: 'ts', schema: { ts: t.timestamp({ format: 's' }) } })
  const sample = new FormatsSample(plain)
  sample.see([event({ ts: 1 })])
  expect(sample.taken).toEqual([])
})

test('a dry run tells the formats, and times of another unit than declared', async () => {
  const path = join(temporaryFolder(), 'times.csv')
  writeFileSync(path, 'ts\n1767607200\n1767607201\n')
  const preview = (ts: ReturnType<typeof t.timestamp>) =>
    previewFile(path, stream({ topic: 'events', time: 'ts', schema: { ts } }), {})
  expect(await preview(t.timestamp({ format: 'auto' }))).toMatchObject({
    rejected: 0,
    timeFormats: [{ column: 'ts', formats: { s: 2 } }],
  })
  const { warning, timeFormats } = await preview(t.timestamp('ms'))
  expect(warning).toContain('look like seconds')
  expect(timeFormats).toBeUndefined()
})
