import { Readable } from 'node:stream'
import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import type { Files } from '../../core/io/files.ts'
import { type Life, unknownOutcome } from './faults.ts'

/** ClickHouse as a process sees it that may die, and whose calls may be lost, late or unanswered. */
export function faultyClickHouse(inner: ClickHouse, life: Life): ClickHouse {
  return {
    command: (sql, options) => life.act(() => inner.command(sql, options), unknownOutcome),
    insertSelect: (sql, body, options) => {
      // A stream could not arrive later: its bytes would have been read.
      if (body instanceof Readable) throw new Error('the simulation sends no streams')
      return life.act(() => inner.insertSelect(sql, body, options), unknownOutcome)
    },
    rows: (sql, options) => life.read(() => inner.rows(sql, options)),
    lines: (sql, options) => life.read(() => inner.lines(sql, options)),
    stream: (sql, options) => life.read(() => inner.stream(sql, options)),
    close: async () => undefined,
  }
}

/** The file system as such a process sees it. */
export function faultyFiles(inner: Files, life: Life): Files {
  const broken = () => new Error('EIO: the simulation cut the line')
  return {
    makeDirectory: path => life.read(() => inner.makeDirectory(path)),
    writeSynced: (path, text) => life.act(() => inner.writeSynced(path, text), broken),
    sync: path => life.act(() => inner.sync(path), broken),
    syncDirectory: path => life.act(() => inner.syncDirectory(path), broken),
    link: (existing, name) => life.act(() => inner.link(existing, name), broken),
    replace: (path, name) => life.act(() => inner.replace(path, name), broken),
    remove: path => life.read(() => inner.remove(path)),
    list: path => life.read(() => inner.list(path)),
    readText: path => life.read(() => inner.readText(path)),
    describe: path => life.read(() => inner.describe(path)),
    sha256: path => life.read(() => inner.sha256(path)),
  }
}
