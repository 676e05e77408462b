import type { ColumnVector } from '../model/column-batch.ts'
import type { EventBatch } from './event-batch.ts'

/**
 * The columns that keep a record as Kafka gave it: `__timestamp` (ms since 1970), `__key`, `__value`, `__headers`
 * (JSON: a list of [name, base64 or null]) and the decoder's `__reason`. Only the archive needs them.
 */
export function rawColumns(events: EventBatch): ColumnVector[] {
  const { records } = events
  const reasons = new Map(events.rejections.map(rejection => [rejection.row, rejection.reason]))
  return [
    timestampColumn(records.map(record => record.timestampMs)),
    bytesColumn(
      '__key',
      'blob',
      records.map(record => record.key),
    ),
    bytesColumn(
      '__value',
      'blob',
      records.map(record => record.value),
    ),
    bytesColumn(
      '__headers',
      'string',
      records.map(record => (record.headers.length === 0 ? null : headersText(record.headers))),
    ),
    bytesColumn(
      '__reason',
      'string',
      records.map((_, row) => textOrNull(reasons.get(row))),
    ),
  ]
}

const encoder = new TextEncoder()

function textOrNull(text: string | undefined): Uint8Array | null {
  return text === undefined ? null : encoder.encode(text)
}

function headersText(headers: EventBatch['records'][number]['headers']): Uint8Array {
  const list = headers.map(header => [
    header.name,
    header.value === null ? null : Buffer.from(header.value).toString('base64'),
  ])
  return encoder.encode(JSON.stringify(list))
}

function timestampColumn(timestampsMs: readonly number[]): ColumnVector {
  const values = BigInt64Array.from(timestampsMs, value => BigInt(Math.trunc(value)))
  return {
    name: '__timestamp',
    type: { kind: 'int64' },
    valid: undefined,
    values: { layout: 'fixed', width: 8, data: new Uint8Array(values.buffer) },
  }
}

function bytesColumn(
  name: string,
  kind: 'blob' | 'string',
  values: readonly (Uint8Array | null)[],
): ColumnVector {
  const total = values.reduce((size, value) => size + (value?.length ?? 0), 0)
  const bytes = new Uint8Array(total)
  const offsets = new Uint32Array(values.length + 1)
  const valid = new Uint8Array(values.length)
  let position = 0
  values.forEach((value, row) => {
    if (value !== null) {
      bytes.set(value, position)
      position += value.length
      valid[row] = 1
    }
    offsets[row + 1] = position
  })
  return { name, type: { kind }, valid, values: { layout: 'bytes', bytes, offsets } }
}
