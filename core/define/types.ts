import type { ColumnType, TimestampFormat } from '../model/column-type.ts'
import type { EnvelopeSource } from '../model/stream.ts'
import { invalid } from './names.ts'
import { type TimestampOptions, timestampType } from './timestamp.ts'

/** A column being declared. Each method answers a new one; nothing is changed in place. */
export class ColumnBuilder {
  readonly type: ColumnType
  readonly isOptional: boolean
  readonly defaultValue: string | number | boolean | undefined
  readonly jsonPath: readonly string[] | undefined
  /** Where in the Kafka record it stands, if not in the event's JSON. */
  readonly source: EnvelopeSource | undefined
  readonly aliases: readonly (readonly string[])[]

  constructor(
    type: ColumnType,
    isOptional = false,
    defaultValue: string | number | boolean | undefined = undefined,
    jsonPath: readonly string[] | undefined = undefined,
    source: EnvelopeSource | undefined = undefined,
    aliases: readonly (readonly string[])[] = [],
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

  /** The value stands at this path of the event: `'geo.country'`, or a list where a key holds a dot. */
  path(path: string | readonly string[]): ColumnBuilder {
    const parts = partsOf(path)
    return new ColumnBuilder(this.type, this.isOptional, this.defaultValue, parts, this.source, this.aliases)
  }

  /**
   * The value may stand at these paths too, as it did under an older name. They are tried in this order, where the
   * column's own path has nothing but null.
   */
  alias(...paths: (string | readonly string[])[]): ColumnBuilder {
    const aliases = [...this.aliases, ...paths.map(partsOf)]
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

function partsOf(path: string | readonly string[]): readonly string[] {
  return typeof path === 'string' ? path.split('.') : path
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
}
