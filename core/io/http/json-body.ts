import type { FastifyInstance } from 'fastify'
import { TwofoldError } from '../../model/errors.ts'

const UTF8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Makes a server read bodies of `application/json` as one JSON value in UTF-8. A body that cannot be decoded is
 * refused: with replacement characters in place of what was sent, another question would be answered.
 */
export function readJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const encoding = request.headers['content-encoding']
    if (encoding !== undefined && encoding !== 'identity') return done(encoded(encoding))
    const text = decoded(body as Buffer)
    if (text === undefined) return done(invalid('its bytes are not valid UTF-8'))
    return parse(request, text, (error, value) =>
      error === null ? done(null, value) : done(invalid(reasonOf(text))),
    )
  })
}

function decoded(body: Buffer): string | undefined {
  try {
    return UTF8.decode(body)
  } catch {
    return undefined
  }
}

/** Why a text is not read: the parser that guards against poisoned prototypes does not tell. */
function reasonOf(text: string): string {
  if (text === '') return 'it is empty'
  try {
    JSON.parse(text)
    return 'the keys __proto__ and constructor.prototype are not taken'
  } catch (error) {
    return (error as Error).message
  }
}

function encoded(encoding: string): TwofoldError {
  const message = `The body has the content-encoding ${JSON.stringify(encoding)}, which this route does not read.`
  return new TwofoldError('ENCODING_UNSUPPORTED', message, { hint: 'Send the body as it is.' })
}

function invalid(why: string): TwofoldError {
  return new TwofoldError('BODY_INVALID', `The body is not one JSON value: ${why}.`)
}
