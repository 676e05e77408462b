import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import type { Files } from '../../core/io/files.ts'

/** What a process fails with once it is dead. */
export class Died extends Error {
  override readonly name = 'Died'
}

/** A file system that a process sees until it dies: before its change number `beforeChange`, from 1 on. */
export function dyingFiles(inner: Files, beforeChange: number): Files {
  let changes = 0
  const change = async <T>(call: () => Promise<T>): Promise<T> => {
    if (changes >= beforeChange || ++changes === beforeChange) throw new Died(`before change ${beforeChange}`)
    return call()
  }
  const read = async <T>(call: () => Promise<T>): Promise<T> => {
    if (changes >= beforeChange) throw new Died(`before change ${beforeChange}`)
    return call()
  }
  return {
    makeDirectory: path => change(() => inner.makeDirectory(path)),
    writeSynced: (path, text) => change(() => inner.writeSynced(path, text)),
    sync: path => change(() => inner.sync(path)),
    syncDirectory: path => change(() => inner.syncDirectory(path)),
    link: (existing, name) => change(() => inner.link(existing, name)),
    replace: (path, name) => change(() => inner.replace(path, name)),
    remove: path => change(() => inner.remove(path)),
    list: path => read(() => inner.list(path)),
    readText: path => read(() => inner.readText(path)),
    describe: path => read(() => inner.describe(path)),
    sha256: path => read(() => inner.sha256(path)),
  }
}

/** ClickHouse as a process sees it that dies before its insert number `beforeInsert`, from 1 on. */
export function dyingClickHouse(inner: ClickHouse, beforeInsert: number): ClickHouse {
  let inserts = 0
  const assertAlive = () => {
    if (inserts >= beforeInsert) throw new Died(`before insert ${beforeInsert}`)
  }
  const read = async <T>(call: () => Promise<T>): Promise<T> => {
    assertAlive()
    return call()
  }
  return {
    insertSelect: async (sql, body, options) => {
      assertAlive()
      inserts += 1
      assertAlive()
      return inner.insertSelect(sql, body, options)
    },
    command: (sql, options) => read(() => inner.command(sql, options)),
    rows: (sql, options) => read(() => inner.rows(sql, options)),
    text: (sql, options) => read(() => inner.text(sql, options)),
    measuredText: (sql, options) => read(() => inner.measuredText(sql, options)),
    stream: (sql, options) => read(() => inner.stream(sql, options)),
    close: async () => undefined,
  }
}
