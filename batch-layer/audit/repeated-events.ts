import type { DuckDBSession } from '../../core/io/duckdb/session.ts'
import type { Deduplication } from '../../core/model/stream.ts'
import { duckdbName } from '../../core/sql/text.ts'

/**
 * Which events repeat an id, found by joins over the events themselves: nothing of it is shared with the layers, which
 * look ids up one by one. Events come in chunks, those of a partition in order.
 */
export class RepeatedEvents {
  readonly #session: DuckDBSession
  readonly #deduplication: Deduplication
  #count = 0

  private constructor(session: DuckDBSession, deduplication: Deduplication) {
    this.#session = session
    this.#deduplication = deduplication
  }

  /** `undefined` where the stream declares no id. `events` is a table that is like the chunks. */
  static async create(
    session: DuckDBSession,
    deduplication: Deduplication | undefined,
    events: string,
  ): Promise<RepeatedEvents | undefined> {
    if (deduplication === undefined) return undefined
    const id = duckdbName(deduplication.column)
    await session.run(
      `CREATE TEMP TABLE recent_ids AS SELECT __partition AS p, __offset AS o, ${id} AS id FROM ${events} LIMIT 0`,
    )
    return new RepeatedEvents(session, deduplication)
  }

  /** How many there were in all chunks. */
  get count(): number {
    return this.#count
  }

  /** Takes the next chunk, the table `events`; answers the relation of its rows that do not repeat an id. */
  async leaveOut(events: string): Promise<string> {
    const { column, within } = this.#deduplication
    await this.#session.run(`CREATE OR REPLACE TEMP TABLE chunk_ids AS
        SELECT rowid AS row, __partition AS p, __offset AS o, ${duckdbName(column)} AS id
        FROM ${events} WHERE __accepted AND ${duckdbName(column)} IS NOT NULL;
      CREATE OR REPLACE TEMP TABLE repeated AS
        SELECT row FROM (SELECT *, lag(o) OVER (PARTITION BY p, id ORDER BY row) AS near FROM chunk_ids)
        LEFT JOIN (SELECT p, id, max(o) AS far FROM recent_ids SEMI JOIN chunk_ids USING (p, id) GROUP BY ALL) USING (p, id)
        WHERE o - coalesce(near, far) <= ${within};
      CREATE OR REPLACE TEMP TABLE recent_ids AS
        SELECT a.p, o, id FROM (FROM recent_ids UNION ALL SELECT p, o, id FROM chunk_ids) a
        LEFT JOIN (SELECT p, max(o) AS newest FROM chunk_ids GROUP BY p) n ON a.p = n.p
        WHERE n.newest IS NULL OR o >= n.newest - ${within}`)
    const [row] = await this.#session.rows<{ n: bigint }>('SELECT count(*) AS n FROM repeated')
    this.#count += Number(row!.n)
    return `(FROM ${events} WHERE rowid NOT IN (SELECT row FROM repeated))`
  }
}
