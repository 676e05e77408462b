import { type Static, Type } from '@sinclair/typebox'
import type { CompiledView } from '../core/sql/compiled-view.ts'
import type { ServedView, ServedViews } from './query/served-views.ts'
import { valueTypeOf } from './query/value-type.ts'

/** A view as the catalogue shows it. */
export const CatalogueEntry = Type.Object({
  name: Type.String(),
  stream: Type.String(),
  grain: Type.String(),
  where: Type.Union([Type.String(), Type.Null()]),
  version: Type.String({ description: 'The version that answers now.' }),
  generation: Type.Integer({ description: 'The published generation; 0 before the first.' }),
  dimensions: Type.Array(
    Type.Object({ name: Type.String(), type: Type.String(), expression: Type.String() }),
  ),
  measures: Type.Array(
    Type.Object({
      name: Type.String(),
      kind: Type.String(),
      type: Type.String(),
      expression: Type.Optional(Type.String()),
      by: Type.Optional(Type.String()),
      filter: Type.Optional(Type.String()),
      levels: Type.Optional(Type.Array(Type.Number())),
      of: Type.Optional(
        Type.Array(Type.String(), { description: 'What a computed measure is computed from.' }),
      ),
    }),
  ),
})
export type CatalogueEntry = Static<typeof CatalogueEntry>

/** All views, in the versions that are served. */
export async function catalogue(views: ServedViews): Promise<CatalogueEntry[]> {
  const served = await views.all()
  return served.map(entryOf)
}

function entryOf({ compiled, seq }: ServedView): CatalogueEntry {
  const { view } = compiled
  return {
    name: view.name,
    stream: view.stream.topic,
    grain: view.grain,
    where: view.where ?? null,
    version: view.version,
    generation: seq,
    dimensions: compiled.dimensions.map((dimension, index) => ({
      name: dimension.name,
      type: valueTypeOf(dimension.type.clickhouse),
      expression: view.dimensions[index]!.expression,
    })),
    measures: measuresOf(compiled),
  }
}

function measuresOf({ view, measures, computed }: CompiledView): CatalogueEntry['measures'] {
  const kept = view.measures.map(({ name, measure }, index) => ({
    name,
    kind: measure.kind,
    type: valueTypeOf(measures[index]!.resultType),
    ...('expression' in measure && { expression: measure.expression }),
    ...('by' in measure && { by: measure.by }),
    ...(measure.filter !== undefined && { filter: measure.filter }),
    ...('levels' in measure && { levels: [...measure.levels] }),
  }))
  const answered = (view.computed ?? []).map(({ name, computed: { kind, of } }, index) => ({
    name,
    kind,
    type: valueTypeOf(computed[index]!.resultType),
    of: [...of],
  }))
  return [...kept, ...answered]
}
