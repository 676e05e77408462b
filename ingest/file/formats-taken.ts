import { eachFormat, TimeFormatsColumn } from '../../core/decode/columns/time-formats.ts'
import { textOf } from '../../core/decode/event-text.ts'
import type { TimeFormat } from '../../core/model/column-type.ts'
import type { ColumnDefinition, StreamDefinition } from '../../core/model/stream.ts'
import type { EventStream } from '../event/event-stream.ts'
import { placesOf } from './column-map.ts'

/** How many of the first values of a column each of its formats took. */
export interface FormatsTaken {
  readonly column: string
  readonly formats: Readonly<Record<string, number>>
}

/** What is to be told of the times of a file. */
export interface TimesTaken {
  /** Which formats the first events have, of each time column that allows for several. */
  readonly timeFormats?: readonly FormatsTaken[]
  /** What is likely to be wrong with the event times, though nothing is refused. */
  readonly warning?: string
}

export function timesOf({ taken }: FormatsSample, { warning }: Pick<EventStream, 'warning'>): TimesTaken {
  return {
    ...(taken.length > 0 && { timeFormats: taken }),
    ...(warning !== undefined && { warning }),
  }
}

const SAMPLED_EVENTS = 1000

/** Tells which formats the times of a file have, by its first events, where a column allows for several. */
export class FormatsSample {
  readonly #columns: readonly SampledColumn[]
  #seen = 0

  constructor({ columns }: Pick<StreamDefinition, 'columns'>) {
    this.#columns = columns.flatMap(column => sampledColumn(column) ?? [])
  }

  /** Takes events that the decoder has accepted. */
  see(events: readonly { readonly value: Uint8Array }[]): void {
    if (this.#columns.length === 0) return
    for (const { value } of events.slice(0, SAMPLED_EVENTS - this.#seen)) {
      this.#seen++
      const event: unknown = JSON.parse(Buffer.from(value).toString())
      for (const column of this.#columns) column.see(event)
    }
  }

  get taken(): FormatsTaken[] {
    return this.#columns.map(({ name, counts }) => ({ column: name, formats: Object.fromEntries(counts) }))
  }
}

interface SampledColumn {
  readonly name: string
  readonly counts: ReadonlyMap<TimeFormat, number>
  see(event: unknown): void
}

function sampledColumn(column: ColumnDefinition): SampledColumn | undefined {
  const { name, type, from } = column
  if (type.kind !== 'timestamp' || !('formats' in type) || from !== undefined) return undefined
  const formats = eachFormat(type.formats)
  if (formats.length === 1) return undefined
  const readers = formats.map(
    format => [format, new TimeFormatsColumn({ ...type, formats: [format] })] as const,
  )
  const counts = new Map<TimeFormat, number>()
  const places = placesOf(column)
  return {
    name,
    counts,
    see(event) {
      const found = places.map(keys => valueAt(event, keys)).find(value => value != null)
      if (found === undefined) return
      const text = textOf(Buffer.from(JSON.stringify(found)))
      const format = readers.find(([, reader]) => {
        reader.begin(1)
        return reader.read(text, 0, 0) === text.end
      })?.[0]
      if (format !== undefined) counts.set(format, (counts.get(format) ?? 0) + 1)
    },
  }
}

function valueAt(event: unknown, keys: readonly string[]): unknown {
  let value = event
  for (const key of keys) value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[key]
  return value
}
