import { Type } from '@sinclair/typebox'

const Offsets = Type.Record(Type.String(), Type.Integer(), {
  description: 'Offsets by partition.',
})

const Count = Type.Integer({ minimum: 0 })

const CoverageSchema = Type.Object({
  generation: Type.Integer({ description: 'The published generation; 0 before the first.' }),
  version: Type.String({ description: 'The version of the view that answered.' }),
  cut: Offsets,
  through: Offsets,
  freshnessMs: Type.Union([Type.Number(), Type.Null()]),
  records: Type.Object({ batch: Count, speed: Count }),
  quarantined: Count,
  skipped: Count,
  lost: Count,
  complete: Type.Boolean({ description: 'False only where records were declared lost by command.' }),
})

/** An answer in JSON, for OpenAPI. */
export const AnswerSchema = Type.Object({
  meta: Type.Array(Type.Object({ name: Type.String(), type: Type.String() })),
  data: Type.Array(Type.Record(Type.String(), Type.Unknown()), {
    description: 'Integers and decimals are exact: read numbers above 2^53 with a parser that keeps them.',
  }),
  rows: Count,
  statistics: Type.Object({ elapsedMs: Type.Number(), rowsRead: Count, bytesRead: Count }),
  coverage: CoverageSchema,
})
