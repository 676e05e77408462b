import type { Exchange, ProxiedAnswer } from './http-proxy.ts'

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

/** The connection breaks before the server has anything; the request arrives once `deliver` is called. */
export async function arriveLate(exchange: Exchange): Promise<{ deliver(): Promise<ProxiedAnswer> }> {
  exchange.cut()
  return { deliver: () => exchange.forward() }
}

/** The client loses its connection while the server still reads the request. */
export async function keepRunning(exchange: Exchange) {
  const held = exchange.forwardHeld()
  exchange.cut()
  return held
}

const EXCEPTION =
  'Code: 241. DB::Exception: Memory limit (total) exceeded. (MEMORY_LIMIT_EXCEEDED) (version 26.7.2.1)'

/** Status 200, with the exception in a header. `carriedOut` says whether the server did the work all the same. */
export function failInHeader(carriedOut: boolean): (exchange: Exchange) => Promise<void> {
  return async exchange => {
    if (carriedOut) await exchange.forward()
    const headers = { 'x-clickhouse-exception-code': '241', 'content-type': 'text/plain' }
    exchange.reply({ status: 200, headers, body: Buffer.from(`${EXCEPTION}\n`) })
  }
}

/** Status 200, and the exception behind it in the body, which then breaks off. */
export function failMidStream(carriedOut: boolean): (exchange: Exchange) => Promise<void> {
  return async exchange => {
    if (carriedOut) await exchange.forward()
    const body = Buffer.from(`__exception__\r\n${EXCEPTION}\n`)
    exchange.replyCutOff({ status: 200, headers: { 'content-type': 'text/plain' }, body })
  }
}
