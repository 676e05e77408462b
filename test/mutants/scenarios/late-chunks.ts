import type { ClickHouse } from '../../../core/io/clickhouse/client.ts'
import type { Platform } from '../../laws/platform.ts'
import { unknownOutcome } from '../../simulation/faults.ts'
import { assertAll, check, filledLog, publish, type Scenario } from '../stage.ts'

/** The answer of a chunk's insert is lost, and it is sent again while the first copy still runs. */
export const runningChunk: Scenario = {
  name: 'the insert of a chunk is sent again while its first copy still runs',
  views: ['plain'],
  isRace: true,
  async run(stage) {
    const copies: Promise<unknown>[] = []
    const platform = await stage.openPlatform(filledLog([0], 10), {
      clickhouseFaults: inner => ({
        ...inner,
        insertSelect: (sql, body, options) => {
          if (!INTO_BATCH.test(sql)) return inner.insertSelect(sql, body, options)
          const copy = inner.insertSelect(slow(sql), body, options)
          if (copies.push(copy) > 1) return copy
          return Promise.reject(unknownOutcome())
        },
      }),
    })
    await prepareRun(platform, 9)
    await publish(platform, 'extend')
    await Promise.all(copies)
    await assertAll(platform)
  },
}

/** A chunk's insert arrives when its run has been published and its token is forgotten. */
export const lateChunk: Scenario = {
  name: 'the insert of a chunk arrives once more after its token is forgotten',
  views: ['plain'],
  async run(stage) {
    let late: (() => Promise<unknown>) | undefined
    const platform = await stage.openPlatform(filledLog([0], 40), {
      deduplicationWindow: 2,
      clickhouseFaults: inner => keepingFirstChunk(inner, send => (late ??= send)),
    })
    await prepareRun(platform, 40)
    await publish(platform, 'extend')
    await late!()
    await check(platform)
    await assertAll(platform)
  },
}

const INTO_BATCH = /^INSERT INTO `batch_/

async function prepareRun(platform: Platform, end: number): Promise<void> {
  await platform.catchUp()
  for (let part = 5; part < end; part += 5) await platform.archiveTo(0, part)
  await platform.archiveTo(0, end)
}

/** `keep` is given what sends the insert of a chunk again. */
function keepingFirstChunk(inner: ClickHouse, keep: (send: () => Promise<unknown>) => void): ClickHouse {
  return {
    ...inner,
    insertSelect: (sql, body, options) => {
      const send = () => inner.insertSelect(sql, body, options)
      if (INTO_BATCH.test(sql)) keep(send)
      return send()
    },
  }
}

function slow(sql: string): string {
  return sql.replace('\nFORMAT Parquet', ' AND sleepEachRow(0.15) = 0\nFORMAT Parquet')
}
