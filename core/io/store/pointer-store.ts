import { randomUUID } from 'node:crypto'
import { TwofoldError } from '../../model/errors.ts'
import type { Pointer } from '../../model/pointer.ts'
import type { ClickHouse } from '../clickhouse/client.ts'
import { isUnknownOutcome } from '../clickhouse/errors.ts'
import { crashPoint } from '../process/crash-point.ts'
import { compareAndSwap } from './compare-and-swap.ts'
import { retryWait } from './retry-wait.ts'

/** The published generation, or `undefined` before the first. */
export async function readPointer(clickhouse: ClickHouse): Promise<Pointer | undefined> {
  const rows = await clickhouse.rows<{ body: string }>('SELECT body FROM pointers ORDER BY seq DESC LIMIT 1')
  return rows[0] && parsePointer(rows[0].body)
}

/** One pointer of the history. */
export async function readPointerAt(clickhouse: ClickHouse, seq: number): Promise<Pointer | undefined> {
  const rows = await clickhouse.rows<{ body: string }>('SELECT body FROM pointers WHERE seq = {seq:UInt64}', {
    params: { seq },
  })
  return rows[0] && parsePointer(rows[0].body)
}

/** The pointers from number `seq` on, oldest first. */
export async function readPointersFrom(clickhouse: ClickHouse, seq: number): Promise<Pointer[]> {
  const rows = await clickhouse.rows<{ body: string }>(
    'SELECT body FROM pointers WHERE seq >= {seq:UInt64} ORDER BY seq',
    { params: { seq } },
  )
  return rows.map(row => parsePointer(row.body))
}

/** The newest pointers, newest first. */
export async function readPointers(clickhouse: ClickHouse, limit: number): Promise<Pointer[]> {
  const rows = await clickhouse.rows<{ body: string }>(
    'SELECT body FROM pointers ORDER BY seq DESC LIMIT {limit:UInt32}',
    {
      params: { limit },
    },
  )
  return rows.map(row => parsePointer(row.body))
}

/**
 * Publishes `pointer`, whose `seq` is `prev + 1`, if the newest pointer still is `prev`.
 * @throws PUBLICATION_SUPERSEDED where another pointer was published meanwhile
 */
export async function publishPointer(clickhouse: ClickHouse, pointer: Pointer): Promise<void> {
  const id = randomUUID()
  const outcome = await compareAndSwap({
    token: `pointer/${pointer.seq}`,
    isUnknownOutcome,
    wait: retryWait(60_000),
    insert: async token => {
      // As the statement's input and not as a bound value: a long list of runs would exceed what ClickHouse binds.
      await clickhouse.insertSelect(
        `INSERT INTO pointers SELECT {seq:UInt64}, {prev:UInt64}, {id:String}, body, now64(3) FROM input('body String')
         WHERE (SELECT max(seq) FROM pointers) = {prev:UInt64} FORMAT JSONEachRow`,
        Buffer.from(JSON.stringify({ body: JSON.stringify(pointer) })),
        {
          params: { seq: pointer.seq, prev: pointer.prev, id },
          settings: { insert_deduplication_token: token },
        },
      )
      crashPoint('batch: pointer inserted')
    },
    settle: async () => {
      const rows = await clickhouse.rows<{ id: string }>('SELECT id FROM pointers WHERE seq = {seq:UInt64}', {
        params: { seq: pointer.seq },
      })
      if (rows.length > 0) return rows[0]!.id === id ? 'ours' : 'theirs'
      const newest = await readPointer(clickhouse)
      return (newest?.seq ?? 0) === pointer.prev ? 'absent' : 'theirs'
    },
  })
  if (outcome === 'theirs') throw superseded(pointer.prev)
}

/** What was planned on generation `prev` cannot be published any more. */
export function superseded(prev: number, cause?: unknown): TwofoldError {
  return new TwofoldError(
    'PUBLICATION_SUPERSEDED',
    `Generation ${prev + 1} was planned on generation ${prev}, but another generation has been published since.`,
    { details: { seq: prev + 1, prev }, cause },
  )
}

function parsePointer(body: string): Pointer {
  const pointer = parseBody(body)
  if (pointer.format === 1) return pointer
  throw new TwofoldError(
    'FORMAT_UNSUPPORTED',
    `A pointer has format ${pointer.format}; this version of Twofold reads format 1.`,
  )
}

function parseBody(body: string): Pointer {
  try {
    return Object(JSON.parse(body)) as Pointer
  } catch (cause) {
    throw new TwofoldError('POINTER_DAMAGED', `A pointer is not JSON: ${body.slice(0, 80)}.`, { cause })
  }
}
