import type { ClickHouse } from '../../../core/io/clickhouse/client.ts'
import { checkAnswer, openRunner, questionsOf } from '../../laws/check.ts'
import type { Platform } from '../../laws/platform.ts'
import { assertAll, filledLog, publish, type Scenario } from '../stage.ts'

/** A reader asks after every single statement that changes anything: no moment may show a torn answer. */
export const watchedPublication: Scenario = {
  name: 'a reader asks after every statement of extensions, a full run, a roll-back and a collection',
  views: ['plain'],
  async run(stage) {
    let watch = async (): Promise<void> => undefined
    const platform = await stage.openPlatform(filledLog([0], 28), {
      clickhouseFaults: inner => watched(inner, () => watch()),
    })
    await platform.catchUp()
    watch = readerOf(platform, stage.clickhouse())
    for (const end of [9, 17]) {
      await platform.archiveTo(0, end)
      await publish(platform, 'extend')
    }
    await publish(platform, 'full')
    await platform.rollBack()
    await platform.archiveTo(0, 25)
    await publish(platform, 'extend')
    await platform.collect(0)
    await assertAll(platform)
  },
}

/** Asks as one who remembers the pointer for a moment, and as one who has just come. */
function readerOf(platform: Platform, clickhouse: ClickHouse): () => Promise<void> {
  const views = platform.views.map(view => view.bound)
  const faithful = openRunner(clickhouse, views)
  return async () => {
    for (const { twin } of platform.views)
      for (const runner of [faithful, openRunner(clickhouse, views)])
        await checkAnswer(runner, platform.parts.log, twin, questionsOf(twin)[0]!)
  }
}

function watched(inner: ClickHouse, watch: () => Promise<void>): ClickHouse {
  return {
    ...inner,
    command: async (sql, options) => {
      await inner.command(sql, options)
      await watch()
    },
    insertSelect: async (sql, body, options) => {
      const summary = await inner.insertSelect(sql, body, options)
      await watch()
      return summary
    },
  }
}
