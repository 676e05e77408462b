import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { ErrorAnswer } from '../../core/io/http/error-schema.ts'
import type { RunningSample } from '../sample/run-sample.ts'

const MAX_PER_SECOND = 1_000_000

const SampleStatusSchema = Type.Object({
  topic: Type.String(),
  file: Type.String(),
  state: Type.String({ description: 'resuming, history, live, exhausted, stopped or failed' }),
  historyRows: Type.Integer(),
  totalRows: Type.Optional(Type.Integer()),
  rows: Type.Integer({
    description: 'Rows of the file that are done, by this run or, once it has resumed, an earlier one',
  }),
  rejected: Type.Integer(),
  perSecond: Type.Number(),
  error: Type.Optional(Type.String()),
})

const RateBody = Type.Object(
  { perSecond: Type.Number({ minimum: 0, maximum: MAX_PER_SECOND, description: '0 pauses the feed' }) },
  { additionalProperties: false },
)

const TAGS = ['ingest']
const RESPONSE = { 200: SampleStatusSchema, default: ErrorAnswer }
const STATUS_SCHEMA = { summary: 'The demonstration feed', tags: TAGS, response: RESPONSE }
const RATE_SCHEMA = {
  summary: 'Change the rate of the demonstration feed',
  tags: TAGS,
  body: RateBody,
  response: RESPONSE,
}

/** `GET /v1/sample` and `POST /v1/sample/rate`: watch and steer the demonstration feed. */
export function sampleRoutes(app: FastifyInstance, sample: RunningSample): void {
  app.get('/v1/sample', { schema: STATUS_SCHEMA }, () => sample.status())
  app.post<{ Body: { perSecond: number } }>('/v1/sample/rate', { schema: RATE_SCHEMA }, request => {
    sample.setRate(request.body.perSecond)
    return sample.status()
  })
}
