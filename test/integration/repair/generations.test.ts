import { expect, test } from 'vitest'
import { rollBack, runBatchJob, verifyPlatform } from '../../../batch-layer/commands.ts'
import { BATCH_KIND, batchTable } from '../../../core/sql/tables.ts'
import { bounded } from '../../support/bounded.ts'
import { expectExact } from '../../support/exactness.ts'
import { orders, ordersProject } from '../../support/orders.ts'
import { type Platform, withPlatform } from '../../support/platform.ts'

const platforms = withPlatform()
const VIEW = 'overall'

/** A platform with two generations of one run each. */
async function fed(): Promise<Platform> {
  const platform = await platforms.open(ordersProject())
  for (const [from, to] of [
    [0, 300],
    [300, 700],
  ] as const) {
    await platform.produce(orders(from, to))
    await platform.archive()
    await platform.speed()
    await runBatchJob(platform.context, { kind: 'full' })
  }
  return platform
}

const verify = async ({ context }: Platform) => (await verifyPlatform(context, () => {})).findings

async function damage({ context }: Platform, statement: string): Promise<void> {
  const view = context.views.find(({ name }) => name === VIEW)!
  const sql = statement.replaceAll('BATCH', batchTable(view))
  await context.clickhouse.command(sql, { settings: { mutations_sync: 1 } })
}

const RUN_OF = (generation: number) =>
  `__run = (SELECT JSONExtractString(body, 'views', '${VIEW}', 'runs', 1, 'id') FROM pointers WHERE seq = ${generation})`

test.each(
  bounded(
    [
      [
        'all rows of a run are gone',
        `ALTER TABLE BATCH DELETE WHERE ${RUN_OF(2)}`,
        ['RUN_MISMATCH', 'RUN_MISMATCH', 'ANSWER_DIFFERS'],
        /has no rows/,
      ],
      [
        'a chunk is gone',
        `ALTER TABLE BATCH DELETE WHERE __kind = ${BATCH_KIND.chunkTally} AND ${RUN_OF(2)}`,
        ['RUN_MISMATCH', 'ANSWER_DIFFERS'],
        /accepted records by its chunks, and has 0/,
      ],
      [
        'the tally of a block is gone',
        `ALTER TABLE BATCH DELETE WHERE __kind = ${BATCH_KIND.blockTally} AND __partition = 1 AND __block = 64 AND ${RUN_OF(2)}`,
        ['RUN_MISMATCH', 'RUN_MISMATCH'],
        /records by its blocks/,
      ],
      [
        'partials are of another archive',
        `ALTER TABLE BATCH UPDATE __digest = __digest + 1 WHERE __kind = ${BATCH_KIND.partial} AND ${RUN_OF(2)}`,
        ['RUN_MISMATCH'],
        /digest by its partials/,
      ],
    ],
    2,
  ),
)(
  '%s: it is told, a full recomputation replaces the run, and the damaged one cannot be rolled back to',
  async (_, statement, codes, why) => {
    const platform = await fed()
    await damage(platform, statement)
    const findings = await verify(platform)
    expect(findings.map(({ code }) => code)).toEqual(codes)
    expect(findings[0]).toMatchObject({
      message: expect.stringMatching(why),
      answersAffected: true,
      view: VIEW,
      generation: 2,
      repair: 'twofold batch run --full',
    })
    await platform.produce(orders(700, 800))
    await platform.archive()
    await platform.speed()
    await runBatchJob(platform.context, { kind: 'full' })
    expect(await verify(platform)).toMatchObject([
      {
        code: 'RUN_MISMATCH',
        answersAffected: false,
        repair: undefined,
        hint: expect.stringContaining('do not roll back'),
      },
    ])
    await expect(rollBack(platform.context, 2)).rejects.toMatchObject({ code: 'ROLLBACK_IMPOSSIBLE' })
    await rollBack(platform.context, 1)
  },
)

test('a block that the tallies of a run have wrong is told by partition and block', async () => {
  const platform = await fed()
  await damage(
    platform,
    `ALTER TABLE BATCH UPDATE __accepted = __accepted + 1, __filtered = 0 WHERE __kind = ${BATCH_KIND.blockTally} AND __partition = 1 AND __block = 64 AND ${RUN_OF(2)}`,
  )
  const found = (await verify(platform)).find(({ details }) => 'blocks' in details)
  expect(found).toMatchObject({
    code: 'RUN_MISMATCH',
    answersAffected: true,
    details: { view: VIEW, generation: 2, blocks: [{ partition: 1, block: 64, what: 'tallies' }] },
  })
})

test.each(
  bounded(
    [
      [
        'a generation is missing in between',
        'ALTER TABLE pointers DELETE WHERE seq = 1',
        [{ code: 'POINTER_HISTORY', answersAffected: false, repair: undefined, details: { seq: 2 } }],
      ],
      [
        'a generation stands twice',
        'INSERT INTO pointers SELECT * FROM pointers WHERE seq = 2',
        [
          {
            code: 'POINTER_HISTORY',
            answersAffected: true,
            generation: 2,
            repair: 'twofold batch run --full',
          },
        ],
      ],
      [
        'runs leave something out',
        `INSERT INTO pointers SELECT 3, 2, 'x', replaceRegexpOne(replaceOne(replaceOne(body, '"seq":2', '"seq":3'), '"prev":1', '"prev":2'), '"to":\\\\{"0":[0-9]+', '"to":{"0":64'), at FROM pointers WHERE seq = 2`,
        [
          {
            code: 'POINTER_INVALID',
            message: expect.stringContaining('the runs end at offset 64 of partition 0'),
            answersAffected: true,
            generation: 3,
          },
        ],
      ],
    ],
    2,
  ),
)('%s: it is told, and a full recomputation serves', async (_, statement, expected) => {
  const platform = await fed()
  await damage(platform, statement)
  expect(await verify(platform)).toMatchObject(expected)
  await platform.produce(orders(700, 800))
  await platform.archive()
  await platform.speed()
  await runBatchJob(platform.context, { kind: 'full' })
  expect((await verify(platform)).filter(({ answersAffected }) => answersAffected)).toEqual([])
})

test('a pointer that cannot be read is told; without it, the generation before serves again', async () => {
  const platform = await fed()
  await damage(
    platform,
    `INSERT INTO pointers SELECT 3, 2, 'x', substring(body, 1, 50), at FROM pointers WHERE seq = 2`,
  )
  const findings = await verify(platform)
  expect(new Set(findings.map(({ code }) => code))).toEqual(new Set(['POINTER_DAMAGED']))
  expect(findings[0]).toMatchObject({ answersAffected: true, repair: undefined })
  await damage(platform, 'ALTER TABLE pointers DELETE WHERE seq = 3')
  await expectExact(platform, 700)
})
