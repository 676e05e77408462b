import { widthOf } from '../../model/column-batch.ts'
import type { ColumnType, TimestampFormat } from '../../model/column-type.ts'
import { BoolColumn } from './bool.ts'
import type { Column } from './column.ts'
import { DateColumn } from './date.ts'
import { DecimalColumn } from './decimal.ts'
import { EnumColumn } from './enum.ts'
import { EpochColumn } from './epoch.ts'
import { Float64Column } from './float64.ts'
import { Int32Column, Int64Column, Uint64Column } from './integer.ts'
import { Rfc3339Column } from './rfc3339.ts'
import { StringColumn } from './string.ts'
import { TimeFormatsColumn } from './time-formats.ts'
import { UuidColumn } from './uuid.ts'
import { TextColumn } from './written-text.ts'

/** The column that reads and holds values of a type. */
export function makeColumn(type: ColumnType): Column {
  switch (type.kind) {
    case 'string':
      return new StringColumn()
    case 'text':
      return new TextColumn()
    case 'bool':
      return new BoolColumn()
    case 'int32':
      return new Int32Column()
    case 'int64':
      return new Int64Column()
    case 'uint64':
      return new Uint64Column()
    case 'float64':
      return new Float64Column()
    case 'decimal':
      return new DecimalColumn(widthOf(type) as 2 | 4 | 8 | 16, type.precision, type.scale)
    case 'timestamp':
      return 'formats' in type ? new TimeFormatsColumn(type) : makeTimestampColumn(type.format)
    case 'date':
      return new DateColumn()
    case 'uuid':
      return new UuidColumn()
    case 'enum':
      return new EnumColumn(type.values)
  }
}

function makeTimestampColumn(format: TimestampFormat): Column {
  switch (format) {
    case 'rfc3339':
      return new Rfc3339Column()
    case 's':
      return new EpochColumn(6)
    case 'ms':
      return new EpochColumn(3)
    case 'us':
      return new EpochColumn(0)
  }
}
