import type fc from 'fast-check'
import type { TwinView } from '../twin-view.ts'
import { type DrawnSchema, drawnSchema } from './schema.ts'
import { drawnViews } from './view.ts'

/** A stream and views of it, as drawn. */
export interface DrawnWorld {
  readonly schema: DrawnSchema
  readonly views: readonly TwinView[]
}

export const drawnWorld: fc.Arbitrary<DrawnWorld> = drawnSchema.chain(schema =>
  drawnViews(schema).map(views => ({ schema, views })),
)
