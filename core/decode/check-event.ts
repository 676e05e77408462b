import type { Rejection } from '../model/verdict.ts'
import type { Decoder } from './decoder.ts'

/** The verdict on a single event: why it would be quarantined, or `undefined` where it is an event of the stream. */
export function checkEvent(decoder: Decoder, bytes: Uint8Array): Rejection | undefined {
  const record = { offset: 0, timestampMs: 0, key: null, value: bytes, headers: [] }
  const rejected = decoder.decode([record]).rejections[0]
  if (rejected === undefined) return undefined
  const { row: _, ...rejection } = rejected
  return rejection
}
