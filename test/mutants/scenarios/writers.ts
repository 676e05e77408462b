import type { ClickHouse } from '../../../core/io/clickhouse/client.ts'
import { advance, type ViewCursor } from '../../../speed-layer/view-cursor.ts'
import type { Platform, PlatformView } from '../../laws/platform.ts'
import { assertAll, filledLog, type Scenario } from '../stage.ts'

/** Inserts take this long for each of their rows, so that those of one moment overlap. */
const ROW_SECONDS = 0.4

/** Two insert the same number, and both have read that it is free before either is done: the token alone decides. */
export const simultaneousWriters: Scenario = {
  name: 'two writers insert the same number at the same moment',
  views: ['plain'],
  isRace: true,
  async run(stage) {
    let isSlow = false
    const platform = await stage.openPlatform(filledLog([0], 12), {
      clickhouseFaults: inner => slowInserts(inner, () => isSlow),
    })
    const [view] = platform.views as [PlatformView]
    await platform.advance(view, 0, new Map([[0, 2]]))
    const cursor = await platform.cursor(view, 0)
    const links = [
      (await platform.fold(cursor, new Map([[0, 4]])))!,
      (await platform.fold(cursor, new Map([[0, 3]])))!,
    ]
    isSlow = true
    await Promise.all(links.map((link, writer) => platform.write(link, `writer ${writer}`)))
    isSlow = false
    await assertAll(platform)
  },
}

/** One folds a number and stands still while another goes on, so far that its token is forgotten: the guard alone decides. */
export const staleWriter: Scenario = {
  name: 'a writer stands still until its token is forgotten, then goes on',
  views: ['plain'],
  async run(stage) {
    const platform = await stage.openPlatform(filledLog([0], 24), { deduplicationWindow: 2 })
    const [view] = platform.views as [PlatformView]
    const quick = new Writer(platform, view, 'quick')
    const slow = new Writer(platform, view, 'slow')
    await quick.advanceTo(2)
    await slow.adopt()
    const write = await slow.prepare(6)
    for (const end of [4, 9, 11]) await quick.advanceTo(end)
    await write()
    for (let turn = 0; turn < 3; turn++) await slow.advanceTo(slow.end + 2)
    await assertAll(platform)
  },
}

/** Writers that die: one before its insert, one after it and before it could tell anybody. */
export const killedWriters: Scenario = {
  name: 'writers die right before and right after an insert, and others take over',
  views: ['plain'],
  async run(stage) {
    let dies: 'before' | 'after' | undefined
    const platform = await stage.openPlatform(filledLog([0], 24), {
      clickhouseFaults: inner => mortal(inner, () => dies),
    })
    const [view] = platform.views as [PlatformView]
    for (const [end, death] of [[3], [7, 'after'], [12, 'before'], [12], [15, 'after'], [20]] as const) {
      dies = death
      const writer = new Writer(platform, view, `until ${end}`)
      await writer.advanceTo(end).catch(error => {
        if (!(error instanceof Killed)) throw error
      })
      dies = undefined
    }
    await assertAll(platform)
  },
}

/** A writer of a lane as the speed layer has them: on from its own insert, and from the chain where another was first. */
class Writer {
  readonly #platform: Platform
  readonly #view: PlatformView
  readonly #name: string
  #cursor: ViewCursor | undefined

  constructor(platform: Platform, view: PlatformView, name: string) {
    this.#platform = platform
    this.#view = view
    this.#name = name
  }

  get end(): number {
    return this.#cursor?.position.ends.get(0) ?? 0
  }

  async adopt(): Promise<ViewCursor> {
    this.#cursor = await this.#platform.cursor(this.#view, 0)
    return this.#cursor
  }

  /** Folds up to `end`. @returns what writes it */
  async prepare(end: number): Promise<() => Promise<void>> {
    const cursor = this.#cursor ?? (await this.adopt())
    const link = await this.#platform.fold(cursor, new Map([[0, end]]))
    return async () => {
      if (link === undefined) return
      const isOurs = (await this.#platform.write(link, this.#name)) === 'ours'
      this.#cursor = isOurs ? { ...cursor, position: advance(cursor.position, link.ranges) } : undefined
    }
  }

  /** Comes to `end`, whoever has been there before. */
  async advanceTo(end: number): Promise<void> {
    do await (await this.prepare(end))()
    while (this.#cursor === undefined)
  }
}

class Killed extends Error {
  override readonly name = 'Killed'
}

/** The connection of a process that dies at its insert. */
function mortal(inner: ClickHouse, dies: () => 'before' | 'after' | undefined): ClickHouse {
  return {
    ...inner,
    insertSelect: async (sql, body, options) => {
      if (dies() === 'before') throw new Killed('died before its insert')
      const summary = await inner.insertSelect(sql, body, options)
      if (dies() === 'after') throw new Killed('died after its insert')
      return summary
    },
  }
}

function slowInserts(inner: ClickHouse, isSlow: () => boolean): ClickHouse {
  const slow = (sql: string) =>
    isSlow() ? sql.replace('\nFORMAT Parquet', ` AND sleepEachRow(${ROW_SECONDS}) = 0\nFORMAT Parquet`) : sql
  return { ...inner, insertSelect: (sql, body, options) => inner.insertSelect(slow(sql), body, options) }
}
