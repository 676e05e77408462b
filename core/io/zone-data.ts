import type { ColumnDefinition } from '../model/stream.ts'

/**
 * The version of the time zone data that the decoder of these columns reads with; `undefined`, and so absent from a
 * hash, where no column has a zone.
 */
export function zoneDataOf(columns: readonly ColumnDefinition[]): string | undefined {
  const usesZone = columns.some(
    ({ type }) => 'zone' in type && type.zone !== undefined && type.zone !== 'UTC',
  )
  return usesZone ? process.versions['tz'] : undefined
}
