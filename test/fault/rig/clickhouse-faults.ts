import type { ClickHouse } from '../../../core/io/clickhouse/client.ts'
import { until } from '../../support/processes.ts'
import type { Exchange, HeldRequest, ProxiedAnswer } from './http-proxy.ts'

/** Equal looks, at least 20 ms apart, after which a statement reads no more. */
const STEADY_LOOKS = 5

/** Inserts of the speed layer, of any view or of one. */
export function speedInsert(view = '\\w+'): RegExp {
  return new RegExp(`^INSERT INTO \`?speed_${view}_[0-9a-f]+\`? `)
}

/** The server carries the request out, and its answer is lost. */
export async function loseAnswer(exchange: Exchange): Promise<ProxiedAnswer> {
  const answer = await exchange.forward()
  exchange.cut()
  return answer
}

/** The server carries the request out; its answer never comes, and nobody says so: the client waits as long as it may. */
export async function swallowAnswer(exchange: Exchange): Promise<ProxiedAnswer> {
  return exchange.forward()
}

/** The connection breaks before the server has anything; the request arrives once `deliver` is called. */
export async function arriveLate(exchange: Exchange): Promise<{ deliver(): Promise<ProxiedAnswer> }> {
  exchange.cut()
  return { deliver: () => exchange.forward() }
}

/** The client loses its connection while the statement runs: its guard has let it in, and it waits for data. */
export function keepRunning(clickhouse: ClickHouse): (exchange: Exchange) => Promise<HeldRequest> {
  return async exchange => {
    const held = exchange.forwardHeld()
    await until('the guard has let the insert in', hasPassedGuard(clickhouse, idOf(exchange)))
    exchange.cut()
    return held
  }
}

function idOf({ request }: Exchange): string {
  return new URL(request.path, 'http://localhost').searchParams.get('query_id')!
}

/**
 * ClickHouse evaluates the guard, which reads the chain, before it reads the first row of data; the data's end has not
 * come. So what the statement has read is what its guard has read, and it is done when it reads no more of it.
 */
function hasPassedGuard(clickhouse: ClickHouse, id: string): () => Promise<boolean> {
  const sql = 'SELECT read_rows FROM system.processes WHERE query_id = {id:String}'
  let looks = 0
  let before = 0
  return async () => {
    const [row] = await clickhouse.rows<{ read_rows: string }>(sql, { params: { id } })
    const read = Number(row?.read_rows ?? 0)
    looks = read > 0 && read === before ? looks + 1 : 0
    before = read
    return looks >= STEADY_LOOKS
  }
}

/** The token under which an insert was sent. */
export function tokenOf({ request }: Exchange): string {
  return new URL(request.path, 'http://localhost').searchParams.get('insert_deduplication_token')!
}

/** The number of the chain that an insert is for. An insert that is sent under another token, `…#2`, has none. */
export function numberOf(token: string): number {
  return Number(/\/(\d+)$/.exec(token)?.[1])
}

/**
 * What a kill of ClickHouse between its log of tokens and the part leaves behind: it knows the insert's token, and has
 * none of its rows. The insert is then acknowledged and does nothing. Answers its token.
 */
export function poisonToken(clickhouse: ClickHouse): (exchange: Exchange) => Promise<string> {
  return async exchange => {
    const token = tokenOf(exchange)
    const [, table] = /^INSERT INTO (\S+)/.exec(
      new URL(exchange.request.path, 'http://localhost').searchParams.get('query')!,
    )!
    // What it takes for a repetition goes by the token alone, so rows of a chain that nobody reads will do.
    await clickhouse.insertSelect(
      `INSERT INTO ${table} (__kind, __chain) SELECT 0, chain FROM input('chain String') FORMAT JSONEachRow`,
      Buffer.from('{"chain":"nobody"}'),
      { settings: { insert_deduplication_token: token } },
    )
    await clickhouse.command(`ALTER TABLE ${table} DELETE WHERE __chain = 'nobody'`, {
      settings: { mutations_sync: 1 },
    })
    exchange.reply(await exchange.forward())
    return token
  }
}

/** Lets a request through, and answers the token of its insert. */
export async function noteToken(exchange: Exchange): Promise<string> {
  exchange.reply(await exchange.forward())
  return tokenOf(exchange)
}

/** Answers of the serving layer as ClickHouse computes them. */
export const MERGED_SELECT = /^SELECT .* AS __coverage/s

/** Rows that an insert handed to its table, also where its token then dropped them; 0 where its guard said no. */
export function handedRows({ headers }: ProxiedAnswer): number {
  return Number(JSON.parse(String(headers['x-clickhouse-summary'])).written_rows)
}

const EXCEPTION =
  'Code: 241. DB::Exception: Memory limit (total) exceeded. (MEMORY_LIMIT_EXCEEDED) (version 26.7.2.1)'

/** Status 200, with the exception in a header. `carriedOut` says whether the server did the work all the same. Answers the insert's token. */
export function failInHeader(carriedOut: boolean): (exchange: Exchange) => Promise<string> {
  return async exchange => {
    if (carriedOut) await exchange.forward()
    const headers = { 'x-clickhouse-exception-code': '241', 'content-type': 'text/plain' }
    exchange.reply({ status: 200, headers, body: Buffer.from(`${EXCEPTION}\n`) })
    return tokenOf(exchange)
  }
}

/** Status 200, and the exception behind it in the body, which then breaks off. */
export function failMidStream(carriedOut: boolean): (exchange: Exchange) => Promise<string> {
  return async exchange => {
    if (carriedOut) await exchange.forward()
    const body = Buffer.from(`__exception__\r\n${EXCEPTION}\n`)
    exchange.replyCutOff({ status: 200, headers: { 'content-type': 'text/plain' }, body })
    return tokenOf(exchange)
  }
}
