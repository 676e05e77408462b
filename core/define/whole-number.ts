import { invalid, shownKind } from './names.ts'

/** A whole number from 1 to `max`. @throws CONFIG_INVALID */
export function wholeNumber(value: number, place: string, max: number): number {
  if (!Number.isInteger(value) || value < 1 || value > max)
    invalid(place, `expected a whole number from 1 to ${max}, got ${shownKind(value)}.`)
  return value
}
