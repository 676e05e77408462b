import { GRAINS, type Grain } from '../model/grain.ts'
import type { MeasureDefinition } from '../model/measure.ts'
import type { StreamDefinition } from '../model/stream.ts'
import type { ViewDefinition } from '../model/view.ts'
import { assertName, invalid } from './names.ts'

/** What `view()` takes. */
export interface ViewOptions {
  readonly name: string
  readonly from: StreamDefinition
  /** DuckDB SQL; only events on which it is true count. */
  readonly where?: string
  /** The finest time bucket that queries can ask for. */
  readonly grain: Grain
  /** Name → DuckDB expression. */
  readonly dimensions?: Readonly<Record<string, string>>
  readonly measures: Readonly<Record<string, MeasureDefinition>>
}

/** Names that an answer, a table or a parameter of the HTTP API already uses. */
const RESERVED = new Set([
  'time',
  'kind',
  'run',
  'chain',
  'lane',
  'block',
  'bucket',
  'partition',
  'records',
  'digest',
  'coverage',
])

/** Declares a view: a roll-up of one stream. */
export function view(options: ViewOptions): ViewDefinition {
  const place = `view(${JSON.stringify(options.name)})`
  assertName(options.name, `${place}.name`)
  if (typeof options.from?.topic !== 'string') invalid(`${place}.from`, 'expected a stream.')
  if (!GRAINS.includes(options.grain))
    invalid(`${place}.grain`, `expected one of ${GRAINS.join(', ')}, got ${JSON.stringify(options.grain)}.`)
  const dimensions = Object.entries(options.dimensions ?? {}).map(([name, expression]) => {
    assertField(name, `${place}.dimensions`)
    if (typeof expression !== 'string')
      invalid(`${place}.dimensions.${name}`, 'expected a DuckDB expression as a string.')
    return { name, expression }
  })
  const measures = Object.entries(options.measures ?? {}).map(([name, measure]) => {
    assertField(name, `${place}.measures`)
    assertMeasure(measure, `${place}.measures.${name}`)
    return { name, measure }
  })
  if (measures.length === 0) invalid(`${place}.measures`, 'expected at least one measure.')
  const twice = dimensions.find(dimension => measures.some(measure => measure.name === dimension.name))
  if (twice) invalid(`${place}.dimensions.${twice.name}`, 'a measure has the same name.')
  return {
    name: options.name,
    topic: options.from.topic,
    where: options.where,
    grain: options.grain,
    dimensions,
    measures,
  }
}

function assertField(name: string, place: string): void {
  assertName(name, place)
  if (RESERVED.has(name.toLowerCase())) invalid(place, `the name ${name} is reserved; choose another.`)
}

function assertMeasure(measure: MeasureDefinition, place: string): void {
  if (typeof measure?.kind !== 'string')
    invalid(place, "expected a measure, for example m.count() or m.sum('amount').")
  if (measure.kind !== 'quantiles') return
  const levels = measure.levels
  if (!Array.isArray(levels) || levels.length === 0 || levels.some(level => !(level >= 0 && level <= 1))) {
    invalid(place, `expected levels from 0 to 1, got ${JSON.stringify(levels)}.`)
  }
}
