import type {
  FieldDefinition,
  FieldType,
  PathStep,
  StructType,
  TimestampFormat,
} from '../model/column-type.ts'
import type { EnvelopeSource } from '../model/stream.ts'
import { assertDistinct, assertName, assertObject, invalid } from './names.ts'
import { parsePath } from './path.ts'
import { type TimestampOptions, timestampType } from './timestamp.ts'

/** A column being declared. Each method answers a new one; nothing is changed in place. */
export class ColumnBuilder {
  readonly type: FieldType
  readonly isOptional: boolean
  readonly defaultValue: string | number | boolean | undefined
  readonly jsonPath: readonly PathStep[] | undefined
  /** Where in the Kafka record it stands, if not in the event's JSON. */
  readonly source: EnvelopeSource | undefined
  readonly aliases: readonly (readonly PathStep[])[]

  constructor(
    type: FieldType,
    isOptional = false,
    defaultValue: string | number | boolean | undefined = undefined,
    jsonPath: readonly PathStep[] | undefined = undefined,
    source: EnvelopeSource | undefined = undefined,
    aliases: readonly (readonly PathStep[])[] = [],
  ) {
    this.type = type
    this.isOptional = isOptional
    this.defaultValue = defaultValue
    this.jsonPath = jsonPath
    this.source = source
    this.aliases = aliases
  }

  /** A missing or null value is NULL. */
  optional(): ColumnBuilder {
    return new ColumnBuilder(this.type, true, this.defaultValue, this.jsonPath, this.source, this.aliases)
  }

  /** A missing or null value is `value`, written as it would stand in the event. */
  default(value: string | number | boolean): ColumnBuilder {
    return new ColumnBuilder(this.type, this.isOptional, value, this.jsonPath, this.source, this.aliases)
  }

  /**
   * The value stands at this path of the event: `'geo.country'`; in a list `'items[0].price'`, or in the first element
   * with a text at a key, `'params[key=page].value'`. A list of steps where a key holds a dot or a bracket.
   */
  path(path: string | readonly PathStep[]): ColumnBuilder {
    const parts = stepsOf(path)
    return new ColumnBuilder(this.type, this.isOptional, this.defaultValue, parts, this.source, this.aliases)
  }

  /**
   * The value may stand at these paths too, as it did under an older name. They are tried in this order, where the
   * column's own path has nothing but null.
   */
  alias(...paths: (string | readonly PathStep[])[]): ColumnBuilder {
    const aliases = [...this.aliases, ...paths.map(stepsOf)]
    return new ColumnBuilder(
      this.type,
      this.isOptional,
      this.defaultValue,
      this.jsonPath,
      this.source,
      aliases,
    )
  }
}

function stepsOf(path: string | readonly PathStep[]): readonly PathStep[] {
  return typeof path === 'string' ? parsePath(path) : path
}

/** Objects inside a list, being declared. */
export class StructBuilder {
  readonly type: StructType
  readonly isOptional: boolean

  constructor(type: StructType, isOptional = false) {
    this.type = type
    this.isOptional = isOptional
  }

  /** An element that is null is NULL. */
  optional(): StructBuilder {
    return new StructBuilder(this.type, true)
  }
}

/** The column types of a stream's schema. */
export const t = {
  string: () => new ColumnBuilder({ kind: 'string' }),
  /** A string, number or boolean, kept as text exactly as it was written. */
  text: () => new ColumnBuilder({ kind: 'text' }),
  bool: () => new ColumnBuilder({ kind: 'bool' }),
  int32: () => new ColumnBuilder({ kind: 'int32' }),
  int64: () => new ColumnBuilder({ kind: 'int64' }),
  uint64: () => new ColumnBuilder({ kind: 'uint64' }),
  float64: () => new ColumnBuilder({ kind: 'float64' }),
  /** `precision` digits in all (1–38), `scale` of them behind the point. */
  decimal: (precision: number, scale: number) => {
    const valid = Number.isInteger(precision) && Number.isInteger(scale) && precision >= 1 && precision <= 38
    if (!valid || scale < 0 || scale > precision) {
      const place = `t.decimal(${precision}, ${scale})`
      invalid(place, 'expected a precision from 1 to 38 and a scale from 0 to the precision.')
    }
    return new ColumnBuilder({ kind: 'decimal', precision, scale })
  },
  /**
   * An instant: RFC 3339 text by default, a number of seconds, milliseconds or microseconds since 1970, or what the
   * options say.
   */
  timestamp: (format: TimestampFormat | TimestampOptions = 'rfc3339') =>
    new ColumnBuilder(timestampType(format)),
  date: () => new ColumnBuilder({ kind: 'date' }),
  uuid: () => new ColumnBuilder({ kind: 'uuid' }),
  enum: (...values: string[]) => {
    const areTexts = values.length > 0 && values.every(value => typeof value === 'string')
    if (!areTexts || new Set(values).size < values.length)
      invalid(`t.enum(${values.map(value => JSON.stringify(value)).join(', ')})`, 'expected different texts.')
    return new ColumnBuilder({ kind: 'enum', values })
  },
  /** A JSON array of values: `t.list(t.string())`, `t.list(t.struct({ sku: t.string(), qty: t.int32() }))`. */
  list: (element: ColumnBuilder | StructBuilder) => {
    const isElement = element instanceof ColumnBuilder || element instanceof StructBuilder
    if (!isElement) invalid('t.list()', 'expected the type of its elements, for example t.string().')
    if (element instanceof ColumnBuilder) {
      const { defaultValue, jsonPath, source } = element
      if (defaultValue !== undefined || jsonPath !== undefined || source !== undefined)
        invalid('t.list()', 'expected a plain type of its elements: they have no default and no path.')
    }
    return new ColumnBuilder({ kind: 'list', element: element.type, nullable: element.isOptional })
  },
  /** The objects of a list: name → type, as in a stream's schema; other members are passed over. */
  struct: (fields: Readonly<Record<string, ColumnBuilder>>) => {
    assertObject(fields, 't.struct()')
    const names = Object.keys(fields)
    if (names.length === 0) invalid('t.struct()', 'expected at least one member.')
    assertDistinct(names, 't.struct()')
    return new StructBuilder({
      kind: 'struct',
      fields: Object.entries(fields).map(([name, field]) => structField(name, field)),
    })
  },
}

function structField(name: string, field: ColumnBuilder): FieldDefinition {
  assertName(name, 't.struct()')
  if (!(field instanceof ColumnBuilder))
    invalid(`t.struct().${name}`, 'expected a column type, for example t.string().')
  if (field.source !== undefined)
    invalid(`t.struct().${name}`, 'what stands in the record around the event is in no list of it.')
  if (field.aliases.length > 0)
    invalid(`t.struct().${name}`, 'a member of an object in a list has no aliases; give the column one.')
  const { type, isOptional, defaultValue, jsonPath = [name] } = field
  return { name, type, path: jsonPath, optional: isOptional, default: defaultValue }
}
