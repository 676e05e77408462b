import { type TSchema, Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ErrorAnswer } from '../../core/io/http/error-schema.ts'
import { QUERY_PARAMETERS, requestOfParameters } from '../query/parameters.ts'
import { FORMATS, type Format, presentCsv, presentJson, presentNdjson } from '../query/present.ts'
import { checkRequest, QueryRequest } from '../query/request.ts'
import type { QueryRunner } from '../query/run.ts'
import { negotiateFormat } from './accept.ts'
import { AnswerSchema } from './answer-schema.ts'
import { callerGone } from './caller.ts'

const PRESENT = { json: presentJson, ndjson: presentNdjson, csv: presentCsv } as const

/** Questions to views: `POST /v1/query` and `GET /v1/views/{name}`. */
export async function queryRoutes(
  server: FastifyInstance,
  { queries }: { queries: QueryRunner },
): Promise<void> {
  // The question's own check names what may have been meant; the schemas here are for OpenAPI.
  server.setValidatorCompiler(() => () => true)
  server.removeContentTypeParser('text/plain')
  const response = { 200: answersIn(AnswerSchema), default: ErrorAnswer }
  server.post(
    '/v1/query',
    { schema: { summary: 'Asks a view', tags: ['query'], body: QueryRequest, response } },
    (request, reply) => answer(queries, checkRequest(request.body), request, reply),
  )
  server.get<{ Params: { name: string }; Querystring: Record<string, string | string[]> }>(
    '/v1/views/:name',
    {
      schema: {
        summary: 'Asks a view, by URL',
        tags: ['query'],
        params: Type.Object({ name: Type.String() }),
        querystring: PARAMETERS,
        response,
      },
    },
    (request, reply) => {
      const question = requestOfParameters(request.params.name, request.query)
      return answer(queries, checkRequest(question), request, reply)
    },
  )
}

async function answer(
  queries: QueryRunner,
  question: QueryRequest,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const format = negotiateFormat(request.headers.accept)
  const found = await queries.ask(question, { quoteNumbers: format === 'csv', signal: callerGone(reply) })
  if (format !== 'json') reply.header('twofold-coverage', JSON.stringify(found.coverage))
  return reply
    .headers({ 'cache-control': 'no-store', vary: 'accept' })
    .type(FORMATS[format])
    .send(PRESENT[format](found))
}

function answersIn(schema: TSchema) {
  const typeOf = (format: Format) => FORMATS[format].split(';')[0]!
  const text = { schema: Type.String() }
  return {
    description: 'The answer. Other forms than JSON have the coverage in the header `Twofold-Coverage`.',
    content: { [typeOf('json')]: { schema }, [typeOf('ndjson')]: text, [typeOf('csv')]: text },
  }
}

const DESCRIPTIONS: { readonly [P in (typeof QUERY_PARAMETERS)[number]]: string } = {
  measures: 'Names, separated by commas; all, if left out.',
  dimensions: 'Names, separated by commas.',
  from: 'The first instant, included.',
  to: 'The last instant, not included.',
  grain: 'Adds the column `time`.',
  timeZone: 'An IANA name; UTC, if left out.',
  weekStart: 'The day on which weeks begin; monday, if left out.',
  fiscalYearStart: 'The month, 1 to 12, in which years begin; 1, if left out.',
  fill: '`zero` or `null`: adds rows for buckets without events.',
  filter:
    '`dimension:operator:value,value`; may stand several times. A backslash keeps a comma. Groups are `or(filter;filter)` and `and(filter;filter)`.',
  having: '`measure:operator:value`, and groups as in `filter`; may stand several times.',
  order: 'Names, separated by commas; `-` before a name for descending.',
  limit: 'Rows at most.',
  offset: 'Rows to pass over.',
}

const PARAMETERS = Type.Object(
  Object.fromEntries(
    QUERY_PARAMETERS.map(name => {
      const description = DESCRIPTIONS[name]
      const schema =
        name === 'filter' || name === 'having'
          ? Type.Array(Type.String(), { description })
          : Type.String({ description })
      return [name, Type.Optional(schema)]
    }),
  ),
)
