import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import fastify, { type FastifyHttpOptions, type FastifyInstance } from 'fastify'
import { TwofoldError } from '../../model/errors.ts'
import { errorBody, frameworkErrors, handleErrors, type ReportFault } from './error-handler.ts'
import { readJsonBodies } from './json-body.ts'

/** Long enough for each character of Kafka's longest topic name, percent-encoded. */
const MAX_PARAMETER_LENGTH = 3 * 249
/** For the largest body over a slow line; who sends byte by byte does not keep a connection for ever. */
const REQUEST_WITHIN_MS = 2 * 60_000

/**
 * An HTTP server without routes, strict with whatever comes: JSON in UTF-8 and nothing else, URLs that can be
 * decoded, and every refusal in one shape, also of what is no HTTP request at all.
 */
export function openServer(report: ReportFault, options: FastifyHttpOptions<Server> = {}): FastifyInstance {
  const server = fastify({
    // Otherwise a client that keeps its connection open would hold up the end.
    forceCloseConnections: 'idle',
    // What still comes on an open connection is answered, and the connection closed: Fastify's own 503 has no code.
    return503OnClosing: false,
    requestTimeout: REQUEST_WITHIN_MS,
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    frameworkErrors,
    clientErrorHandler: refuseConnection,
    ...options,
  })
  handleErrors(server, report)
  readJsonBodies(server)
  server.addHook('onRequest', async ({ url }) => assertDecodable(url))
  return server
}

/** Parsers of query strings take what they cannot decode for itself: `%ff` would be asked for as the text "%ff". */
function assertDecodable(url: string): void {
  const query = url.indexOf('?')
  if (query < 0) return
  try {
    decodeURIComponent(url.slice(query))
  } catch (cause) {
    const message = 'The query string of the URL holds a % that does not begin an encoded character of UTF-8.'
    throw new TwofoldError('URL_MALFORMED', message, { cause })
  }
}

/** Answers what Node's parser gives up on before there is a request, and closes the connection. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return
  const refusal = refusalOf(error)
  const body = JSON.stringify(errorBody(refusal))
  const head = [
    `HTTP/1.1 ${refusal.status} Refused`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function refusalOf(error: NodeJS.ErrnoException): TwofoldError {
  if (error.code === 'HPE_HEADER_OVERFLOW')
    return new TwofoldError(
      'HEADERS_TOO_LARGE',
      'The URL and the headers of the request are longer than 16 KiB.',
    )
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new TwofoldError('REQUEST_TOO_SLOW', 'The request did not come whole within the time for it.')
  return new TwofoldError('REQUEST_INVALID', `What was sent is no HTTP request: ${error.message}.`)
}
