import { describe, expect, test } from 'vitest'
import { outOfRange } from '../../../../../core/io/kafka/topic-guard.ts'

describe('a position out of range', () => {
  test('names the offsets that are lost', () => {
    const error = outOfRange('clicks', 2, 10, { earliest: 25, end: 90 })
    expect(error.message).toBe(
      'Offset 10 of topic "clicks", partition 2, cannot be read: the log now starts at 25, so offsets 10 to 24 are lost.',
    )
    expect(error.details).toEqual({ topic: 'clicks', partition: 2, position: 10, earliest: 25, end: 90 })
  })

  test('names the end that it lies beyond', () => {
    expect(outOfRange('clicks', 2, 91, { earliest: 25, end: 90 }).message).toContain('the log ends at 90')
  })
})
