import { Type } from '@sinclair/typebox'

/** The body of every answer that is not a success, as `core/io/http/error-handler.ts` sends it. */
export const ErrorAnswer = Type.Object({
  error: Type.Object({
    code: Type.String(),
    message: Type.String(),
    hint: Type.String(),
    details: Type.Record(Type.String(), Type.Unknown()),
  }),
})
