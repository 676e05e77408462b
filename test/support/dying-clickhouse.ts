import type { ClickHouse } from '../../core/io/clickhouse/client.ts'

/** What a process fails with once it is dead. */
export class Died extends Error {
  override readonly name = 'Died'
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
    lines: (sql, options) => read(() => inner.lines(sql, options)),
    stream: (sql, options) => read(() => inner.stream(sql, options)),
    close: async () => undefined,
  }
}
