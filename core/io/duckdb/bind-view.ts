import { DECODER_VERSION } from '../../decode/compile.ts'
import { TwofoldError } from '../../model/errors.ts'
import { MEASURE_REVISIONS } from '../../model/measure.ts'
import type { ProjectDefinition } from '../../model/project.ts'
import type { StreamDefinition } from '../../model/stream.ts'
import type {
  BoundMeasure,
  BoundView,
  NamedMeasure,
  UnnestDefinition,
  ViewDefinition,
} from '../../model/view.ts'
import { compileView } from '../../sql/compiled-view.ts'
import { FOLD_VERSION } from '../../sql/fold.ts'
import { shortHash } from '../short-hash.ts'
import { zoneDataOf } from '../zone-data.ts'
import {
  type BoundExpression,
  bindExpressions,
  bindList,
  type ElementColumn,
  type ExpressionSource,
} from './bind.ts'
import type { DuckDBSession } from './session.ts'

/**
 * Binds all views of a project. @throws EXPRESSION_INVALID, FUNCTION_NOT_ALLOWED for the first expression that is not
 * what a view can be made of
 */
export async function bindProject(session: DuckDBSession, project: ProjectDefinition): Promise<BoundView[]> {
  const bound: BoundView[] = []
  for (const view of project.views) {
    const stream = project.streams.find(candidate => candidate.topic === view.topic)!
    bound.push(await bindView(session, stream, view))
  }
  return bound
}

/** Binds a view against its stream: the types of its expressions, and its version. */
export async function bindView(
  session: DuckDBSession,
  stream: StreamDefinition,
  view: ViewDefinition,
): Promise<BoundView> {
  const element = view.unnest && (await bindElement(session, stream, view.name, view.unnest))
  const expressions = await bindExpressions(session, stream, expressionsOf(view), element)
  for (const expression of expressions) assertCondition(expression)
  const types = new Map(expressions.map(({ field, type }) => [field, type]))
  const [engine] = await session.rows<{ version: string }>('SELECT version() AS version')
  const bound = {
    name: view.name,
    stream,
    where: view.where,
    ...(view.unnest !== undefined && { unnest: view.unnest }),
    grain: view.grain,
    dimensions: view.dimensions.map(dimension => ({
      ...dimension,
      type: types.get(`dimensions.${dimension.name}`)!,
    })),
    measures: view.measures.map(measure => boundMeasure(measure, types)),
  }
  const version = versionOf(bound, engine!.version)
  const compiled: BoundView = { ...bound, version, ...(view.computed && { computed: view.computed }) }
  assertKept(compiled)
  return compiled
}

async function bindElement(
  session: DuckDBSession,
  stream: StreamDefinition,
  view: string,
  { name, expression }: UnnestDefinition,
): Promise<ElementColumn> {
  return { name, type: await bindList(session, stream, { view, field: `unnest.${name}`, sql: expression }) }
}

/** A type that cannot be kept is found by what compiles it, which knows the measure and not its view. */
function assertKept(view: BoundView): void {
  try {
    compileView(view)
  } catch (error) {
    if (!(error instanceof TwofoldError)) throw error
    const { code, message, hint, details } = error
    throw new TwofoldError(code, `View "${view.name}", ${message}`, {
      hint,
      details: { view: view.name, ...details },
      cause: error,
    })
  }
}

/** A condition must be one: DuckDB would read any number as true or false. */
function assertCondition({ view, field, sql, type }: BoundExpression): void {
  if ((field !== 'where' && !field.endsWith('.filter')) || type === 'BOOLEAN') return
  throw new TwofoldError(
    'EXPRESSION_INVALID',
    `View "${view}", ${field}: the expression "${sql}" is of type ${type}; expected a condition.`,
    { details: { view, field, expression: sql, type } },
  )
}

/**
 * A hash of all that affects a view's results: definition, decoder and engine (DuckDB's `hash()` may change between
 * its versions); of a stream that reads times in a zone also the zone data. Settings of the topic do not.
 */
function versionOf(view: Omit<BoundView, 'version'>, engine: string): string {
  const { topicSettings: _, ...stream } = view.stream
  const zoneData = zoneDataOf(stream.columns)
  return shortHash({ ...view, stream, decoder: DECODER_VERSION, fold: FOLD_VERSION, engine, zoneData })
}

function boundMeasure(named: NamedMeasure, types: ReadonlyMap<string, string>): BoundMeasure {
  const field = `measures.${named.name}`
  const revision = MEASURE_REVISIONS[named.measure.kind]
  return {
    ...named,
    type: types.get(`${field}.expression`),
    byType: types.get(`${field}.by`),
    ...(revision !== undefined && { revision }),
  }
}

function expressionsOf(view: ViewDefinition): ExpressionSource[] {
  const source = (field: string, sql: string | undefined) =>
    sql === undefined ? [] : [{ view: view.name, field, sql }]
  return [
    ...source('where', view.where),
    ...view.dimensions.flatMap(({ name, expression }) => source(`dimensions.${name}`, expression)),
    ...view.measures.flatMap(({ name, measure }) => [
      ...('expression' in measure ? source(`measures.${name}.expression`, measure.expression) : []),
      ...('by' in measure ? source(`measures.${name}.by`, measure.by) : []),
      ...source(`measures.${name}.filter`, measure.filter),
    ]),
  ]
}
