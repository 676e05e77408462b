import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { m, type StreamOptions, stream, t, view } from '../../../../../core/index.ts'
import { bindView } from '../../../../../core/io/duckdb/bind-view.ts'
import { openDuckDB } from '../../../../../core/io/duckdb/session.ts'

it('a view has another version once its stream leaves out repeated events, or does so otherwise', async () => {
  const duckdb = await openDuckDB({ threads: 1, memoryLimitMb: 100, tempDirectory: tmpdir() })
  try {
    const session = await duckdb.session()
    const versionOf = async (more: Partial<StreamOptions>) => {
      const schema = { ts: t.timestamp(), a: t.string(), b: t.string() }
      const from = stream({ topic: 'events', time: 'ts', schema, ...(more as object) })
      const counts = view({ name: 'counts', from, grain: 'hour', measures: { n: m.count() } })
      return (await bindView(session, from, counts)).version
    }
    const versions = [
      await versionOf({}),
      await versionOf({ id: 'a' as never }),
      await versionOf({ id: 'b' as never }),
      await versionOf({ id: 'a' as never, within: 5 }),
    ]
    expect(new Set(versions).size).toBe(4)
    expect(await versionOf({ id: 'a' as never, within: 1_000_000 })).toBe(versions[1])
  } finally {
    await duckdb.close()
  }
})
