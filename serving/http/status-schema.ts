import { type TSchema, Type } from '@sinclair/typebox'

const orNull = (schema: TSchema) => Type.Union([schema, Type.Null()])
const Offset = Type.Integer()

/** The answer of `GET /v1/status`, which is the `Status` of serving/status.ts. */
export const StatusSchema = Type.Object({
  generation: orNull(
    Type.Object({
      seq: Type.Integer(),
      publishedAtMs: Type.Number(),
      reason: Type.String(),
      paused: Type.Boolean({ description: 'Scheduled batch runs wait for `twofold batch resume`.' }),
      rolledBackTo: orNull(Type.Integer()),
    }),
  ),
  streams: Type.Array(
    Type.Object({
      topic: Type.String(),
      freshnessMs: orNull(Type.Number()),
      recordsPerSecond: Type.Number(),
      partitions: Type.Array(
        Type.Object({
          partition: Type.Integer(),
          begin: Offset,
          archivedEnd: orNull(Offset),
          lost: orNull(Type.Integer({ description: 'Offsets below it that were declared lost.' })),
          cut: Offset,
          speedEnd: orNull(Offset),
          logEnd: orNull(Offset),
          lag: orNull(Type.Integer({ description: 'Offsets that are in the log and not yet in answers.' })),
          freshnessMs: orNull(
            Type.Number({
              description: 'All that Kafka acknowledged in the partition longer ago is in answers.',
            }),
          ),
        }),
      ),
    }),
  ),
  views: Type.Array(
    Type.Object({
      name: Type.String(),
      stream: Type.String(),
      version: Type.String(),
      chain: Type.String(),
      runs: Type.Integer(),
    }),
  ),
  layers: Type.Array(
    Type.Object({
      layer: Type.String(),
      instance: Type.String(),
      ageMs: Type.Number(),
      body: Type.Unknown(),
    }),
  ),
  jobs: Type.Array(
    Type.Object({
      id: Type.String(),
      kind: Type.String(),
      state: Type.String(),
      at: Type.String(),
      body: Type.Unknown(),
    }),
  ),
  quarantined: Type.Array(
    Type.Object({
      stream: Type.String(),
      view: Type.String({ description: 'Empty for records that fail the stream’s schema.' }),
      reason: Type.String(),
      records: Type.Integer(),
    }),
  ),
})
