import type { ColumnBatch } from '../model/column-batch.ts'
import type { EpochUnit } from '../model/column-type.ts'
import type { StreamDefinition } from '../model/stream.ts'

const MICROS_PER_UNIT: Readonly<Record<EpochUnit, number>> = { s: 1e6, ms: 1e3, us: 1, ns: 1e-3 }

const UNIT_NAMES: Readonly<Record<EpochUnit, string>> = {
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
}

const UNITS = Object.keys(UNIT_NAMES) as EpochUnit[]

const YEAR_MICROS = 365.25 * 86_400 * 1e6
/** An event is likely to be at most so much older than its record, or newer: clocks go wrong, and archives are replayed. */
const LIKELY_AGE_MICROS = 20 * YEAR_MICROS
const LIKELY_LEAD_MICROS = YEAR_MICROS
/** Kafka is younger: a record from before has no timestamp, or none that says anything. */
const EARLIEST_RECORD_MICROS = Date.UTC(2010, 0) * 1000
/** Rows looked at in a batch, and how many count before older ones lose weight. */
const SAMPLED_ROWS = 16
const REMEMBERED_ROWS = 1024

/**
 * Notices event times that are numbers of another unit than the stream declares: seconds in a stream of milliseconds are
 * events of January 1970. It looks at a few rows of each batch, compares them with the time at which Kafka took the
 * records, and changes nothing.
 */
export class UnitWatch {
  readonly #time: string
  readonly #unit: EpochUnit | undefined
  #sampled = 0
  readonly #votes = new Map<EpochUnit, number>()
  #example = ''

  constructor({ columns, time }: Pick<StreamDefinition, 'columns' | 'time'>) {
    this.#time = time
    this.#unit = declaredUnit(columns.find(({ name }) => name === time))
  }

  /** Takes a look at decoded records: row i is `records[i]`. */
  see(events: Pick<ColumnBatch, 'columns'>, records: readonly { readonly timestampMs: number }[]): void {
    if (this.#unit === undefined) return
    const column = events.columns.find(({ name }) => name === this.#time)
    if (column?.values.layout !== 'fixed') return
    const { data } = column.values
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
    const step = Math.max(1, Math.ceil(records.length / SAMPLED_ROWS))
    for (let row = 0; row < records.length; row += step) {
      if (column.valid !== undefined && column.valid[row] === 0) continue
      const recordMicros = records[row]!.timestampMs * 1000
      if (recordMicros > EARLIEST_RECORD_MICROS)
        this.#judge(Number(view.getBigInt64(8 * row, true)), recordMicros)
    }
  }

  /** What is likely to be wrong with most of the events seen lately, or `undefined`. */
  get warning(): string | undefined {
    const unit = UNITS.find(candidate => 2 * (this.#votes.get(candidate) ?? 0) > this.#sampled)
    if (unit === undefined || this.#unit === undefined) return undefined
    return `"${this.#time}" is declared in ${UNIT_NAMES[this.#unit]}, and the events look like ${UNIT_NAMES[unit]}: ${this.#example}. Declare the unit, and set notBefore to have such events quarantined.`
  }

  #judge(eventMicros: number, recordMicros: number): void {
    if (this.#sampled >= REMEMBERED_ROWS) {
      this.#sampled /= 2
      for (const [unit, votes] of this.#votes) this.#votes.set(unit, votes / 2)
    }
    this.#sampled++
    if (isLikely(eventMicros, recordMicros)) return
    const number = eventMicros / MICROS_PER_UNIT[this.#unit!]
    const likelier = UNITS.find(unit => isLikely(number * MICROS_PER_UNIT[unit], recordMicros))
    if (likelier === undefined) return
    this.#votes.set(likelier, (this.#votes.get(likelier) ?? 0) + 1)
    this.#example = `${number} is ${dayOf(eventMicros)}, and ${dayOf(number * MICROS_PER_UNIT[likelier])} in ${UNIT_NAMES[likelier]}`
  }
}

/** The unit of a column of numbers; a column that takes several formats tells them apart by itself. */
function declaredUnit(column: StreamDefinition['columns'][number] | undefined): EpochUnit | undefined {
  const type = column?.type
  if (type?.kind !== 'timestamp') return undefined
  const formats: readonly string[] = 'formats' in type ? type.formats : [type.format]
  return formats.length === 1 ? UNITS.find(unit => unit === formats[0]) : undefined
}

function isLikely(eventMicros: number, recordMicros: number): boolean {
  const age = recordMicros - eventMicros
  return age < LIKELY_AGE_MICROS && age > -LIKELY_LEAD_MICROS
}

function dayOf(micros: number): string {
  return new Date(micros / 1000).toISOString().slice(0, 10)
}
